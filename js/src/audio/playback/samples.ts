/** A queue of audio blocks, each of one content part, read sample by sample. Pure. */

import type { Arrivals } from "./jitter";

/** A pause is quieter than both: this level of full scale (-34 dB), and this fraction of the loudest sample (-30 dB). */
const QUIET = 0.02;
const QUIET_SHARE = 1 / 32;

/** One content part; counts are samples at 24 kHz. */
export interface Part {
  generation: number;
  itemId: string;
  contentIndex: number;
  received: number;
  /** Passed to the resampler, so certain to be heard, or skipped. */
  pulled: number;
  /** Passed by the audio output. */
  played: number;
  ended: boolean;
  /** Magnitude of its loudest sample so far. */
  loudest: number;
  readonly arrivals: Arrivals;
}

interface Chunk {
  part: Part;
  samples: Float32Array;
  offset: number;
}

/** Whether a sample of `part` is quiet enough to belong to a pause. */
export function isQuiet(sample: number, part: Part): boolean {
  return Math.abs(sample) < Math.min(QUIET, QUIET_SHARE * part.loudest);
}

export class SampleQueue {
  /** Number of queued samples. */
  length = 0;
  private chunks: Chunk[] = [];

  /** The part that the next sample belongs to; null if the queue is empty. */
  get part(): Part | null {
    return this.chunks[0]?.part ?? null;
  }

  push(part: Part, samples: Float32Array): void {
    if (samples.length) this.chunks.push({ part, samples, offset: 0 });
    this.length += samples.length;
  }

  /** Removes and returns the next sample; the queue must not be empty. */
  take(): number {
    const chunk = this.chunks[0]!;
    this.length--;
    const sample = chunk.samples[chunk.offset++]!;
    if (chunk.offset === chunk.samples.length) this.chunks.shift();
    return sample;
  }

  /** Removes and returns at most `limit` of the next samples, all of one part. */
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

  /** Counts the next samples, up to `limit`, that are quiet and of the same part. */
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
