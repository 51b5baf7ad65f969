/** Plays an answer block by block, as its service sends it. */

import { expect } from "vitest";
import { PlaybackQueue } from "../../../src/audio/playback/queue";
import { concat } from "../../helpers";

export const QUANTUM = 128;

/** A queue at 24 kHz, where output and input samples are the same and every sample can be looked at. */
export function plain(startupMs = 0): PlaybackQueue {
  return new PlaybackQueue(24_000, startupMs);
}

export function render(queue: PlaybackQueue, samples: number): Float32Array {
  const parts: Float32Array[] = [];
  for (let left = samples; left > 0; left -= QUANTUM) {
    const block = new Float32Array(Math.min(QUANTUM, left));
    queue.render(block);
    parts.push(block);
  }
  return concat(parts);
}

export const BLOCK = 480;
export const LOUD = 0.5;

/** Phrases of a second and a half with pauses of 300 ms, in blocks of 20 ms. */
export function phrases(seconds: number): Float32Array {
  const at = (i: number) => i % 43_200;
  return Float32Array.from({ length: seconds * 24_000 }, (_, i) => (at(i) < 36_000 ? LOUD : 0));
}

/** Random numbers from 0 to 1, the same for each seed. */
export function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

export interface Heard {
  sound: Float32Array;
  /** Of the player when the answer was over. */
  report: ReturnType<PlaybackQueue["report"]>;
  underruns: number;
  skipped: number;
  /** How long after the answer's begin its last sample sounded, less its length (ms). */
  late: number;
}

/** Plays an answer whose block `i` is sent at `sent(i)` ms, or as soon as those before it. */
export function speak(
  queue: PlaybackQueue,
  id: string,
  answer: Float32Array,
  sent: (i: number) => number,
): Heard {
  const before = queue.report();
  const parts: Float32Array[] = [];
  let rendered = 0;
  let played = 0;
  for (let i = 0; i * BLOCK < answer.length; i++) {
    while (rendered < sent(i) * 24) {
      parts.push(render(queue, QUANTUM));
      rendered += QUANTUM;
      const now = queue.report().positions.find((one) => one.item_id === id)?.played ?? 0;
      expect(now).toBeGreaterThanOrEqual(played);
      expect(now).toBeLessThanOrEqual(i * BLOCK);
      played = now;
    }
    queue.play(0, id, 0, answer.slice(i * BLOCK, (i + 1) * BLOCK));
  }
  queue.end(0, id, 0);
  let report = queue.report();
  do {
    parts.push(render(queue, QUANTUM));
    if (queue.changed) report = queue.report();
  } while (queue.playing);
  const sound = concat(parts);
  const last = sound.findLastIndex((sample) => sample !== 0);
  const end = answer.findLastIndex((sample) => sample !== 0);
  return {
    sound,
    report,
    underruns: report.underruns - before.underruns,
    skipped: Math.round((report.skipped_ms - before.skipped_ms) * 24),
    late: (last - end) / 24,
  };
}

export function jitter(upToMs: number, seed: number): (i: number) => number {
  const random = chance(seed);
  const late: number[] = [];
  return (i) => i * 20 + (late[i] ??= random.next().value * upToMs);
}

export const punctual = (i: number) => i * 20;
/** One second without a block, then all of them at once. */
export const stalled = (i: number) => (i >= 100 && i < 150 ? 3000 : i * 20);
