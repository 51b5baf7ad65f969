/**
 * The page's microphone. A click opens it; each known failure is detected and reported with its cure.
 *
 * The checks run in this order: secure context, media devices, permissions policy, device list, getUserMedia
 * itself, worklet, running context; then, while it is open, silence and a lost device.
 */

import type { MicrophoneProblem, MicrophoneState } from "../../messages";
import { WorkletError } from "../context";
import { type Choice, choice, constraintsFor, type Device, findDevice } from "../devices";
import { SAMPLE_RATE } from "../pcm";
import type { CapturedBlock } from "./blocks";
import type { Capture, StartCapture } from "./capture";
import { problem, problemOfError } from "./problems";

/**
 * Exact zeros for this long mean that nothing is connected (ms). Noise gates also produce zeros between words, so
 * after the first signal only a track that the browser reports as muted counts.
 */
const NO_SIGNAL_MS = 3000;
/** A running context delivers its first block well within this time (ms). */
const FIRST_BLOCK_MS = 4000;

/** The parts of a browser page that the microphone uses. */
export interface MicrophoneEnvironment {
  secure: boolean;
  mediaDevices: Pick<MediaDevices, "getUserMedia" | "enumerateDevices"> | undefined;
  /** Whether the page's permissions policy allows microphones; undefined if the browser does not report it. */
  policyAllows: boolean | undefined;
  permission(): Promise<PermissionState | "unknown">;
  /** Which devices the user has chosen. */
  choice(): Choice;
  startCapture: StartCapture;
}

export interface MicrophoneEvents {
  changed(): void;
  block(block: CapturedBlock): void;
}

export class Microphone {
  state: MicrophoneState = "off";
  /** Set in state `error`, and as a warning in state `on`. */
  problem: MicrophoneProblem | null = null;
  /** The settings that the browser granted, while the microphone is open. */
  settings: Record<string, unknown> | null = null;
  /** What happened to the device in mid-talk, in words; empty if nothing did. */
  notice = "";
  /** The device that a caller named, as each table of a lesson does; no other takes its place. */
  private named: Device | null = null;
  private stream: MediaStream | null = null;
  private ownsStream = false;
  private capture: Capture | null = null;
  private forgetTrack = () => {};
  private silentMs = 0;
  private signalSeen = false;
  private firstBlockTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts openings, so that one that was closed meanwhile stops. */
  private attempt = 0;

  constructor(
    private readonly environment: MicrophoneEnvironment,
    private readonly events: MicrophoneEvents,
    private blockMs: number,
  ) {}

  /**
   * Opens the microphone; call it from a click. Never throws: a failure is stored in `problem`. With a device that is
   * not there, it fails; without one the browser chooses.
   */
  async open(deviceId?: string): Promise<void> {
    if (this.state === "opening" || this.state === "on") return;
    const attempt = this.begin();
    this.named = deviceId ? { id: deviceId, label: "" } : null;
    try {
      const stopped = await this.precheck();
      if (attempt !== this.attempt) return;
      if (stopped) return this.fail(stopped);
      await this.openDevice(attempt);
    } catch (error) {
      if (attempt === this.attempt) this.fail(await this.explain(error));
    }
  }

  /** Goes on with the device that is chosen now, if it is open. Never throws, as `open`. */
  async change(): Promise<void> {
    if (this.state === "on" && this.ownsStream && !this.named) await this.goOn("");
  }

  /** Goes back to the chosen device if it is there again, and another one is in use. Never throws, as `open`. */
  async devicesChanged(): Promise<void> {
    const wanted = this.environment.choice().microphone;
    if (!wanted || this.named || this.state !== "on" || !this.ownsStream) return;
    const found = findDevice(await this.inputs(), wanted);
    if (!found || this.state !== "on" || this.settings?.["deviceId"] === found.deviceId) return;
    await this.goOn(`${found.label || "Your microphone"} is there again: you are heard by it.`);
  }

  /** Captures a stream that somebody else opens; closing does not stop its tracks. Never throws, as `open`. */
  async openFromStream(opening: () => Promise<MediaStream>): Promise<void> {
    this.close();
    const attempt = this.begin();
    let stream: MediaStream;
    try {
      stream = await opening();
    } catch (error) {
      const detail = (error as Partial<Error> | null)?.message ?? String(error);
      if (attempt === this.attempt) this.fail(problem("no_stream", detail));
      return;
    }
    if (attempt !== this.attempt) return;
    try {
      await this.start(stream, false, attempt);
    } catch (error) {
      if (attempt === this.attempt) this.fail(await this.explain(error));
    }
  }

  /** Closes the microphone; does nothing if it is closed already. */
  close(): void {
    this.attempt++;
    this.release();
    if (this.state === "off") return;
    this.state = "off";
    this.problem = null;
    this.events.changed();
  }

  /** Closes the microphone and stores the reason in `problem`. */
  fail(why: MicrophoneProblem): void {
    this.attempt++;
    this.release();
    this.state = "error";
    this.problem = why;
    this.events.changed();
  }

  setBlockMs(ms: number): void {
    this.blockMs = ms;
    this.capture?.setBlockMs(ms);
  }

  /** Opens the named device, else the chosen one if it is there, else the one that the browser chooses. */
  private async openDevice(attempt: number): Promise<void> {
    const { named } = this;
    const { microphone: wanted, hearing } = this.environment.choice();
    const found = named ? null : findDevice(await this.inputs(), wanted);
    const id = named?.id ?? found?.deviceId;
    const asked = constraintsFor(hearing);
    const audio = id ? { ...asked, deviceId: { exact: id } } : asked;
    const stream = await this.environment.mediaDevices!.getUserMedia({ audio });
    if (attempt !== this.attempt) return stopTracks(stream);
    await this.start(stream, true, attempt);
    if (attempt !== this.attempt || named || !wanted?.label || found) return;
    const label = String(this.settings?.["label"] || "the system's microphone");
    if (label !== wanted.label) this.notice = `${wanted.label} is not there: you are heard by ${label}.`;
  }

  /** Goes on with another device in mid-talk; without one it has failed. */
  private async goOn(notice: string, gone = ""): Promise<void> {
    if (gone && this.named) return this.fail(problem("unplugged"));
    this.release();
    const attempt = this.begin();
    try {
      await this.openDevice(attempt);
    } catch (error) {
      if (attempt !== this.attempt) return;
      return this.fail(gone ? problem("unplugged") : await this.explain(error));
    }
    if (attempt !== this.attempt) return;
    const label = String(this.settings?.["label"] || "another one");
    this.notice = gone ? `${gone} was unplugged: you are heard by ${label}.` : notice || this.notice;
    this.events.changed();
  }

  private async inputs(): Promise<MediaDeviceInfo[]> {
    const devices = await this.environment.mediaDevices?.enumerateDevices().catch(() => []);
    return (devices ?? []).filter(({ kind }) => kind === "audioinput");
  }

  private begin(): number {
    this.state = "opening";
    this.problem = null;
    this.notice = "";
    this.events.changed();
    return ++this.attempt;
  }

  private async precheck(): Promise<MicrophoneProblem | null> {
    const { environment } = this;
    if (!environment.secure) return problem("insecure");
    if (!environment.mediaDevices) return problem("no_media_devices");
    if (environment.policyAllows === false) return problem("policy");
    // Without permission the list may fail or be empty; then getUserMedia decides.
    const devices = await environment.mediaDevices.enumerateDevices().catch(() => null);
    if (devices?.length && !devices.some((device) => device.kind === "audioinput"))
      return problem("no_device");
    return null;
  }

  private async start(stream: MediaStream, owned: boolean, attempt: number): Promise<void> {
    this.stream = stream;
    this.ownsStream = owned;
    const track = stream.getAudioTracks()[0];
    if (!track) return this.fail(problem(owned ? "no_device" : "silent_stream"));
    const capture = await this.environment.startCapture(stream, this.blockMs, (block) => {
      if (attempt === this.attempt) this.take(block);
    });
    if (attempt !== this.attempt) return capture.close();
    this.capture = capture;
    const ended = () =>
      owned ? void this.goOn("", track.label || "The microphone") : this.fail(problem("stream_over"));
    track.addEventListener("ended", ended);
    this.forgetTrack = () => track.removeEventListener("ended", ended);
    this.settings = { label: track.label, ...track.getSettings() };
    this.silentMs = 0;
    this.signalSeen = false;
    this.firstBlockTimer = setTimeout(() => {
      if (attempt === this.attempt) this.fail(problem(capture.running ? "no_signal" : "context_blocked"));
    }, FIRST_BLOCK_MS);
  }

  private take(block: CapturedBlock): void {
    if (this.state === "opening") {
      clearTimeout(this.firstBlockTimer);
      this.state = "on";
      this.events.changed();
    }
    this.watchSignal(block);
    this.events.block(block);
  }

  private watchSignal({ peak, pcm }: CapturedBlock): void {
    const before = this.silentMs;
    this.silentMs = peak === 0 ? before + (pcm.byteLength / 2 / SAMPLE_RATE) * 1000 : 0;
    this.signalSeen ||= peak > 0;
    const missing = !this.signalSeen || this.stream?.getAudioTracks()[0]?.muted === true;
    const warn = this.silentMs >= NO_SIGNAL_MS && missing;
    if (warn === (this.problem !== null)) return;
    this.problem = warn ? problem("no_signal") : null;
    this.events.changed();
  }

  private async explain(error: unknown): Promise<MicrophoneProblem> {
    if (error instanceof WorkletError) return problem("worklet", error.message);
    return problemOfError(error, await this.environment.permission());
  }

  private release(): void {
    clearTimeout(this.firstBlockTimer);
    this.forgetTrack();
    this.capture?.close();
    this.capture = null;
    if (this.stream && this.ownsStream) stopTracks(this.stream);
    this.stream = null;
    this.settings = null;
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

interface PolicyDocument {
  permissionsPolicy?: { allowsFeature(feature: string): boolean };
  featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Returns the environment of the page that this code runs in. */
export function pageEnvironment(startCapture: StartCapture): MicrophoneEnvironment {
  return {
    choice,
    get secure() {
      return globalThis.isSecureContext;
    },
    get mediaDevices() {
      return navigator.mediaDevices as MediaDevices | undefined;
    },
    get policyAllows() {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature("microphone");
    },
    async permission() {
      try {
        return (await navigator.permissions.query({ name: "microphone" as PermissionName })).state;
      } catch {
        return "unknown";
      }
    },
    startCapture,
  };
}
