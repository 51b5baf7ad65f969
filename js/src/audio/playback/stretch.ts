/**
 * Makes speech shorter or longer at its own pitch: finds two places that sound alike, and joins them. Pure.
 *
 * A join fades from the waveform at one place into the waveform at another over 10 ms (waveform similarity overlap-add,
 * WSOLA). Where the two are in step, as one period of a voice is with the next, nothing but the length changes. Every
 * sample outside of a join stays as it is. Lengths are in samples at 24 kHz.
 */

/** Length of a join: 10 ms. */
export const JOIN = 240;
/** The smallest and the largest number of samples that one join leaves out or repeats: 5 and 20 ms. */
export const SHORTEST = JOIN / 2;
export const LONGEST = 2 * JOIN;
/** The search looks at the means of so many samples first, then around the best place at every sample. */
const COARSE = 4;
/** The energy of noise is even: in pieces of this length (2.5 ms) it stays within this factor of the mean. */
const PIECE = 60;
const EVEN = 3;
/** Noise is like itself at no distance; more than this is a sound of some pitch. */
const NOISE = 0.4;

/** How two places of a sound match. */
export interface Match {
  /** Distance between the two. */
  lag: number;
  /** Correlation of the two, from -1 to 1 (the same waveform). */
  likeness: number;
}

/**
 * Returns the distance, from `SHORTEST` to `longest`, at which the sound is most like its first `JOIN` samples.
 *
 * `samples` are `JOIN + longest` or more.
 */
export function match(samples: Float32Array, longest: number): Match {
  const means = coarse(samples.subarray(0, JOIN + longest));
  const most = Math.floor(longest / COARSE);
  const near = COARSE * search(means, JOIN / COARSE, SHORTEST / COARSE, most).lag;
  return search(samples, JOIN, Math.max(SHORTEST, near - COARSE), Math.min(longest, near + COARSE));
}

/** Whether the sound is an even noise, which a join does not change even where nothing matches. */
export function isNoise(samples: Float32Array, likeness: number): boolean {
  if (likeness > NOISE) return false;
  const pieces = Math.floor(samples.length / PIECE);
  const mean = energy(samples, 0, pieces * PIECE) / pieces;
  for (let i = 0; i < pieces; i++) {
    const share = energy(samples, i * PIECE, PIECE) / mean;
    if (!(share < EVEN && share > 1 / EVEN)) return false;
  }
  return true;
}

/** Returns the join that leaves out `lag` samples: it takes the place of the first `JOIN + lag`. */
export function leaveOut(samples: Float32Array, { lag, likeness }: Match): Float32Array {
  return fade(samples, 0, lag, likeness);
}

/**
 * Returns what repeats `lag` samples: it takes the place of the first `JOIN / 2 + lag` and is longer by `lag`.
 *
 * Its middle is where the repetition begins to be louder than what was heard before.
 */
export function repeat(samples: Float32Array, { lag, likeness }: Match): Float32Array {
  const longer = new Float32Array(JOIN / 2 + 2 * lag);
  longer.set(samples.subarray(0, lag));
  longer.set(fade(samples, lag, 0, likeness), lag);
  longer.set(samples.subarray(JOIN, JOIN / 2 + lag), lag + JOIN);
  return longer;
}

/** Fades from one place to another; what is less alike is raised in the middle, so that the level stays. */
function fade(samples: Float32Array, from: number, to: number, likeness: number): Float32Array {
  const alike = Math.max(0, likeness);
  return Float32Array.from({ length: JOIN }, (_, i) => {
    const second = 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / (JOIN + 1));
    const first = 1 - second;
    const level = Math.sqrt(first * first + second * second + 2 * alike * first * second);
    return (first * samples[from + i]! + second * samples[to + i]!) / level;
  });
}

function search(samples: Float32Array, length: number, shortest: number, longest: number): Match {
  const own = energy(samples, 0, length);
  let other = energy(samples, shortest, length);
  let best: Match = { lag: shortest, likeness: -1 };
  for (let lag = shortest; lag <= longest; lag++) {
    let product = 0;
    for (let i = 0; i < length; i++) product += samples[i]! * samples[lag + i]!;
    const likeness = product / Math.sqrt(own * Math.max(other, 0) + Number.MIN_VALUE);
    if (likeness > best.likeness) best = { lag, likeness: Math.min(1, likeness) };
    other += (samples[lag + length] ?? 0) ** 2 - samples[lag]! ** 2;
  }
  return best;
}

function energy(samples: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += samples[i]! ** 2;
  return sum;
}

function coarse(samples: Float32Array): Float32Array {
  const means = new Float32Array(Math.floor(samples.length / COARSE));
  for (let i = 0; i < means.length; i++) {
    let sum = 0;
    for (let k = 0; k < COARSE; k++) sum += samples[COARSE * i + k]!;
    means[i] = sum / COARSE;
  }
  return means;
}
