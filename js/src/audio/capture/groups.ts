/**
 * Groups captured blocks into messages, short ones during speech and longer ones in silence: each message costs the
 * notebook's page, its server and the kernel about the same whatever its size, and speech recognition needs the
 * processor too. No block is dropped.
 */

import type { CapturedBlock } from "./blocks";
import { joined } from "../pcm";

/** A block at or above this level counts as speech (root mean square, relative to full scale: -54 dB). */
const SPEECH_RMS = 0.002;
/** Silence begins this long after the last speech, so that the end of a turn is detected quickly (ms). */
const HANGOVER_MS = 1000;
/** Longest group during silence (ms). */
const SILENCE_GROUP_MS = 100;

export const DEFAULT_GROUP_MS = 60;

const BYTES_PER_MS = 48;

export class BlockGroups {
  private waiting: ArrayBuffer[] = [];
  private waitingMs = 0;
  private quietMs = 0;
  /** Longest group during speech (ms). */
  speechMs = DEFAULT_GROUP_MS;

  /** Adds a block and returns the audio to send now, if any. */
  push(block: CapturedBlock): ArrayBuffer | null {
    const ms = block.pcm.byteLength / BYTES_PER_MS;
    this.quietMs = block.rms >= SPEECH_RMS ? 0 : this.quietMs + ms;
    this.waiting.push(block.pcm);
    this.waitingMs += ms;
    const limit = this.quietMs > HANGOVER_MS ? Math.max(SILENCE_GROUP_MS, this.speechMs) : this.speechMs;
    return this.waitingMs + ms <= limit ? null : this.flush();
  }

  /** Drops the waiting blocks, because a new stream begins. */
  restart(): void {
    this.flush();
    this.quietMs = 0;
  }

  /** Returns the blocks that still wait as one buffer, or null. */
  flush(): ArrayBuffer | null {
    const parts = this.waiting;
    this.waiting = [];
    this.waitingMs = 0;
    if (parts.length < 2) return parts[0] ?? null;
    return joined(parts);
  }
}
