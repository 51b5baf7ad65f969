/**
 * Sends captured blocks one by one while somebody speaks and in groups in silence: each message makes the
 * notebook's page and server work, whatever it carries. Nothing is left out; only silence comes later.
 */

import type { CapturedBlock } from "./capture_blocks";

/** A block at or above this level counts as speech (root mean square, of full scale: -54 dB). */
const SPEECH_RMS = 0.002;
/** Blocks go one by one for this long after the last speech, so that a turn's end is noticed at once (ms). */
const HANGOVER_MS = 1000;
/** Longest group (ms). */
const GROUP_MS = 100;

const BYTES_PER_MS = 48;

export class BlockGroups {
  private waiting: ArrayBuffer[] = [];
  private waitingMs = 0;
  private quietMs = 0;

  /** Takes a block; gives the sound to send now, if any. */
  push(block: CapturedBlock): ArrayBuffer | null {
    const ms = block.pcm.byteLength / BYTES_PER_MS;
    this.quietMs = block.rms >= SPEECH_RMS ? 0 : this.quietMs + ms;
    this.waiting.push(block.pcm);
    this.waitingMs += ms;
    const silent = this.quietMs > HANGOVER_MS;
    return silent && this.waitingMs + ms <= GROUP_MS ? null : this.flush();
  }

  /** Gives what still waits, if anything. */
  flush(): ArrayBuffer | null {
    const parts = this.waiting;
    this.waiting = [];
    this.waitingMs = 0;
    if (parts.length < 2) return parts[0] ?? null;
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    return whole.buffer;
  }
}
