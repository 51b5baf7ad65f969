/** The port's input: which captured blocks are sent, push-to-talk, and the microphone's state. */

import type { CloseReason, Configure } from "../../messages";
import { AutoOff, type Visibility } from "../capture/auto_off";
import type { CapturedBlock } from "../capture/blocks";
import { BlockGroups } from "../capture/groups";
import { LevelAdvice } from "../capture/level_advice";
import { Microphone, type MicrophoneEnvironment } from "../capture/microphone";
import { problem, type ProblemCode } from "../capture/problems";
import { choice } from "../devices";
import type { Outbox } from "./outbox";
import type { Counters, StateStore } from "./state";

/** Block length until the kernel has configured it (ms). */
const DEFAULT_BLOCK_MS = 20;
/** Of PCM16 at 24 kHz. */
const BYTES_PER_MS = 48;

export class Input {
  /** Level of the last captured block, relative to full scale; it changes too often to be part of the port's state. */
  level = { rms: 0, peak: 0 };
  private readonly microphone: Microphone;
  private readonly groups = new BlockGroups();
  /** Push-to-talk was released; the block that was being filled at that time is still to be sent. */
  private releasing = false;
  private readonly autoOff: AutoOff;
  private advice = new LevelAdvice();
  /** Whether nothing is sent, whoever unmutes it: a sound check runs. */
  withheld = false;
  /** The last notice that the kernel was told of. */
  private told = "";

  constructor(
    environment: MicrophoneEnvironment,
    visibility: Visibility,
    private readonly store: StateStore,
    private readonly counters: Counters,
    private readonly outbox: Outbox,
  ) {
    const events = { changed: () => this.changed(), block: (block: CapturedBlock) => this.captured(block) };
    this.microphone = new Microphone(environment, events, DEFAULT_BLOCK_MS);
    this.autoOff = new AutoOff(visibility, (why) => this.close(why));
  }

  /** Whether captured blocks are sent while the microphone is on. */
  get listening(): boolean {
    const { mode, talking, muted, kernel } = this.store.state;
    return kernel === "alive" && !muted && (mode === "open" || talking || this.releasing);
  }

  /** Opens the microphone; call it from a click. */
  open(deviceId?: string): Promise<void> {
    return this.microphone.open(deviceId);
  }

  /** Captures a stream that another widget opens. */
  openFromStream(opening: () => Promise<MediaStream>): Promise<void> {
    return this.microphone.openFromStream(opening);
  }

  /** Goes on with the devices that are chosen now. */
  changeDevice(): Promise<void> {
    return this.microphone.change();
  }

  /** A device was plugged in or out. */
  devicesChanged(): Promise<void> {
    return this.microphone.devicesChanged();
  }

  /** Closes the microphone for a reason, which is shown if it was not the user's wish. */
  close(reason: CloseReason): void {
    if (this.store.state.microphone !== "off") this.store.update({ closed: reason });
    this.microphone.close();
  }

  /** Keeps the microphone on and sends nothing, or sends again. */
  mute(on: boolean): void {
    if (on === this.store.state.muted) return;
    this.store.update({ muted: on });
    this.groups.restart();
    this.watchUse();
    this.report();
  }

  /** Numbers blocks from 0 again, so that the kernel can tell them from older ones that come late. */
  restart(): void {
    this.outbox.restart();
    this.groups.restart();
  }

  /** Somebody speaks in the session: the microphone is in use. */
  used(): void {
    this.autoOff.used();
  }

  /** Closes the microphone and shows the reason. */
  fail(why: ProblemCode): void {
    this.microphone.fail(problem(why));
  }

  configure(settings: Configure): void {
    this.microphone.setBlockMs(settings.block_ms);
    this.groups.speechMs = settings.group_ms;
    this.autoOff.limit(settings.idle_off_s, settings.hidden_off_s);
    if (settings.input_mode === this.store.state.mode) return;
    this.release();
    this.store.update({ mode: settings.input_mode });
    this.watchUse();
  }

  /** Push-to-talk was pressed: blocks are sent from now on. */
  press(): void {
    const { talking, microphone, mode, kernel } = this.store.state;
    if (talking || microphone !== "on" || mode !== "push_to_talk" || kernel !== "alive") return;
    this.finishRelease();
    this.store.update({ talking: true });
    this.talk(true);
  }

  /** Push-to-talk was released; the block that is being filled is still sent. */
  release(): void {
    if (!this.store.state.talking) return;
    this.store.update({ talking: false });
    this.releasing = true;
  }

  /** Reports the microphone's state to the kernel if this page is the active one. */
  report(): void {
    if (!this.store.state.active) return;
    const { state, problem: why, settings, notice } = this.microphone;
    const news = notice !== this.told && notice;
    this.told = notice;
    this.outbox.send({
      type: "microphone",
      page_id: this.outbox.pageId,
      state,
      muted: this.store.state.muted,
      reason: this.store.state.closed,
      ...(why && { problem: why }),
      ...(settings && { settings }),
      ...(news && { notice: news }),
    });
  }

  dispose(): void {
    this.autoOff.dispose();
    this.close("closed");
  }

  private captured(block: CapturedBlock): void {
    this.level = { rms: block.rms, peak: block.peak };
    this.autoOff.heard(block.rms);
    const { active, playing, advice: before } = this.store.state;
    const advice = this.advice.push(block, block.pcm.byteLength / BYTES_PER_MS);
    if (advice !== before) this.store.update({ advice });
    const withheld = this.withheld || (playing && choice().hearing === "half_duplex");
    if (withheld) this.groups.restart();
    else if (active && this.listening) this.sendSound(this.groups.push(block));
    this.finishRelease();
  }

  private changed(): void {
    const { state, problem: why, notice, settings } = this.microphone;
    if (state === "opening") {
      this.advice = new LevelAdvice();
      this.restart();
      this.store.update({ closed: "" });
    }
    if (state !== "on") {
      this.release();
      this.finishRelease();
      this.level = { rms: 0, peak: 0 };
    }
    if (state === "error") this.store.update({ closed: why?.code === "unplugged" ? "unplugged" : "error" });
    this.store.update({ microphone: state, problem: why, notice, granted: settings, advice: "" });
    this.watchUse();
    this.report();
  }

  private watchUse(): void {
    const { microphone, mode, muted } = this.store.state;
    this.autoOff.apply(microphone === "on" && mode === "open" && !muted);
  }

  private sendSound(pcm: ArrayBuffer | null): void {
    if (!pcm) return;
    this.counters.sent();
    this.outbox.sound(pcm);
  }

  private finishRelease(): void {
    if (!this.releasing) return;
    this.releasing = false;
    this.sendSound(this.groups.flush());
    this.talk(false);
  }

  private talk(pressed: boolean): void {
    if (!this.store.state.active) return;
    this.outbox.send({ type: "talk", page_id: this.outbox.pageId, pressed });
  }
}
