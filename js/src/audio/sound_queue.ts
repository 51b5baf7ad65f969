/** Blocks of sound in their order, each of one content part, taken out sample by sample. Pure. */

import type { Arrivals } from "./arrivals";

/** Quieter than this, of full scale (-34 dB), and than this share of the part's loudest sample (-30 dB) is a pause. */
const QUIET = 0.02;
const QUIET_SHARE = 1 / 32;

/** One content part; counts are samples of 24 kHz. */
export interface Part {
  generation: number;
  itemId: string;
  contentIndex: number;
  received: number;
  /** Handed to the resampler, so certain to be heard, or left out. */
  pulled: number;
  /** Passed by the output. */
  played: number;
  ended: boolean;
  /** Its loudest sample so far. */
  loudest: number;
  readonly arrivals: Arrivals;
}

interface Chunk {
  part: Part;
  samples: Float32Array;
  offset: number;
}

/** Whether a sample of `part` may be one of a pause. */
export function isQuiet(sample: number, part: Part): boolean {
  return Math.abs(sample) < Math.min(QUIET, QUIET_SHARE * part.loudest);
}

export class SoundQueue {
  /** Samples that are queued. */
  length = 0;
  private chunks: Chunk[] = [];

  /** The part of the next sample. */
  get part(): Part | null {
    return this.chunks[0]?.part ?? null;
  }

  push(part: Part, samples: Float32Array): void {
    if (samples.length) this.chunks.push({ part, samples, offset: 0 });
    this.length += samples.length;
  }

  /** Takes the next sample; there must be one. */
  take(): number {
    const chunk = this.chunks[0]!;
    this.length--;
    const sample = chunk.samples[chunk.offset++]!;
    if (chunk.offset === chunk.samples.length) this.chunks.shift();
    return sample;
  }

  /** Takes at most `limit` of the next samples, all of one part. */
  takeRun(limit: number): Float32Array {
    const chunk = this.chunks[0]!;
    const run = chunk.samples.subarray(chunk.offset, chunk.offset + limit);
    this.length -= run.length;
    chunk.offset += run.length;
    if (chunk.offset === chunk.samples.length) this.chunks.shift();
    return run;
  }

  clear(): void {
    this.chunks = [];
    this.length = 0;
  }

  /** How many of the next samples are quiet and of the same part; looks no further than `limit`. */
  quietAhead(limit: number): number {
    const { part } = this;
    let count = 0;
    for (const chunk of this.chunks) {
      if (chunk.part !== part) return count;
      for (let i = chunk.offset; i < chunk.samples.length; i++) {
        if (!isQuiet(chunk.samples[i]!, part) || count === limit) return count;
        count++;
      }
    }
    return count;
  }
}
