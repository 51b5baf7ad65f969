/**
 * The audio port of one session in one page: microphone up, speech down, positions back.
 *
 * It obeys the kernel's commands only while this page is the one that `activate` named, so that a notebook
 * open in two tabs is heard once. It knows nothing of notebooks: its kernel is at the other end of a `Lane`.
 * Views find it in the registry and read `state`.
 */

import type { Configure, PortCommand, Position } from "../messages";
import { BlockGroups } from "./block_groups";
import type { CapturedBlock } from "./capture_blocks";
import type { Lane } from "./lane";
import { PositionLedger } from "./ledger";
import { Microphone, type MicrophoneEnvironment } from "./microphone";
import { Outbox } from "./outbox";
import { DEFAULT_STARTUP_MS } from "./playback_queue";
import { INITIAL_STATE, type PortState, type PortStats, type Tap } from "./port_state";
import { problem } from "./problems";
import { randomId } from "./random_id";
import type { OpenSpeaker, Speaker } from "./speaker";
import type { SpeakerCommand, SpeakerEvent } from "./worklets/protocol";

/** The player answers a clear or a stop well within this time; after it the port answers from its ledger (ms). */
const ANSWER_MS = 300;
/** A kernel that runs names the active page within this time after a click (ms). */
const ACTIVATE_MS = 8000;

export interface PortHardware {
  openSpeaker: OpenSpeaker;
  microphone: MicrophoneEnvironment;
}

interface Waiting {
  generation: number;
  timer: ReturnType<typeof setTimeout>;
}

export class AudioPort {
  readonly pageId = randomId();
  state: PortState = INITIAL_STATE;
  /** Level of the last captured block, of full scale; changes too often to be part of `state`. */
  inputLevel = { rms: 0, peak: 0 };
  private readonly listeners = new Set<() => void>();
  private readonly microphone: Microphone;
  private readonly ledger = new PositionLedger();
  private readonly outbox: Outbox;
  private readonly endListening: () => void;
  private opening: Promise<Speaker | null> | null = null;
  private speaker: Speaker | null = null;
  private disposed = false;
  /** The kernel has named another page. */
  private elsewhere = false;
  private startupMs = DEFAULT_STARTUP_MS;
  private readonly groups = new BlockGroups();
  /** Push-to-talk was released; the block that was being filled then still goes up. */
  private releasing = false;
  private activateTimer: ReturnType<typeof setTimeout> | undefined;
  private clearing: Waiting[] = [];
  private stopping: ReturnType<typeof setTimeout> | undefined;
  private taps = new Set<Tap>();
  private elapsedOf = "";
  private counters = {
    generation: 0,
    blocks_sent: 0,
    blocks_received: 0,
    queued_ms: 0,
    startup_ms: DEFAULT_STARTUP_MS,
    underruns: 0,
    dropped: 0,
    skipped_ms: 0,
  };

  constructor(
    lane: Lane,
    private readonly hardware: PortHardware,
  ) {
    this.outbox = new Outbox(lane, this.pageId);
    this.microphone = new Microphone(
      hardware.microphone,
      { changed: () => this.microphoneChanged(), block: (block) => this.captured(block) },
      20,
    );
    this.endListening = lane.listen({
      command: (command, pcm) => this.obey(command, pcm),
      interrupted: () => this.rejoin(),
    });
    this.hello();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Opens the microphone; call it from a click. A page that was silenced asks to be the active one. */
  async openMicrophone(): Promise<void> {
    void this.speaker?.resume();
    this.askToBeActive();
    await this.microphone.open();
  }

  /** Captures a stream that another widget has opened. */
  async openFromStream(stream: MediaStream): Promise<void> {
    this.askToBeActive();
    await this.microphone.openFromStream(stream);
  }

  closeMicrophone(): void {
    this.microphone.close();
  }

  /** Push-to-talk pressed: from now on blocks go up. */
  press(): void {
    if (this.state.talking || this.state.microphone !== "on" || this.state.mode !== "push_to_talk") return;
    this.finishRelease();
    this.update({ talking: true });
    this.talk(true);
  }

  /** Push-to-talk released; the block that is being filled still goes up. */
  release(): void {
    if (!this.state.talking) return;
    this.update({ talking: false });
    this.releasing = true;
  }

  /** The stop button: silence now, older blocks dropped from now on, and the kernel told where it stopped. */
  stop(): void {
    clearTimeout(this.stopping);
    this.stopping = setTimeout(() => {
      const { generation } = this.counters;
      this.stopped(generation, this.ledger.clear(generation + 1));
    }, ANSWER_MS);
    this.toSpeaker({ type: "stop" });
  }

  setVolume(volume: number): void {
    const limited = Math.max(0, Math.min(1, volume));
    this.update({ volume: limited });
    this.toSpeaker({ type: "volume", volume: limited });
  }

  /** Tries to start sound that the browser holds back; call it from a click. */
  async resume(): Promise<void> {
    if (!this.speaker && this.state.active) this.load();
    await this.speaker?.resume();
  }

  /** Listens to what the player really puts out; returns the function that ends it. */
  tap(callback: Tap): () => void {
    this.taps.add(callback);
    this.toSpeaker({ type: "tap", on: true });
    return () => {
      this.taps.delete(callback);
      if (!this.taps.size) this.toSpeaker({ type: "tap", on: false });
    };
  }

  stats(): PortStats {
    return { page_id: this.pageId, context_rate: this.speaker?.rate ?? 0, ...this.counters };
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.activateTimer);
    clearTimeout(this.stopping);
    for (const { timer } of this.clearing) clearTimeout(timer);
    this.endListening();
    this.outbox.dispose();
    this.microphone.close();
    void this.opening?.then((speaker) => speaker?.close());
    this.listeners.clear();
    this.taps.clear();
  }

  private obey(command: PortCommand, pcm?: ArrayBuffer): void {
    if (command.type === "activate") return this.activate(command.page_id);
    if (!this.state.active) return;
    switch (command.type) {
      case "configure":
        return this.configure(command);
      case "microphone":
        return this.microphone.close();
      case "clear":
        return this.clear(command.generation);
      case "end":
        return this.toSpeaker(command);
      case "play": {
        const { generation, item_id, content_index, start } = command;
        if (!pcm) throw new Error(`a play command for ${item_id} came without its sound`);
        this.counters.blocks_received++;
        this.counters.generation = Math.max(this.counters.generation, generation);
        this.ledger.received(generation, item_id, content_index, start, pcm.byteLength >> 1);
        return this.toSpeaker({ ...command, pcm });
      }
    }
  }

  private activate(pageId: string): void {
    clearTimeout(this.activateTimer);
    const active = pageId === this.pageId;
    this.elsewhere = !active;
    this.update({ active });
    if (active) {
      this.load();
      this.reportMicrophone();
    } else {
      this.microphone.close();
      this.toSpeaker({ type: "reset" });
      this.ledger.clear(Infinity);
    }
  }

  private configure(settings: Configure): void {
    this.startupMs = settings.startup_ms;
    this.microphone.setBlockMs(settings.block_ms);
    this.groups.speechMs = settings.group_ms;
    this.toSpeaker({ type: "startup", ms: settings.startup_ms });
    if (settings.input_mode !== this.state.mode) {
      this.release();
      this.update({ mode: settings.input_mode });
    }
  }

  private clear(generation: number): void {
    const timer = setTimeout(() => this.cleared(generation, this.ledger.clear(generation)), ANSWER_MS);
    this.clearing.push({ generation, timer });
    this.toSpeaker({ type: "clear", generation });
  }

  /** The player's answer, or the ledger's where the player gave none in time; the later one is ignored. */
  private cleared(generation: number, positions: Position[]): void {
    const waiting = this.clearing.find((one) => one.generation === generation);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.clearing = this.clearing.filter((one) => one !== waiting);
    this.counters.generation = Math.max(this.counters.generation, generation);
    this.ledger.clear(generation);
    this.outbox.send({ type: "cleared", page_id: this.pageId, generation, positions });
  }

  private stopped(generation: number, positions: Position[]): void {
    if (this.stopping === undefined) return;
    clearTimeout(this.stopping);
    this.stopping = undefined;
    if (!this.state.active) return;
    this.outbox.send({ type: "interrupt", page_id: this.pageId, generation, positions });
  }

  /** Asks for sound; what is sent meanwhile waits in order. */
  private load(): void {
    if (this.opening) return;
    const events = {
      event: (event: SpeakerEvent) => this.heard(event),
      stateChanged: () => this.soundChanged(),
    };
    this.opening = this.hardware.openSpeaker(events).then(
      (speaker) => {
        this.speaker = speaker;
        if (this.disposed) return speaker;
        speaker.send({ type: "startup", ms: this.startupMs });
        speaker.send({ type: "volume", volume: this.state.volume });
        if (this.taps.size) speaker.send({ type: "tap", on: true });
        this.soundChanged();
        return speaker;
      },
      (error: unknown) => {
        this.opening = null;
        this.update({
          sound: "failed",
          soundProblem: error instanceof Error ? error.message : String(error),
        });
        return null;
      },
    );
  }

  private toSpeaker(command: SpeakerCommand): void {
    void this.opening?.then((speaker) => {
      if (!this.disposed) speaker?.send(command);
    });
  }

  private heard(event: SpeakerEvent): void {
    if (event.type === "cleared") return this.cleared(event.generation, event.positions);
    if (event.type === "stopped") return this.stopped(event.generation, event.positions);
    if (event.type === "tap") {
      for (const tap of this.taps) tap(event.samples, event.time, this.speaker!.rate);
      return;
    }
    const { positions, playing, ...counters } = event.state;
    this.counters = { ...this.counters, ...counters };
    this.ledger.reported(counters.generation, positions);
    this.update({ playing, outputLevel: event.level, elapsed: this.elapsed(positions) });
    if (!this.state.active) return;
    const soundFollows = this.state.microphone === "on" && this.listening;
    this.outbox.playback({ type: "playback", page_id: this.pageId, ...event.state }, soundFollows);
  }

  /** Seconds heard of the item that was told of last with something played. */
  private elapsed(positions: Position[]): number {
    const current = positions.filter((position) => position.played > 0).at(-1);
    if (!current) return this.state.elapsed;
    this.elapsedOf = current.item_id;
    const parts = positions.filter((position) => position.item_id === this.elapsedOf);
    return parts.reduce((sum, position) => sum + position.played, 0) / 24_000;
  }

  private soundChanged(): void {
    if (this.disposed || !this.speaker) return;
    this.update({ sound: this.speaker.running ? "ready" : "blocked", soundProblem: "" });
  }

  private captured(block: CapturedBlock): void {
    this.inputLevel = { rms: block.rms, peak: block.peak };
    if (this.state.active && this.listening) this.sendSound(this.groups.push(block));
    this.finishRelease();
  }

  /** Whether captured blocks go up. */
  private get listening(): boolean {
    return this.state.mode === "open" || this.state.talking || this.releasing;
  }

  private sendSound(pcm: ArrayBuffer | null): void {
    if (!pcm) return;
    this.counters.blocks_sent++;
    this.outbox.sound(pcm);
  }

  private finishRelease(): void {
    if (!this.releasing) return;
    this.releasing = false;
    this.sendSound(this.groups.flush());
    this.talk(false);
  }

  private talk(pressed: boolean): void {
    if (this.state.active) this.outbox.send({ type: "talk", page_id: this.pageId, pressed });
  }

  private microphoneChanged(): void {
    const { state, problem: why } = this.microphone;
    if (state === "opening") {
      this.outbox.restart();
      this.groups.restart();
    }
    if (state !== "on") {
      this.release();
      this.finishRelease();
      this.inputLevel = { rms: 0, peak: 0 };
    }
    this.update({ microphone: state, problem: why });
    this.reportMicrophone();
  }

  private reportMicrophone(): void {
    if (!this.state.active) return;
    const { state, problem: why, settings } = this.microphone;
    this.outbox.send({
      type: "microphone",
      page_id: this.pageId,
      state,
      ...(why && { problem: why }),
      ...(settings && { settings }),
    });
  }

  private hello(): void {
    this.outbox.send({ type: "hello", page_id: this.pageId });
  }

  private askToBeActive(): void {
    if (this.state.active) return;
    this.hello();
    clearTimeout(this.activateTimer);
    this.activateTimer = setTimeout(() => {
      if (this.state.active || this.microphone.state === "off") return;
      this.microphone.fail(problem(this.elsewhere ? "other_page" : "kernel"));
    }, ACTIVATE_MS);
  }

  /** After a break in the lane: nothing is sent until the kernel names this page again. */
  private rejoin(): void {
    this.elsewhere = false;
    this.update({ active: false });
    this.askToBeActive();
  }

  private update(change: Partial<PortState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
