/** PCM16 little endian to and from floating point, and the one sample rate everything outside the page has. */

/** Sample rate of the sound that crosses the lane, in hertz. */
export const SAMPLE_RATE = 24_000;

/** Floats in [-1, 1] to PCM16; what lies outside is clipped. */
export function toPcm16(samples: Float32Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(1, samples[i]!)) * 32767), true);
  }
  return view.buffer;
}

/** PCM16 to floats in [-1, 1); an odd last byte is no sample and is left out. */
export function fromPcm16(pcm: ArrayBuffer): Float32Array {
  const view = new DataView(pcm);
  const samples = new Float32Array(pcm.byteLength >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}
