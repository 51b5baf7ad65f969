/**
 * When the blocks of an answer come, what start-up buffer that calls for, and how late the sound is. Pure.
 *
 * All times and lengths are samples of 24 kHz, on the clock of what the output has rendered: a block that comes
 * between two rendered blocks is late by just what an underrun would be. A block's `shift` is its arrival less
 * its place in its part; of a service that speaks in real time all shifts are equal, but for jitter.
 */

import { SAMPLE_RATE } from "./pcm";

/** Lateness is remembered by its largest in each stretch of arrivals of this length, for so many stretches. */
const STRETCH = SAMPLE_RATE / 2;
const STRETCHES = 40;
/** From so many stretches on a buffer below the first one is safe, where nothing was late. */
const ENOUGH_STRETCHES = 8;
/**
 * A delay that came once is prepared for up to this; for a longer one it must have come twice. A page that starts
 * a cell is late once by more, and every answer would begin later for it.
 */
const ONCE = (60 / 1000) * SAMPLE_RATE;
/** What the buffer has beyond the lateness that it is for: a share of it, and a constant. */
const MARGIN_SHARE = 0.1;
const MARGIN = (5 / 1000) * SAMPLE_RATE;
/** The smallest and the largest buffer that is learnt. */
const SMALLEST = (20 / 1000) * SAMPLE_RATE;
export const MAX_STARTUP_MS = 500;
const LARGEST = (MAX_STARTUP_MS / 1000) * SAMPLE_RATE;
/** A delay beyond this is a stall, for which the largest buffer would do too little. */
const STALL = 1.5 * LARGEST;
/** The fastest arrival is looked for in the last five to ten seconds: clocks drift. */
const HALF_WINDOW = 5 * SAMPLE_RATE;

/** What jitter there was, across answers, and the start-up buffer that it calls for. */
export class JitterMemory {
  /** Largest lateness of each stretch, the newest last; the last is being filled. */
  private stretches: number[] = [];
  private began = -Infinity;

  /** Takes the lateness of a block that came at `at`; a stall is no jitter. */
  late(at: number, by: number): void {
    if (at - this.began >= STRETCH) {
      this.began = at;
      this.stretches.push(0);
      if (this.stretches.length > STRETCHES) this.stretches.shift();
    }
    const last = this.stretches.length - 1;
    this.stretches[last] = Math.max(this.stretches[last]!, by <= STALL ? by : 0);
  }

  /** The buffer for what comes; `first` is what is good while little is known. */
  startup(first: number): number {
    const [most = 0, second = 0] = [...this.stretches].sort((a, b) => b - a);
    const wanted = Math.min(LARGEST, Math.max(cover(second), Math.min(cover(most), ONCE)));
    const known = this.stretches.length >= ENOUGH_STRETCHES;
    return Math.max(known ? Math.min(first, SMALLEST) : first, wanted);
  }
}

function cover(lateness: number): number {
  return lateness && lateness * (1 + MARGIN_SHARE) + MARGIN;
}

/** The arrivals of one part. */
export class Arrivals {
  /** Shift of the first block. */
  private first = NaN;
  /** Where the part would be with no buffer: the smallest shift before it sounds, then the one it is held to. */
  private origin = Infinity;
  private started = false;
  private last = Infinity;
  /** Smallest shifts of this half window and of the one before. */
  private fastest = Infinity;
  private fastestBefore = Infinity;
  private halfBegan = -Infinity;

  /** Takes a block that came at `at` and begins at `place`; gives how late it is, 0 where it is not. */
  add(at: number, place: number): number {
    const shift = at - place;
    if (at - this.halfBegan >= HALF_WINDOW) {
      this.halfBegan = at;
      this.fastestBefore = this.fastest;
      this.fastest = shift;
    }
    this.fastest = Math.min(this.fastest, shift);
    if (Number.isNaN(this.first)) this.first = shift;
    if (!this.started) this.origin = Math.min(this.origin, shift);
    // Of what one delay has held up only the first tells of it.
    const rose = shift > this.last;
    this.last = shift;
    return rose ? Math.max(0, shift - (this.live ? this.recent : this.origin)) : 0;
  }

  /** The part had run dry until this block came: what follows may have a new pace. */
  restart(): void {
    this.fastest = this.last;
    this.fastestBefore = Infinity;
  }

  /**
   * The part begins to sound. What came with its first block is no delay, only sent ahead; and after a part that
   * was `delay` behind it is not behind by more than that.
   */
  start(at: number, place: number, delay = Infinity): void {
    if (this.started) return;
    this.started = true;
    this.origin = Math.max(this.first, at - place - delay);
  }

  /** Whether `place` may begin to sound, or go on after an underrun, with a buffer of `startup`. */
  ready(at: number, place: number, startup: number): boolean {
    const since = at - place;
    return since - this.origin >= startup && since - this.recent >= Math.min(startup, SMALLEST);
  }

  /** How much later `place` sounds at `at` than with no buffer; what a fast service has sent ahead is no delay. */
  delay(at: number, place: number): number {
    return at - place - Math.max(this.origin, this.recent);
  }

  /** By how much the next block may be late at `at`, when `place` sounds. */
  slack(at: number, place: number): number {
    return at - place - this.recent;
  }

  /** Whether the service speaks in real time, so that a delay is one for who hears it. */
  get live(): boolean {
    return this.recent > this.origin - LARGEST;
  }

  private get recent(): number {
    return Math.min(this.fastest, this.fastestBefore);
  }
}
