/** Whether a picture has changed, and when one is due by itself. Pure. */

/** Size of the small grey copies that are compared. */
export const GREY_WIDTH = 32;
export const GREY_HEIGHT = 24;
/** Shortest time between two pictures that are sent by themselves (ms). */
export const LEAST_MS = 1000;

/** Returns a grey copy of pixels in RGBA, one byte for each. */
export function grey(rgba: Uint8ClampedArray): Uint8Array {
  const copy = new Uint8Array(rgba.length / 4);
  for (let index = 0; index < copy.length; index++) {
    const at = index * 4;
    copy[index] = (rgba[at]! * 77 + rgba[at + 1]! * 150 + rgba[at + 2]! * 29) >> 8;
  }
  return copy;
}

/** Returns how different two grey copies are: the mean difference, 0 to 1. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum / a.length / 255;
}

export interface Rules {
  /** Seconds after which a picture is sent by itself; null is never. */
  every: number | null;
  /** Share of change from which a picture is sent; null is never. */
  change: number | null;
}

/** Says when a picture is due by itself, and why. */
export class Due {
  private sentAt = -Infinity;
  private sent: Uint8Array | null = null;

  /** Notes that a picture was sent at `now` (ms), with its grey copy. */
  noteSent(now: number, copy: Uint8Array): void {
    this.sentAt = now;
    this.sent = copy;
  }

  /** Forgets what was sent: the camera was opened anew. */
  reset(): void {
    this.sentAt = -Infinity;
    this.sent = null;
  }

  why(now: number, copy: Uint8Array, rules: Rules): "time" | "change" | null {
    const since = now - this.sentAt;
    if (since < LEAST_MS) return null;
    if (rules.every !== null && since >= rules.every * 1000) return "time";
    if (rules.change === null) return null;
    return this.sent === null || difference(copy, this.sent) >= rules.change ? "change" : null;
  }
}

/** Returns the size of a picture whose longer side is at most `longest`. */
export function fitted(width: number, height: number, longest: number): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
