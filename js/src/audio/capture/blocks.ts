/** Converts the microphone's samples from the device's rate to PCM16 blocks at 24 kHz, and measures their level. */

import { SAMPLE_RATE, toPcm16 } from "../pcm";
import { StreamResampler } from "../resampler";

/** One captured block; the levels are relative to full scale (1). */
export interface CapturedBlock {
  pcm: ArrayBuffer;
  rms: number;
  peak: number;
}

export class CaptureBlocks {
  private readonly resampler: StreamResampler;
  private block: Float32Array;
  private filled = 0;
  private nextLength: number;

  constructor(deviceRate: number, blockMs: number) {
    this.resampler = new StreamResampler(Math.round(deviceRate), SAMPLE_RATE);
    this.nextLength = blockLength(blockMs);
    this.block = new Float32Array(this.nextLength);
  }

  /** Sets the block length, from the next block on. */
  setBlockMs(blockMs: number): void {
    this.nextLength = blockLength(blockMs);
  }

  /** Adds samples at the device's rate and returns the blocks that they complete. */
  push(samples: Float32Array): CapturedBlock[] {
    const blocks: CapturedBlock[] = [];
    let rest = this.resampler.push(samples);
    while (rest.length) {
      const taken = rest.subarray(0, this.block.length - this.filled);
      this.block.set(taken, this.filled);
      this.filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.filled === this.block.length) {
        blocks.push({ pcm: toPcm16(this.block), ...level(this.block) });
        this.filled = 0;
        if (this.block.length !== this.nextLength) this.block = new Float32Array(this.nextLength);
      }
    }
    return blocks;
  }
}

function blockLength(blockMs: number): number {
  if (!(blockMs >= 1 && blockMs <= 1000)) {
    throw new RangeError(`a block must last 1 to 1000 ms, not ${blockMs}`);
  }
  return Math.round((blockMs / 1000) * SAMPLE_RATE);
}

function level(samples: Float32Array): { rms: number; peak: number } {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { rms: Math.sqrt(sum / samples.length), peak };
}
