/**
 * Sends a port's reports to its kernel. The player's state is sent with the next block of the microphone, because a
 * separate message costs the page, the server and the kernel more than its content.
 */

import type { Playback, PortReport } from "../../messages";
import type { Transport } from "./transport";

/** Blocks come at least this often while the microphone is used; the player's state waits no longer for one (ms). */
const RIDE_MS = 120;

export class Outbox {
  private waiting: Playback | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sequence = 0;

  constructor(
    private readonly transport: Transport,
    readonly pageId: string,
  ) {}

  /** Sends a report, after the player's state if that still waits. */
  send(report: PortReport): void {
    this.flush();
    this.transport.send(report);
  }

  /** Sends the player's state: with the next block if `soundFollows`, otherwise at once. */
  playback(state: Playback, soundFollows: boolean): void {
    this.flush();
    if (!soundFollows) return this.transport.send(state);
    this.waiting = state;
    this.timer = setTimeout(() => this.flush(), RIDE_MS);
  }

  /** Sends a captured block. */
  sound(pcm: ArrayBuffer): void {
    const playback = this.take();
    this.transport.send(
      { type: "audio", page_id: this.pageId, sequence: this.sequence++, ...(playback && { playback }) },
      pcm,
    );
  }

  /** Counts blocks from 0 again, because the microphone was opened again. */
  restart(): void {
    this.sequence = 0;
  }

  dispose(): void {
    this.take();
  }

  private flush(): void {
    const state = this.take();
    if (state) this.transport.send(state);
  }

  private take(): Playback | null {
    clearTimeout(this.timer);
    const state = this.waiting;
    this.waiting = null;
    return state;
  }
}
