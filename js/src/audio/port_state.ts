/** What a port shows of itself: its state for views, its counters for everybody, its sound for tests. */

import type { InputMode, MicrophoneProblem, MicrophoneState } from "../messages";

/** `waiting`: nothing loaded yet; `blocked`: the browser waits for a click; `failed`: see `soundProblem`. */
export type SoundState = "waiting" | "ready" | "blocked" | "failed";

/** What views show; replaced whole at each change. */
export interface PortState {
  /** Whether this page plays and captures. */
  active: boolean;
  mode: InputMode;
  microphone: MicrophoneState;
  problem: MicrophoneProblem | null;
  /** Push-to-talk is held down. */
  talking: boolean;
  sound: SoundState;
  soundProblem: string;
  playing: boolean;
  /** Seconds heard of the item that plays. */
  elapsed: number;
  /** Peak of what was played since the last report, of full scale. */
  outputLevel: number;
  volume: number;
}

/** Counters since the page was loaded. */
export interface PortStats {
  page_id: string;
  generation: number;
  context_rate: number;
  blocks_sent: number;
  blocks_received: number;
  queued_ms: number;
  startup_ms: number;
  underruns: number;
  dropped: number;
  skipped_ms: number;
}

/** Samples that the player really put out, before the device: context rate, with the context's time. */
export type Tap = (samples: Float32Array, contextTime: number, rate: number) => void;

export const INITIAL_STATE: PortState = {
  active: false,
  mode: "open",
  microphone: "off",
  problem: null,
  talking: false,
  sound: "waiting",
  soundProblem: "",
  playing: false,
  elapsed: 0,
  outputLevel: 0,
  volume: 1,
};
