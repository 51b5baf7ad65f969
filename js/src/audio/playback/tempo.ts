/**
 * Decides when live speech is played a little faster or slower, and where. Pure.
 *
 * What is to be caught up is left out in joins of 5 to 20 ms (`stretch.ts`), where the sound is alike, quiet or an even
 * noise; elsewhere it waits for such a place. A delay of more than 150 ms, which only a stall leaves, is caught up at
 * 1.5 times the speed, and at twice where the sound is soft; smaller differences at 1.15. At 1.5 alone, 1 s would be
 * gone after 2 s of sound. Hence pauses are shortened besides (`queue.ts`): speech that pauses is back within 1.5 s,
 * somebody who reads without a breath after up to 1.9 s, music and noise after 2 s, and sound without a place to join
 * keeps its delay. Lengths are in samples at 24 kHz.
 */

import { SAMPLE_RATE } from "../pcm";
import { isQuiet, type SampleQueue } from "./samples";
import { isNoise, JOIN, leaveOut, LONGEST, match, repeat, SHORTEST } from "./stretch";

/** How often it looks what is to be done: every 5 ms of sound. */
export const LOOK = SHORTEST;
/** A delay that only a stall leaves: 150 ms. Until it is gone, speech is hurried. */
const STALLED = 0.15 * SAMPLE_RATE;
/** Smaller differences begin to be made up for at these: 25 ms too late, or 20 ms too little in the buffer. */
const TOO_LATE = 0.025 * SAMPLE_RATE;
const TOO_LITTLE = 0.02 * SAMPLE_RATE;
/** What is left out or repeated per sample that sounds; more where the sound is soft while a stall is caught up. */
const HURRIED = 0.5;
const HURRIED_SOFT = 1;
const GENTLE = 0.15;
/** Sound is soft below this fraction of the loudest sample (-24 dB). */
const SOFT_SHARE = 1 / 16;
/** Two places match from the first likeness on, or from the second if none was found for long. */
const ALIKE = 0.9;
const ALIKE_ENOUGH = 0.5;
/** How much may be owed until the second will do, and how much of what is owed is made up for later. */
const PATIENCE = LONGEST / 2;
const CARRIED = 2 * LONGEST;

type Pace = "plain" | "hurried" | "faster" | "slower";

export class Tempo {
  private pace: Pace = "plain";
  /** By how much the sound may be made shorter or longer now. */
  private allowance = 0;
  /** Samples to let pass until the next join. */
  private rest = 0;

  /** Whether a stall is being caught up, so that pauses may become short. */
  get hurried(): boolean {
    return this.pace === "hurried";
  }

  reset(): void {
    this.pace = "plain";
    this.rest = 0;
  }

  /**
   * Makes one join at the head of the queue if one is due and possible; called every `LOOK` samples.
   *
   * `excess` is by how much playback is later than it should be, `missing` how much its buffer lacks. Returns the
   * number of samples that are left out; it is below 0 if some are repeated.
   */
  look(queue: SampleQueue, excess: number, missing: number): number {
    const pace = this.choose(excess, missing);
    if (pace === "plain") {
      this.pace = pace;
      return 0;
    }
    if (pace !== this.pace) this.allowance = LONGEST;
    else this.allowance += LOOK * (pace === "hurried" ? hurry(queue) : GENTLE);
    this.allowance = Math.min(this.allowance, LONGEST + CARRIED);
    this.pace = pace;
    this.rest -= LOOK;
    if (this.rest > 0 || this.allowance < LONGEST) return 0;
    const slower = pace === "slower";
    const longest = Math.floor(Math.min(LONGEST, slower ? Math.min(missing, queue.length - JOIN) : excess));
    if (longest < SHORTEST) return 0;
    const samples = queue.ahead(JOIN + longest);
    if (!samples) return 0;
    const found = match(samples, longest);
    if (!this.fits(samples, found.likeness, queue)) return 0;
    const { lag } = found;
    if (slower) queue.replace(JOIN / 2 + lag, repeat(samples, found), JOIN / 2 + lag);
    else queue.replace(JOIN + lag, leaveOut(samples, found), JOIN / 2);
    this.allowance -= lag;
    this.rest = slower ? JOIN / 2 + 2 * lag : 2 * JOIN;
    return slower ? -lag : lag;
  }

  private choose(excess: number, missing: number): Pace {
    if (excess >= STALLED || (this.pace === "hurried" && excess >= SHORTEST)) return "hurried";
    if (excess >= (this.pace === "faster" ? SHORTEST : TOO_LATE)) return "faster";
    if (missing >= (this.pace === "slower" ? SHORTEST : TOO_LITTLE)) return "slower";
    return "plain";
  }

  private fits(samples: Float32Array, likeness: number, queue: SampleQueue): boolean {
    const waited = Math.min(1, (this.allowance - LONGEST) / PATIENCE);
    if (likeness >= ALIKE - waited * (ALIKE - ALIKE_ENOUGH)) return true;
    return samples.every((sample) => isQuiet(sample, queue.part!)) || isNoise(samples, likeness);
  }
}

function hurry(queue: SampleQueue): number {
  const next = queue.ahead(LOOK);
  if (!next) return HURRIED;
  const soft = SOFT_SHARE * queue.part!.loudest;
  return next.reduce((sum, sample) => sum + sample ** 2, 0) < LOOK * soft ** 2 ? HURRIED_SOFT : HURRIED;
}
