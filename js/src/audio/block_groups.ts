/**
 * Sends captured blocks in groups, short ones while somebody speaks and longer ones in silence: each message makes
 * the notebook's page, its server and the kernel work, whatever it carries, and the ears need the processor too.
 * Nothing is left out.
 */

import type { CapturedBlock } from "./capture_blocks";

/** A block at or above this level counts as speech (root mean square, of full scale: -54 dB). */
const SPEECH_RMS = 0.002;
/** Silence begins this long after the last speech, so that a turn's end is noticed soon (ms). */
const HANGOVER_MS = 1000;
/** Longest group of silence (ms). */
const SILENCE_GROUP_MS = 100;

export const DEFAULT_GROUP_MS = 60;

const BYTES_PER_MS = 48;

export class BlockGroups {
  private waiting: ArrayBuffer[] = [];
  private waitingMs = 0;
  private quietMs = 0;
  /** Longest group of speech (ms). */
  speechMs = DEFAULT_GROUP_MS;

  /** Takes a block; gives the sound to send now, if any. */
  push(block: CapturedBlock): ArrayBuffer | null {
    const ms = block.pcm.byteLength / BYTES_PER_MS;
    this.quietMs = block.rms >= SPEECH_RMS ? 0 : this.quietMs + ms;
    this.waiting.push(block.pcm);
    this.waitingMs += ms;
    const limit = this.quietMs > HANGOVER_MS ? Math.max(SILENCE_GROUP_MS, this.speechMs) : this.speechMs;
    return this.waitingMs + ms <= limit ? null : this.flush();
  }

  /** Forgets what waits: a new stream begins. */
  restart(): void {
    this.flush();
    this.quietMs = 0;
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
