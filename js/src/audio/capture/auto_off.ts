/** Switches a forgotten microphone off: when nobody spoke for long, or its tab was hidden for long. */

/** A block at or above this level counts as somebody speaking (root mean square, relative to full scale: -42 dB). */
const SPOKEN_RMS = 0.008;
/** How often the limits are looked at, at most (ms). */
const LOOK_MS = 1000;

/** Whether the tab is hidden, as the browser says. */
export interface Visibility {
  readonly hidden: boolean;
}

export class AutoOff {
  /** Seconds; null is never. */
  private limits: { idle: number | null; hidden: number | null } = { idle: null, hidden: null };
  private on = false;
  private usedAt = 0;
  private hiddenAt: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `off` gets the reason when a limit is reached. */
  constructor(
    private readonly visibility: Visibility,
    private readonly off: (why: "idle" | "hidden") => void,
  ) {}

  /** Sets the limits, in seconds; null is never. */
  limit(idle: number | null, hidden: number | null): void {
    this.limits = { idle, hidden };
    this.look();
  }

  /** The microphone is on and sends by itself, or not (off, or push-to-talk). */
  apply(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.used();
    this.hiddenAt = null;
    this.look();
  }

  /** Notes the level of a captured block. */
  heard(rms: number): void {
    if (rms >= SPOKEN_RMS) this.used();
  }

  /** Somebody speaks: the user, or the session. */
  used(): void {
    this.usedAt = Date.now();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private look(): void {
    clearTimeout(this.timer);
    const { idle, hidden } = this.limits;
    if (!this.on || (idle === null && hidden === null)) return;
    const now = Date.now();
    if (!this.visibility.hidden) this.hiddenAt = null;
    else this.hiddenAt ??= now;
    if (hidden !== null && this.hiddenAt !== null && now - this.hiddenAt >= hidden * 1000) {
      return this.off("hidden");
    }
    if (idle !== null && now - this.usedAt >= idle * 1000) return this.off("idle");
    this.timer = setTimeout(() => this.look(), LOOK_MS);
  }
}
