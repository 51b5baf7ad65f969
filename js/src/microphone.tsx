/** The microphone's view: one round button with a live level, the state in words, and what to do where it fails. */

import { useEffect, useRef } from "preact/hooks";
import type { Model, RenderContext } from "./anywidget";
import type { AudioPort } from "./audio/port";
import type { PortState } from "./audio/port_state";
import type { InputMode } from "./messages";
import { Scope } from "./ui/bind";
import { MicrophoneIcon, MicrophoneOffIcon, Spinner } from "./ui/icons";
import { ProblemPanel } from "./ui/problem";
import type { ReadonlySignal } from "@preact/signals";

interface Traits {
  port_id: string;
  mode: InputMode;
}

const WHOSE = "This is the microphone of the computer your browser runs on, not of the kernel's machine.";

/** Level in decibels brought to 0..1; speech at a usual distance fills most of it. */
export function meter(rms: number): number {
  if (rms <= 0) return 0;
  return Math.max(0, Math.min(1, (20 * Math.log10(rms) + 60) / 50));
}

/** Grows the ring with the level while the microphone is on: a transform alone, which costs no painting. */
function useLevel(port: AudioPort | null, on: boolean) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!port || !on) return;
    const grow = (level: number) => {
      if (ref.current) ref.current.style.transform = `scale(${(1 + level * 0.4).toFixed(2)})`;
    };
    let shown = 0;
    let frame = 0;
    const draw = () => {
      const target = meter(port.inputLevel.rms);
      shown = target > shown ? target : shown + (target - shown) * 0.18;
      grow(shown);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      grow(0);
    };
  }, [port, on]);
  return ref;
}

function stateWords(state: PortState | null, mode: InputMode): [string, string] {
  if (!state) return ["Not connected", "Run the cell with the session"];
  const talkMode = mode === "push_to_talk";
  switch (state.microphone) {
    case "off":
      return ["Microphone off", "Click to talk"];
    case "opening":
      return ["Opening…", "Your browser may ask for permission"];
    case "error":
      return ["Microphone not open", "Click to try again"];
    case "on":
      if (!talkMode) return ["Listening", "Click to switch off"];
      return state.talking
        ? ["Listening", "Release when you are done"]
        : ["Ready", "Hold the button or the space bar to talk"];
  }
}

/** Press and hold, by pointer or by space and enter. */
function holdHandlers(port: AudioPort) {
  const isTalkKey = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      port.press();
    },
    onPointerUp: () => port.release(),
    onPointerCancel: () => port.release(),
    onLostPointerCapture: () => port.release(),
    onBlur: () => port.release(),
    onContextMenu: (event: Event) => event.preventDefault(),
    onKeyDown(event: KeyboardEvent) {
      if (!isTalkKey(event)) return;
      event.preventDefault();
      if (!event.repeat) port.press();
    },
    onKeyUp(event: KeyboardEvent) {
      if (isTalkKey(event)) port.release();
    },
  };
}

export function MicrophoneView(props: {
  port: ReadonlySignal<AudioPort | null>;
  state: ReadonlySignal<PortState | null>;
  mode: ReadonlySignal<InputMode>;
}) {
  const port = props.port.value;
  const state = props.state.value;
  const mode = props.mode.value;
  const microphone = state?.microphone ?? "off";
  const on = microphone === "on";
  const talk = on && mode === "push_to_talk";
  const ring = useLevel(port, on);
  const [title, hint] = stateWords(state, mode);
  const toggle = () =>
    on || microphone === "opening" ? port?.closeMicrophone() : void port?.openMicrophone();
  const label = talk ? "Hold to talk" : on ? "Switch the microphone off" : "Switch the microphone on";
  const shown = state?.talking ? "talking" : talk ? "ready" : microphone;
  return (
    <div class={`rw-mic rw-mic-${shown}`}>
      <div class="rw-mic-row">
        <button
          type="button"
          class="rw-mic-button"
          disabled={!port}
          aria-label={label}
          aria-pressed={talk ? state!.talking : on}
          title={WHOSE}
          {...(talk ? holdHandlers(port!) : { onClick: toggle })}
        >
          <span class="rw-mic-ring" ref={ring} />
          {microphone === "opening" ? (
            <Spinner />
          ) : microphone === "error" ? (
            <MicrophoneOffIcon />
          ) : (
            <MicrophoneIcon />
          )}
        </button>
        <div class="rw-mic-words" aria-live="polite" title={WHOSE}>
          <div class="rw-mic-title">{title}</div>
          <div class="rw-mic-hint">{hint}</div>
        </div>
        {talk && (
          <button
            type="button"
            class="rw-small-button"
            aria-label="Switch the microphone off"
            title="Switch off"
            onClick={() => port!.closeMicrophone()}
          >
            <MicrophoneOffIcon />
          </button>
        )}
      </div>
      {state?.problem && (
        <ProblemPanel
          message={state.problem.message}
          cure={state.problem.cure}
          warning={microphone === "on"}
        />
      )}
    </div>
  );
}

export default {
  render({ model, el }: RenderContext<Traits>) {
    const scope = new Scope();
    const { port, state } = scope.port(model as unknown as Model<{ port_id: string }>);
    const mode = scope.trait(model, "mode");
    return scope.show(el, "rw-microphone", <MicrophoneView port={port} state={state} mode={mode} />);
  },
};
