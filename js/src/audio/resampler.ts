/**
 * Band-limited sample-rate conversion of a continuous mono stream, block by block, without seams.
 *
 * A polyphase windowed-sinc (Kaiser) low-pass. Positions are counted in whole numbers (output n sits at
 * input position n * step / phases), so a long stream does not drift. Output and input are aligned in time:
 * the filter looks `lookahead` input samples ahead and waits for them.
 */

/** Stopband attenuation that the window is designed for, in decibels. */
const ATTENUATION_DB = 80;
/** Passband edge as a fraction of the lower of the two Nyquist frequencies; the stopband begins at 1. */
const PASSBAND = 0.875;

function greatestCommonDivisor(a: number, b: number): number {
  while (b) [a, b] = [b, a % b];
  return a;
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Returns one filter row per phase, each of `2 * half` taps and scaled to a gain of exactly one. */
function designFilter(phases: number, half: number, cutoff: number): Float32Array {
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const taps = 2 * half;
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    const row = new Float64Array(taps);
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - phase / phases;
      const edge = 1 - (distance / half) ** 2;
      if (edge <= 0) continue;
      const angle = 2 * Math.PI * cutoff * distance;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      row[tap] = (sinc * besselI0(beta * Math.sqrt(edge))) / besselI0(beta);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < taps; tap++) table[phase * taps + tap] = row[tap]! / sum;
  }
  return table;
}

export class StreamResampler {
  /** Number of input samples after an output's own position that the filter needs to compute it. */
  readonly lookahead: number;
  private readonly phases: number;
  private readonly step: number;
  private readonly taps: number;
  private readonly table: Float32Array;
  /** Inputs still needed, oldest first; the first `filled` are valid. */
  private history: Float32Array;
  private filled: number;
  private phase = 0;

  constructor(
    readonly inputRate: number,
    readonly outputRate: number,
  ) {
    for (const rate of [inputRate, outputRate]) {
      if (!Number.isInteger(rate) || rate <= 0) {
        throw new RangeError(`a sample rate must be a whole number of hertz above 0, not ${rate}`);
      }
    }
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.phases = outputRate / divisor;
    this.step = inputRate / divisor;
    const nyquist = Math.min(inputRate, outputRate) / 2;
    const transition = ((1 - PASSBAND) * nyquist) / inputRate;
    const half = Math.ceil((ATTENUATION_DB - 8) / (2.285 * 2 * Math.PI * transition) / 2);
    this.lookahead = this.passthrough ? 0 : half;
    this.taps = 2 * half;
    this.table = designFilter(this.phases, half, (((1 + PASSBAND) / 2) * nyquist) / inputRate);
    this.history = new Float32Array(4 * this.taps);
    // Silence before the first sample, so that output 0 sits on input 0.
    this.filled = this.passthrough ? 0 : half - 1;
  }

  /** Whether the rates are equal and samples pass unchanged. */
  get passthrough(): boolean {
    return this.phases === this.step;
  }

  /** Converts one block and returns every output whose inputs have all arrived. */
  push(input: Float32Array): Float32Array {
    if (this.passthrough) return input.slice();
    this.append(input);
    const output = new Float32Array(this.available());
    this.produce(output);
    return output;
  }

  /** Returns the outputs that are still in the filter at the end of a stream. */
  flush(): Float32Array {
    return this.passthrough ? new Float32Array(0) : this.push(new Float32Array(this.lookahead));
  }

  /** Number of input samples to append before `produce` can return `outputs` more samples. */
  needed(outputs: number): number {
    if (outputs <= 0) return 0;
    if (this.passthrough) return Math.max(0, outputs - this.filled);
    const last = Math.floor((this.phase + (outputs - 1) * this.step) / this.phases);
    return Math.max(0, last + this.taps - this.filled);
  }

  /** Adds inputs without converting them yet; used with `needed` and `produce`. */
  append(input: Float32Array): void {
    if (this.filled + input.length > this.history.length) {
      const wider = new Float32Array(2 * (this.filled + input.length));
      wider.set(this.history.subarray(0, this.filled));
      this.history = wider;
    }
    this.history.set(input, this.filled);
    this.filled += input.length;
  }

  /** Fills all of `output`, whose inputs must have been appended. Returns the number of inputs consumed. */
  produce(output: Float32Array): number {
    if (this.passthrough) {
      output.set(this.history.subarray(0, output.length));
      this.discard(output.length);
      return output.length;
    }
    const { taps, table, history } = this;
    let start = 0;
    let phase = this.phase;
    for (let n = 0; n < output.length; n++) {
      let sum = 0;
      const row = phase * taps;
      for (let tap = 0; tap < taps; tap++) sum += table[row + tap]! * history[start + tap]!;
      output[n] = sum;
      phase += this.step;
      start += Math.floor(phase / this.phases);
      phase %= this.phases;
    }
    this.phase = phase;
    this.discard(start);
    return start;
  }

  private available(): number {
    const spare = this.filled - this.taps;
    if (spare < 0) return 0;
    return Math.ceil(((spare + 1) * this.phases - this.phase) / this.step);
  }

  private discard(count: number): void {
    this.history.copyWithin(0, count, this.filled);
    this.filled -= count;
  }
}
