/**
 * The audio port of one session in one page: sends the microphone, plays speech, and reports positions.
 *
 * It executes the kernel's commands only while this page is the one that `activate` named, so that a notebook
 * open in two tabs is heard once. It does not depend on notebooks: its kernel is at the other end of a `Transport`.
 * Views find it in the registry and read `state`.
 */

import type { CloseReason, PortCommand } from "../../messages";
import type { Visibility } from "../capture/auto_off";
import type { MicrophoneEnvironment } from "../capture/microphone";
import { choice, onChoice } from "../devices";
import type { OpenSpeaker } from "../playback/speaker";
import { Input } from "./input";
import { Interruptions } from "./interruptions";
import { KernelWatch } from "./kernel_watch";
import { Outbox } from "./outbox";
import { Output, type SoundEvent } from "./output";
import { PositionTracker, spokenItem } from "./positions";
import { Presence } from "./presence";
import { randomId } from "./random_id";
import {
  Counters,
  type KernelState,
  type PortState,
  type PortStats,
  StateStore,
  type Tap,
  type ViewKind,
} from "./state";
import type { Transport } from "./transport";

export interface PortHardware {
  openSpeaker: OpenSpeaker;
  microphone: MicrophoneEnvironment;
  visibility: Visibility;
  /** Calls `listener` when a device was plugged in or out. Returns a function that ends it. */
  onDevices(listener: () => void): () => void;
}

/** A microphone that was closed because the kernel fell silent opens again by itself within this time (ms). */
const REOPEN_MS = 30_000;

export class AudioPort {
  private readonly store = new StateStore();
  private readonly counters = new Counters();
  private readonly positions = new PositionTracker();
  private readonly outbox: Outbox;
  private readonly presence: Presence;
  private readonly kernel: KernelWatch;
  private readonly input: Input;
  private readonly output: Output;
  private readonly interruptions: Interruptions;
  private readonly endListening: () => void;
  private readonly endChoice: () => void;
  private readonly endDevices: () => void;
  private readonly refused = new Set<() => void>();
  /** Until when the microphone opens again if the kernel answers. */
  private reopensUntil = 0;

  constructor(
    transport: Transport,
    hardware: PortHardware,
    readonly pageId = randomId(),
  ) {
    const { store, counters } = this;
    const outbox = (this.outbox = new Outbox(transport, pageId));
    this.input = new Input(hardware.microphone, hardware.visibility, store, counters, outbox);
    this.output = new Output(hardware.openSpeaker, store, (event) => this.heard(event));
    this.interruptions = new Interruptions(this.positions, counters, {
      cleared: (generation, positions) =>
        outbox.send({ type: "cleared", page_id: pageId, generation, positions }),
      stopped: (generation, positions) => {
        if (store.state.active) outbox.send({ type: "interrupt", page_id: pageId, generation, positions });
      },
    });
    this.kernel = new KernelWatch(store, {
      changed: (state, before) => this.kernelChanged(state, before),
      ask: () => this.presence.hello(),
    });
    this.presence = new Presence(pageId, store, {
      send: (report) => outbox.send(report),
      unseen: () => {
        this.reopensUntil = 0;
        this.input.close("unseen");
      },
      empty: () => this.kernel.pause(),
      refused: (why) => this.input.fail(why),
    });
    this.endListening = transport.listen({
      command: (command, pcm) => this.obey(command, pcm),
      interrupted: () => {
        if (store.state.kernel !== "gone") this.presence.rejoin();
      },
      lost: () => this.kernel.lost(),
      lane: (laneMs) => store.update({ laneMs }),
      gone: () => this.kernel.gone(),
    });
    this.endChoice = onChoice(() => {
      void this.input.changeDevice();
      this.output.setDevice(choice().loudspeaker);
    });
    this.endDevices = hardware.onDevices(() => {
      void this.input.devicesChanged();
      if (choice().loudspeaker) this.output.setDevice(choice().loudspeaker);
    });
    this.presence.hello();
  }

  get state(): PortState {
    return this.store.state;
  }

  /** Level of the last captured block, relative to full scale; it changes too often to be part of `state`. */
  get inputLevel(): { rms: number; peak: number } {
    return this.input.level;
  }

  /** Calls `listener` after each change of `state`. Returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    return this.store.subscribe(listener);
  }

  /** Opens the microphone; call it from a click. A page that is not the active one asks to become it. */
  async openMicrophone(deviceId?: string): Promise<void> {
    this.claim();
    await this.input.open(deviceId);
  }

  /** Asks to play and capture in this page; call it from a click. */
  claim(): void {
    this.output.open();
    void this.output.resume();
    this.presence.claim();
  }

  /** Captures a stream that another widget opens, in place of a microphone; call it from a click. */
  async openFromStream(opening: () => Promise<MediaStream>): Promise<void> {
    this.claim();
    await this.input.openFromStream(opening);
  }

  /** Returns what the player plays as a stream, which goes on for as long as the page lives. */
  outputStream(): Promise<MediaStream> {
    return this.output.stream();
  }

  closeMicrophone(reason: CloseReason = "user"): void {
    this.reopensUntil = 0;
    this.input.close(reason);
  }

  /** Keeps the microphone on and sends nothing, or sends again. */
  mute(on: boolean): void {
    this.input.mute(on);
  }

  /** Sends nothing of what is heard, whoever unmutes it, or sends again: for a sound check. */
  withhold(on: boolean): void {
    this.input.withheld = on;
  }

  /** Notes how many views of a kind are in this page. */
  setViews(kind: ViewKind, views: number): void {
    this.presence.setViews(kind, views);
  }

  /** The page is being closed or reloaded. */
  bye(): void {
    this.presence.bye();
  }

  /** Push-to-talk was pressed: blocks are sent from now on. */
  press(): void {
    this.input.press();
  }

  /** Push-to-talk was released; the block that is being filled is still sent. */
  release(): void {
    this.input.release();
  }

  /** Stops playback for the stop button: drops the blocks of older generations, and reports where it stopped. */
  stop(): void {
    this.interruptions.stop();
    this.output.send({ type: "stop" });
  }

  /** Sets the volume, limited to 0..1. */
  setVolume(volume: number): void {
    this.output.setVolume(volume);
  }

  /** Tries to start sound that the browser blocks; call it from a click. */
  async resume(): Promise<void> {
    if (this.state.active) this.output.open();
    await this.output.resume();
  }

  /** Calls `callback` with the samples that the player really outputs. Returns a function that ends it. */
  tap(callback: Tap): () => void {
    return this.output.tap(callback);
  }

  /** Has the kernel play a test tone, or interrupt it; see `silence.ts`. */
  checkSilence(step: "tone" | "cut"): void {
    this.outbox.send({ type: "check_silence", page_id: this.pageId, step });
  }

  /** Calls `listener` when the kernel does not play the tone, or ends it for an answer. */
  onRefused(listener: () => void): () => void {
    this.refused.add(listener);
    return () => this.refused.delete(listener);
  }

  stats(): PortStats {
    return { page_id: this.pageId, context_rate: this.output.rate, ...this.counters.all };
  }

  dispose(): void {
    this.presence.bye();
    this.presence.dispose();
    this.kernel.dispose();
    this.interruptions.dispose();
    this.endListening();
    this.endChoice();
    this.endDevices();
    this.outbox.dispose();
    this.input.dispose();
    this.output.dispose();
    this.store.dispose();
  }

  private obey(command: PortCommand, pcm?: ArrayBuffer): void {
    switch (command.type) {
      case "activate":
        return this.activate(command.page_id);
      case "roll":
        return this.presence.here();
      case "beat":
        return this.kernel.beat(command.heard, this.presence.seen);
      case "microphone":
        return this.closeMicrophone(command.reason);
      case "silence_refused":
        if (command.page_id === this.pageId) for (const listener of [...this.refused]) listener();
        return;
    }
    if (!this.state.active) return;
    switch (command.type) {
      case "configure":
        this.output.setStartup(command.startup_ms);
        return this.input.configure(command);
      case "clear":
        this.interruptions.clear(command.generation);
        return this.output.send(command);
      case "end":
        return this.output.send(command);
      case "play": {
        const { generation, item_id, content_index, start } = command;
        if (!pcm) throw new Error(`a play command for ${item_id} came without its sound`);
        this.counters.received(generation);
        this.positions.received(generation, item_id, content_index, start, pcm.byteLength >> 1);
        return this.output.send({ ...command, pcm });
      }
    }
  }

  private activate(pageId: string): void {
    this.output.open(); // a page that only watches has to know too whether it could play
    if (this.presence.named(pageId)) {
      this.input.restart();
      this.input.report();
    } else {
      if (pageId) this.closeMicrophone("other_page");
      this.output.send({ type: "reset" });
      this.positions.clear(Infinity);
    }
  }

  private kernelChanged(state: KernelState, before: KernelState): void {
    const { microphone } = this.state;
    if (state === "gone") {
      this.reopensUntil = 0;
      this.input.close("kernel");
      this.output.send({ type: "reset" });
    } else if (state === "silent") {
      if (microphone !== "on" && microphone !== "opening") return;
      this.reopensUntil = Date.now() + REOPEN_MS;
      this.input.close("kernel");
    } else {
      this.input.restart();
      if (before === "silent") this.presence.here();
      if (Date.now() < this.reopensUntil) void this.openMicrophone();
      this.reopensUntil = 0;
    }
  }

  private heard(event: SoundEvent): void {
    if (event.type === "cleared") return this.interruptions.cleared(event.generation, event.positions);
    if (event.type === "stopped") return this.interruptions.stopped(event.generation, event.positions);
    const { generation, positions, playing } = event.state;
    this.counters.reported(event.state);
    this.positions.reported(generation, positions);
    const spoken = spokenItem(positions);
    const elapsed = spoken ? spoken.heardMs / 1000 : this.state.elapsed;
    const speaking = playing ? (spoken ?? this.state.speaking) : null;
    if (playing) this.input.used();
    this.store.update({ playing, outputLevel: event.level, elapsed, speaking });
    if (!this.state.active) return;
    const soundFollows = this.state.microphone === "on" && this.input.listening;
    this.outbox.playback({ type: "playback", page_id: this.pageId, ...event.state }, soundFollows);
  }
}
