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
  /** Passed to the resampler, so certain to be heard, or left out. */
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
  /** Whether each sample stands for one of the part; a repeated one stands for none. */
  counts: boolean;
  /** Number of samples of the part that were left out before the next one. */
  skipped: number;
}

/** Whether a sample of `part` is quiet enough to belong to a pause. */
export function isQuiet(sample: number, part: Part): boolean {
  return Math.abs(sample) < Math.min(QUIET, QUIET_SHARE * part.loudest);
}

export class SampleQueue {
  /** Number of queued samples, as they will sound. */
  length = 0;
  /** Number of the parts' own samples that they stand for. */
  own = 0;
  private chunks: Chunk[] = [];

  /** The part that the next sample belongs to; null if the queue is empty. */
  get part(): Part | null {
    return this.chunks[0]?.part ?? null;
  }

  /** Queues samples of `part`, which stand for `own` of it: each for one or, if these are fewer, for none. */
  push(part: Part, samples: Float32Array, own = samples.length): void {
    if (!samples.length) return;
    const counts = own >= samples.length;
    this.chunks.push({ part, samples, offset: 0, counts, skipped: counts ? own - samples.length : own });
    this.length += samples.length;
    this.own += own;
  }

  /** Removes and returns the next sample; the queue must not be empty. `own` falls by what it stands for. */
  take(): number {
    const chunk = this.chunks[0]!;
    const sample = chunk.samples[chunk.offset]!;
    this.advance(chunk, 1);
    return sample;
  }

  /** Removes and returns at most `limit` of the next samples, all of one part. */
  takeRun(limit: number): Float32Array {
    const chunk = this.chunks[0]!;
    const run = chunk.samples.subarray(chunk.offset, chunk.offset + limit);
    this.advance(chunk, run.length);
    return run;
  }

  /** Leaves out the next `count` samples, which belong to one part and are not its last. */
  skip(count: number): void {
    const before = this.own;
    for (let left = count; left;) left -= this.takeRun(left).length;
    this.chunks[0]!.skipped += before - this.own;
    this.own = before;
  }

  /** Returns a copy of the next `count` samples, if so many of one part are queued and none of them was changed. */
  ahead(count: number): Float32Array | null {
    const { part } = this;
    const samples = new Float32Array(count);
    let filled = 0;
    for (const chunk of this.chunks) {
      if (filled === count) break;
      if (chunk.part !== part || !chunk.counts || chunk.skipped) return null;
      const run = chunk.samples.subarray(chunk.offset, chunk.offset + count - filled);
      samples.set(run, filled);
      filled += run.length;
    }
    return filled === count ? samples : null;
  }

  /**
   * Puts `samples` in the place of the next `count`. The first `half` of them stand for one sample each; those after
   * it for one each, with what is left out counted before them, or for none if they repeat what was heard.
   */
  replace(count: number, samples: Float32Array, half: number): void {
    const part = this.part!;
    for (let left = count; left;) left -= this.takeRun(left).length;
    const skipped = count - samples.length;
    const counts = skipped >= 0;
    this.chunks.unshift(
      { part, samples: samples.subarray(0, half), offset: 0, counts: true, skipped: 0 },
      { part, samples: samples.subarray(half), offset: 0, counts, skipped: counts ? skipped : 0 },
    );
    this.length += samples.length;
    this.own += count;
  }

  clear(): void {
    this.chunks = [];
    this.length = this.own = 0;
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

  private advance(chunk: Chunk, count: number): void {
    this.length -= count;
    this.own -= chunk.skipped + (chunk.counts ? count : 0);
    chunk.skipped = 0;
    chunk.offset += count;
    if (chunk.offset === chunk.samples.length) this.chunks.shift();
  }
}
