/** The port's output: opens the speaker, queues commands until it is open, and shows whether the browser plays sound. */

import { choice, type Device } from "../devices";
import type { SpeakerCommand, SpeakerEvent } from "../playback/protocol";
import { DEFAULT_STARTUP_MS } from "../playback/queue";
import type { OpenSpeaker, Speaker } from "../playback/speaker";
import type { StateStore, Tap } from "./state";

/** The speaker's events about playback. */
export type SoundEvent = Exclude<SpeakerEvent, { type: "tap" }>;

export class Output {
  private opening: Promise<Speaker | null> | null = null;
  private speaker: Speaker | null = null;
  private startupMs = DEFAULT_STARTUP_MS;
  private readonly taps = new Set<Tap>();
  private disposed = false;

  constructor(
    private readonly openSpeaker: OpenSpeaker,
    private readonly store: StateStore,
    private readonly heard: (event: SoundEvent) => void,
  ) {}

  /** Sample rate of the output, in hertz; 0 until the speaker is open. */
  get rate(): number {
    return this.speaker?.rate ?? 0;
  }

  /** Opens the speaker, once; commands sent meanwhile wait in order. */
  open(): void {
    if (this.opening) return;
    const events = {
      event: (event: SpeakerEvent) => this.take(event),
      stateChanged: () => this.showSound(),
    };
    this.opening = this.openSpeaker(events).then(
      (speaker) => {
        this.speaker = speaker;
        if (this.disposed) return speaker;
        this.setDevice(choice().loudspeaker);
        speaker.send({ type: "startup", ms: this.startupMs });
        speaker.send({ type: "volume", volume: this.store.state.volume });
        if (this.taps.size) speaker.send({ type: "tap", on: true });
        this.showSound();
        return speaker;
      },
      (error: unknown) => {
        this.opening = null;
        const soundProblem = error instanceof Error ? error.message : String(error);
        this.store.update({ sound: "failed", soundProblem });
        return null;
      },
    );
  }

  send(command: SpeakerCommand): void {
    void this.opening?.then((speaker) => {
      if (!this.disposed) speaker?.send(command);
    });
  }

  /** Tries to start sound that the browser blocks; call it from a click. */
  async resume(): Promise<void> {
    await this.speaker?.resume();
  }

  /** Returns what is played as a stream; opens the speaker. */
  async stream(): Promise<MediaStream> {
    this.open();
    const speaker = await this.opening;
    if (!speaker || this.disposed) throw new Error(this.store.state.soundProblem || "the player is gone");
    return speaker.stream();
  }

  /** Plays on a loudspeaker; null is the system's own. One that is not there leaves it on the system's. */
  setDevice(device: Device | null): void {
    void this.opening?.then(async (speaker) => {
      if (!speaker || this.disposed) return;
      try {
        await speaker.playOn(device?.id ?? "");
        this.store.update({ loudspeaker: "" });
      } catch {
        const name = device?.label || "The loudspeaker";
        this.store.update({ loudspeaker: `${name} is not there: answers play on the system's loudspeaker.` });
      }
    });
  }

  setStartup(ms: number): void {
    this.startupMs = ms;
    this.send({ type: "startup", ms });
  }

  setVolume(volume: number): void {
    const limited = Math.max(0, Math.min(1, volume));
    this.store.update({ volume: limited });
    this.send({ type: "volume", volume: limited });
  }

  /** Calls `callback` with the samples that the player really outputs. Returns a function that ends it. */
  tap(callback: Tap): () => void {
    this.taps.add(callback);
    this.send({ type: "tap", on: true });
    return () => {
      this.taps.delete(callback);
      if (!this.taps.size) this.send({ type: "tap", on: false });
    };
  }

  dispose(): void {
    this.disposed = true;
    void this.opening?.then((speaker) => speaker?.close());
    this.taps.clear();
  }

  private take(event: SpeakerEvent): void {
    if (event.type !== "tap") return this.heard(event);
    for (const tap of this.taps) tap(event.samples, event.time, this.rate);
  }

  private showSound(): void {
    if (this.disposed || !this.speaker) return;
    this.store.update({ sound: this.speaker.running ? "ready" : "blocked", soundProblem: "" });
  }
}
