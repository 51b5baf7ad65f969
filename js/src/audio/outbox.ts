/**
 * What a port tells its kernel. The player's state rides along with the next block of the microphone: a message of
 * its own costs the page, the server and the kernel more than what it carries.
 */

import type { Playback, PortReport } from "../messages";
import type { Lane } from "./lane";

/** Blocks come at least this often while somebody is listened to; a state waits for one no longer (ms). */
const RIDE_MS = 120;

export class Outbox {
  private waiting: Playback | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sequence = 0;

  constructor(
    private readonly lane: Lane,
    private readonly pageId: string,
  ) {}

  /** Sends a report, after the player's state that still waits. */
  send(report: PortReport): void {
    this.flush();
    this.lane.send(report);
  }

  /** Sends the player's state: with the next block where `soundFollows`, else at once. */
  playback(state: Playback, soundFollows: boolean): void {
    this.flush();
    if (!soundFollows) return this.lane.send(state);
    this.waiting = state;
    this.timer = setTimeout(() => this.flush(), RIDE_MS);
  }

  /** Sends a block of the microphone. */
  sound(pcm: ArrayBuffer): void {
    const playback = this.take();
    this.lane.send(
      { type: "audio", page_id: this.pageId, sequence: this.sequence++, ...(playback && { playback }) },
      pcm,
    );
  }

  /** The microphone was opened anew: its blocks are counted from 0. */
  restart(): void {
    this.sequence = 0;
  }

  dispose(): void {
    this.take();
  }

  private flush(): void {
    const state = this.take();
    if (state) this.lane.send(state);
  }

  private take(): Playback | null {
    clearTimeout(this.timer);
    const state = this.waiting;
    this.waiting = null;
    return state;
  }
}
