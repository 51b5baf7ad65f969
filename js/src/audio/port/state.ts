/** The observable parts of a port: its state, for views, and its counters. */

import type { CloseReason, InputMode, MicrophoneProblem, MicrophoneState, SoundState } from "../../messages";
import type { Advice } from "../capture/level_advice";
import { DEFAULT_STARTUP_MS, type QueueState } from "../playback/queue";

export type { SoundState };

/**
 * `silent`: no beat for a while, so nobody would hear; `busy`: a cell runs and the front end has no subshells, so what
 * is said waits; `gone`: restarted, dead, shut down or disconnected.
 */
export type KernelState = "alive" | "silent" | "busy" | "gone";

/** What the player says right now: the item, and milliseconds of it that were heard and that came. */
export interface Speaking {
  id: string;
  heardMs: number;
  receivedMs: number;
}

/** Consoles or parts of one, which show whether the microphone is on; and replies, which are only heard. */
export type ViewKind = "console" | "reply";

/** The state that views show; each change replaces the whole object. */
export interface PortState {
  /** Whether this page plays and captures. */
  active: boolean;
  /** Whether another page plays and captures. */
  elsewhere: boolean;
  kernel: KernelState;
  /** The way to the kernel and back on the direct lane (ms); null on the notebook's own connection. */
  laneMs: number | null;
  mode: InputMode;
  microphone: MicrophoneState;
  /** Whether the microphone is on and nothing is sent. */
  muted: boolean;
  /** Why the microphone was closed last; empty while it is open. */
  closed: CloseReason;
  problem: MicrophoneProblem | null;
  /** What happened to the microphone in mid-talk, in words; empty if nothing did. */
  notice: string;
  /** What the browser granted for the microphone, with its name; null while it is closed. */
  granted: Readonly<Record<string, unknown>> | null;
  /** Whether somebody speaks too softly, or so loudly that it clips. */
  advice: Advice;
  /** Whether push-to-talk is held down. */
  talking: boolean;
  sound: SoundState;
  soundProblem: string;
  /** What is wrong with the chosen loudspeaker, in words; empty if nothing is. */
  loudspeaker: string;
  playing: boolean;
  /** Seconds heard of the current item. */
  elapsed: number;
  /** What the player says: the item, and milliseconds of it that were heard and that came; null in silence. */
  speaking: Speaking | null;
  /** Peak level of playback since the last report, relative to full scale. */
  outputLevel: number;
  volume: number;
}

/** Counts since the page was loaded, and the last report of the player's queue. */
interface Counts extends Omit<QueueState, "positions" | "playing"> {
  blocks_sent: number;
  blocks_received: number;
}

export interface PortStats extends Counts {
  page_id: string;
  context_rate: number;
}

/** Receives the samples that the player really outputs, at the context's rate, and the context's time in seconds. */
export type Tap = (samples: Float32Array, contextTime: number, rate: number) => void;

export const INITIAL_STATE: PortState = {
  active: false,
  elsewhere: false,
  kernel: "alive",
  laneMs: null,
  mode: "open",
  microphone: "off",
  muted: false,
  closed: "",
  problem: null,
  notice: "",
  granted: null,
  advice: "",
  talking: false,
  sound: "waiting",
  soundProblem: "",
  loudspeaker: "",
  playing: false,
  elapsed: 0,
  speaking: null,
  outputLevel: 0,
  volume: 1,
};

/** The state of a port and its subscribers. */
export class StateStore {
  state: PortState = INITIAL_STATE;
  private readonly listeners = new Set<() => void>();

  /** Calls `listener` after each change. Returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  update(change: Partial<PortState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  dispose(): void {
    this.listeners.clear();
  }
}

/** The counters of a port. */
export class Counters {
  private counts: Counts = {
    generation: 0,
    blocks_sent: 0,
    blocks_received: 0,
    queued_ms: 0,
    startup_ms: DEFAULT_STARTUP_MS,
    underruns: 0,
    dropped: 0,
    skipped_ms: 0,
  };

  /** The newest generation named by a block, a clear or the player. */
  get generation(): number {
    return this.counts.generation;
  }

  get all(): Readonly<Counts> {
    return this.counts;
  }

  /** Counts a captured block that was sent. */
  sent(): void {
    this.counts.blocks_sent++;
  }

  /** Counts a block of speech that was received. */
  received(generation: number): void {
    this.counts.blocks_received++;
    this.reached(generation);
  }

  reached(generation: number): void {
    this.counts.generation = Math.max(this.counts.generation, generation);
  }

  /** Applies a report of the player's queue. */
  reported({ positions: _, playing: __, ...counts }: QueueState): void {
    this.counts = { ...this.counts, ...counts };
  }
}
