/** What a sound check of a few seconds says: how well somebody is heard, and whether tones come back. */

/** The level of the microphone at a time (s); `rms` and `peak` are relative to full scale. */
export interface Heard {
  at: number;
  rms: number;
  peak: number;
}

/** Speech is heard from this level on, and heard well from the other (root mean square, -50 and -38 dB). */
const HEARD_RMS = 0.003;
const CLEAR_RMS = 0.0126;
const CLIPS = 0.985;
/** A tone that comes back stands out of what was there before by this factor. */
const STANDS_OUT = 3;
/** A room and its devices bring a tone back within this time (s). */
const LONGEST_WAY_S = 0.7;
/** Of the tones so many have to come back: anything else may make a sound at the wrong moment. */
const MOST_OF = 0.6;

export type Verdict = "none" | "soft" | "good" | "clips";

/** Says how well speech was heard. */
export function judged(heard: readonly Heard[]): Verdict {
  if (heard.filter(({ peak }) => peak >= CLIPS).length >= 3) return "clips";
  const speech = heard.map(({ rms }) => rms).filter((rms) => rms >= HEARD_RMS);
  if (speech.length < 5) return "none";
  return speech.filter((rms) => rms >= CLEAR_RMS).length >= speech.length * 0.1 ? "good" : "soft";
}

/**
 * Returns how long tones took from the loudspeaker to the microphone (ms), as the median; null if they did not come
 * back. `tones` are the times at which they were played (s), on the clock of `heard`.
 */
export function wayBack(heard: readonly Heard[], tones: readonly number[]): number | null {
  const ways: number[] = [];
  for (const tone of tones) {
    const before = heard.filter(({ at }) => at > tone - 0.3 && at <= tone).map(({ rms }) => rms);
    const floor = Math.max(HEARD_RMS, STANDS_OUT * Math.max(0, ...before));
    const back = heard.find(({ at, rms }) => at > tone && at <= tone + LONGEST_WAY_S && rms >= floor);
    if (back) ways.push((back.at - tone) * 1000);
  }
  if (ways.length < tones.length * MOST_OF) return null;
  ways.sort((a, b) => a - b);
  return ways[Math.floor(ways.length / 2)]!;
}

/** Samples below this are silence; the player's fades end above it. */
const SILENT = 1e-4;
/** An interruption is good if the answer is silent within this time (ms): two syllables talk over one another then. */
const GOOD_MS = 200;
/** The kernel's test tone lasts this long (s): one that ended by itself was not interrupted. */
const TONE_S = 2;

/** Follows the samples that the player outputs, on the clock of its context (s). */
export class SilenceWatch {
  /** Seconds between the first and the last sample that sounded; 0 before. */
  sounded = 0;
  /** When the last sample that sounded was output. */
  last = NaN;
  /** How long it has been silent since. */
  silent = 0;
  private first = NaN;

  push(samples: Float32Array, time: number, rate: number): void {
    const place = samples.findLastIndex((sample) => Math.abs(sample) >= SILENT);
    if (place >= 0) {
      if (Number.isNaN(this.first)) this.first = time;
      this.last = time + (place + 1) / rate;
      this.sounded = this.last - this.first;
    }
    this.silent = time + samples.length / rate - this.last;
  }

  /** Returns how long after `asked` the sound ended (ms); null if it was not cut. */
  after(asked: number): number | null {
    return this.sounded >= TONE_S - 0.05 ? null : Math.max(0, (this.last - asked) * 1000);
  }
}

/** What the check of an interruption found: a time in ms, that an answer plays, or that the tone was not cut in time. */
export type Silence = number | "busy" | "none";

/** Says in words how soon an interrupted answer is silent. */
export function silenceWords(silence: Silence): string {
  if (silence === "busy")
    return "An answer plays, so it was not measured how soon an interruption is silent: check again afterwards.";
  if (silence === "none")
    return "The test tone was not heard, or not interrupted in time: a cell runs, or the page may not play.";
  const slow = silence > GOOD_MS ? "slow; other programs or a long way to the kernel may be why" : "good";
  return `An interrupted answer falls silent after about ${Math.round(silence)} ms here: ${slow}.`;
}
