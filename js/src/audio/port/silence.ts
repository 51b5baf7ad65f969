/**
 * Measures how soon an interruption is silent: the kernel plays a tone as it plays an answer, and clears it.
 *
 * The time runs from the page's wish to the last sample that left the loudspeaker, both on the clock of the player's
 * context: to the kernel and back, as an interruption by voice goes.
 */

import { type Silence, SilenceWatch } from "../sound_check";
import type { PortState, Tap } from "./state";

/** So much of the tone sounds before it is interrupted, and so much silence ends the check (s). */
const SOUNDS_S = 0.4;
const SILENT_S = 0.2;
/** The whole takes no longer (ms). */
const PATIENCE_MS = 6_000;

export interface CheckedPort {
  readonly state: PortState;
  subscribe(listener: () => void): () => void;
  tap(callback: Tap): () => void;
  checkSilence(step: "tone" | "cut"): void;
  /** Calls `listener` when the kernel does not play the tone, or ends it for an answer. */
  onRefused(listener: () => void): () => void;
}

/** Measures once; `audible` returns the time of the sample that is heard now, on the clock of the player's context (s). */
export function measureSilence(
  port: CheckedPort,
  audible: () => number,
  signal?: AbortSignal,
): Promise<Silence> {
  return new Promise((resolve) => {
    const watch = new SilenceWatch();
    const ends: (() => void)[] = [];
    let begun = false;
    let asked = NaN;
    const finish = (silence: Silence) => {
      for (const end of ends.splice(0)) end();
      if (begun && Number.isNaN(asked)) port.checkSilence("cut");
      resolve(silence);
    };
    const begin = () => {
      if (begun || !port.state.active || port.state.sound !== "ready") return;
      if (port.state.playing) return finish("busy");
      begun = true;
      port.checkSilence("tone");
    };
    const timer = setTimeout(() => finish("none"), PATIENCE_MS);
    const abort = () => finish("none");
    signal?.addEventListener("abort", abort);
    ends.push(
      () => clearTimeout(timer),
      () => signal?.removeEventListener("abort", abort),
      port.onRefused(() => finish("busy")),
      port.subscribe(begin),
      port.tap((samples, time, rate) => {
        if (!begun) return;
        watch.push(samples, time, rate);
        if (Number.isNaN(asked)) {
          if (watch.sounded < SOUNDS_S) return;
          asked = audible();
          port.checkSilence("cut");
        } else if (watch.silent >= SILENT_S) {
          finish(watch.after(asked) ?? "none");
        }
      }),
    );
    begin();
  });
}
