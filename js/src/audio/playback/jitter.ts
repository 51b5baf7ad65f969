/**
 * Measures the jitter of arriving blocks, derives the start-up buffer from it, and the delay of playback. Pure.
 *
 * All times and lengths are in samples at 24 kHz, on the clock of what the output has rendered: the lateness of a
 * block is then exactly the length of the underrun that it would cause. A block's `shift` is its arrival time minus
 * its place in its part; for a service that speaks in real time all shifts are equal except for jitter.
 */

import { SAMPLE_RATE } from "../pcm";

/** The largest lateness is kept for each stretch of this length, and for this many stretches. */
const STRETCH = SAMPLE_RATE / 2;
const STRETCHES = 20;
/** After this many stretches without lateness, a buffer smaller than the first one is safe. */
const ENOUGH_STRETCHES = 8;
/**
 * The buffer covers a single delay up to this length, and for so many stretches only; a longer or an older one counts
 * only if it occurred twice. A page that starts a cell, or opens its microphone, is late once by more than this, which
 * would otherwise delay every answer of the next 10 s.
 */
const ONCE = (60 / 1000) * SAMPLE_RATE;
const ONCE_STRETCHES = 8;
/** Margin of the buffer beyond the lateness that it covers: a fraction of the lateness, and a constant. */
const MARGIN_SHARE = 0.1;
const MARGIN = (5 / 1000) * SAMPLE_RATE;
/** The smallest and the largest buffer that the estimator chooses. */
const SMALLEST = (20 / 1000) * SAMPLE_RATE;
export const MAX_STARTUP_MS = 500;
const LARGEST = (MAX_STARTUP_MS / 1000) * SAMPLE_RATE;
/** A longer delay is a stall, too long for the largest buffer to cover. */
const STALL = 1.5 * LARGEST;
/** So much later than it could be a part may have begun, of a service that speaks in real time. */
const LATE_START = 0.1 * SAMPLE_RATE;
/** The fastest arrival is taken over the last five to ten seconds only, because clocks drift. */
const HALF_WINDOW = 5 * SAMPLE_RATE;
/**
 * A service speaks in real time if the fastest arrivals of three stretches of this length after one another differ by
 * no more than so much (30 ms): if it is at most 15 % faster. One that gets ahead of its own past does not.
 */
const PACE_STRETCH = 0.2 * SAMPLE_RATE;
const PACE_SPREAD = 0.03 * SAMPLE_RATE;
const PACE_STRETCHES = 2;

/** Estimates the start-up buffer from the jitter of past answers. */
export class JitterEstimator {
  /** Largest lateness of each stretch, newest last; the last stretch is still open. */
  private stretches: number[] = [];
  private began = -Infinity;

  /** Records the lateness of a block that arrived at `at`; a stall does not count as jitter. */
  late(at: number, by: number): void {
    if (at - this.began >= STRETCH) {
      this.began = at;
      this.stretches.push(0);
      if (this.stretches.length > STRETCHES) this.stretches.shift();
    }
    const last = this.stretches.length - 1;
    this.stretches[last] = Math.max(this.stretches[last]!, by <= STALL ? by : 0);
  }

  /** Returns the buffer for the next answer; `first` is the buffer to use while little is known. */
  startup(first: number): number {
    const most = Math.max(0, ...this.stretches.slice(-ONCE_STRETCHES));
    const [, second = 0] = [...this.stretches].sort((a, b) => b - a);
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
  /** Shift of the part's first block. */
  private first = NaN;
  /** Shift of a playback without buffer: the smallest shift until the part sounds, fixed from then on. */
  private origin = Infinity;
  private started = false;
  private last = Infinity;
  /** Smallest shifts of this half window and of the previous one. */
  private fastest = Infinity;
  private fastestBefore = Infinity;
  private halfBegan = -Infinity;
  private readonly pace = new Pace();

  /** Records a block that arrived at `at` and begins at `place`. Returns its lateness, 0 if it is on time. */
  add(at: number, place: number): number {
    const shift = at - place;
    if (at - this.halfBegan >= HALF_WINDOW) {
      this.halfBegan = at;
      this.fastestBefore = this.fastest;
      this.fastest = shift;
    }
    this.fastest = Math.min(this.fastest, shift);
    this.pace.add(at, shift);
    if (Number.isNaN(this.first)) this.first = shift;
    if (!this.started) this.origin = Math.min(this.origin, shift);
    // Only the first block after a delay measures it; the others arrived with it.
    const rose = shift > this.last;
    this.last = shift;
    return rose ? Math.max(0, shift - (this.live ? this.recent : this.origin)) : 0;
  }

  /** Measures afresh after an underrun, which this block has ended: the next blocks may come at a new pace. */
  restart(): void {
    this.fastest = this.last;
    this.fastestBefore = Infinity;
  }

  /**
   * Marks that the part begins to sound. Blocks that arrived together with its first block were sent ahead, not
   * delayed. `delay` is that of the previous part, which this part does not exceed.
   */
  start(at: number, place: number, delay = Infinity): void {
    if (this.started) return;
    this.started = true;
    this.origin = Math.max(this.first, at - place - delay);
  }

  /** Whether `place` may begin to sound, or resume after an underrun, with a buffer of `startup`. */
  ready(at: number, place: number, startup: number): boolean {
    const since = at - place;
    return since - this.origin >= startup && since - this.recent >= Math.min(startup, SMALLEST);
  }

  /**
   * How much later `place` sounds at `at` than without a buffer. Audio sent ahead by a fast service is not delay; but
   * a part whose first blocks were late, while the page was busy, is heard sooner once that is over.
   */
  delay(at: number, place: number): number {
    return at - place - Math.max(this.steady ? this.origin - LATE_START : this.origin, this.recent);
  }

  /** By how much the next block may be late if `place` sounds at `at`. */
  slack(at: number, place: number): number {
    return at - place - this.recent;
  }

  /** Whether the service speaks in real time, so that the listener hears a delay. */
  get live(): boolean {
    return this.recent > this.origin - LARGEST;
  }

  /**
   * Whether the service was heard to speak in real time, so that a delay can be caught up. One that sends ahead of
   * real time, if only in sentences with pauses between them, never is: its sound stays as it is.
   */
  get steady(): boolean {
    return this.pace.real && this.pace.fastest > this.origin - LARGEST;
  }

  private get recent(): number {
    return Math.min(this.fastest, this.fastestBefore);
  }
}

/** Finds out whether blocks arrive about as fast as they play. */
class Pace {
  /** Smallest shift of all, of the stretch before, and of this stretch. */
  fastest = Infinity;
  private before = Infinity;
  private now = Infinity;
  private lowest = Infinity;
  private began = -Infinity;
  private level = 0;

  get real(): boolean {
    return this.level >= PACE_STRETCHES;
  }

  add(at: number, shift: number): void {
    if (at - this.began >= PACE_STRETCH) {
      if (this.now < this.lowest - PACE_SPREAD) this.level = 0;
      else if (Math.abs(this.now - this.before) <= PACE_SPREAD) this.level++;
      // After a delay the first stretches differ: that says nothing about a pace that is known.
      else if (!this.real) this.level = 0;
      this.lowest = Math.min(this.lowest, this.now);
      this.before = this.now;
      this.now = Infinity;
      this.began = at;
    }
    this.now = Math.min(this.now, shift);
    this.fastest = Math.min(this.fastest, shift);
  }
}
