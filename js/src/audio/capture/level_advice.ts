/** Says whether somebody speaks too softly, or so loudly that it clips. */

/** A peak from here on is cut off by the sound card (relative to full scale). */
const CLIPS = 0.985;
/** Blocks that clip within the last seconds before it is said. */
const MOST_CLIPPED = 3;
/** Speech has at least this level (root mean square, -50 dB), and is easily understood from the other on (-38 dB). */
const SPEECH_RMS = 0.003;
const CLEAR_RMS = 0.0126;
/** Speech that is judged (ms), and how long a judgement stands after the last reason for it (ms). */
const JUDGED_MS = 2500;
const STANDS_MS = 4000;

export type Advice = "" | "soft" | "clips";

export class LevelAdvice {
  private clipped: number[] = [];
  private speechMs = 0;
  private clearMs = 0;
  private now = 0;
  private until = 0;
  private said: Advice = "";

  /** Takes the level of a block of `ms` milliseconds; returns what there is to say. */
  push({ rms, peak }: { rms: number; peak: number }, ms: number): Advice {
    this.now += ms;
    if (peak >= CLIPS) this.clipped.push(this.now);
    this.clipped = this.clipped.filter((at) => this.now - at < STANDS_MS);
    if (rms >= SPEECH_RMS) {
      this.speechMs += ms;
      if (rms >= CLEAR_RMS) this.clearMs += ms;
    }
    if (peak >= CLIPS && this.clipped.length >= MOST_CLIPPED) this.say("clips");
    else if (this.speechMs >= JUDGED_MS) {
      if (this.clearMs < this.speechMs * 0.1) this.say("soft");
      else if (this.said === "soft") this.said = "";
      this.speechMs = this.clearMs = 0;
    }
    if (this.now > this.until) this.said = "";
    return this.said;
  }

  private say(advice: Advice): void {
    this.said = advice;
    this.until = this.now + STANDS_MS;
  }
}
