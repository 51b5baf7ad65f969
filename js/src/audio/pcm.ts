/** PCM16 (little endian) to and from floating point, and the sample rate used everywhere outside the page. */

/** Sample rate of the audio on the transport, in hertz. */
export const SAMPLE_RATE = 24_000;

/** Converts floats to PCM16; values outside [-1, 1] are clipped. */
export function toPcm16(samples: Float32Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(1, samples[i]!)) * 32767), true);
  }
  return view.buffer;
}

/** Converts PCM16 to floats in [-1, 1); an odd last byte is ignored. */
export function fromPcm16(pcm: ArrayBuffer): Float32Array {
  const view = new DataView(pcm);
  const samples = new Float32Array(pcm.byteLength >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}

/** Returns buffers as one, in their order. */
export function joined(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole.buffer;
}
