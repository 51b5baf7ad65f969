/** A bar that floats over the notebook: microphone, level, stop and the last words, while the console is out of sight. */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sender } from "../anywidget";
import type { AudioPort } from "../audio/port/port";
import type { PortState } from "../audio/port/state";
import type { CloseDock as DockReport } from "../messages";
import { saveWithoutCode } from "../saved_state";
import { Scope } from "../ui/bind";
import { MicrophoneIcon, MicrophoneOffIcon, Spinner, StopIcon } from "../ui/icons";
import { type KnownStatus, sharedStatus } from "../ui/statuses";
import { sessionWords, whyNot } from "../ui/words";
import { holdHandlers, meter } from "./microphone";

interface Traits {
  port_id: string;
  shown: boolean;
  words: string;
}

/** Fills the bar's foot with the level while the microphone is on. */
function useBar(port: AudioPort | null, on: boolean) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!port || !on) return;
    let frame = 0;
    const draw = () => {
      if (ref.current) ref.current.style.transform = `scaleX(${meter(port.inputLevel.rms).toFixed(2)})`;
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      if (ref.current) ref.current.style.transform = "scaleX(0)";
    };
  }, [port, on]);
  return ref;
}

export function DockView(props: {
  port: ReadonlySignal<AudioPort | null>;
  state: ReadonlySignal<PortState | null>;
  status: ReadonlySignal<KnownStatus>;
  words: ReadonlySignal<string>;
  close: () => void;
}) {
  const port = props.port.value;
  const state = props.state.value;
  const { status } = props.status.value;
  const why = whyNot(status, state);
  const microphone = state?.microphone ?? "off";
  const on = microphone === "on";
  const talk = on && state!.mode === "push_to_talk";
  const said = sessionWords(status, state);
  const level = useBar(port, on && !state!.muted);
  const toggle = () => {
    if (on || microphone === "opening") port?.closeMicrophone();
    else void port?.openMicrophone();
  };
  return (
    <div class={`rw-dock-box rw-mic-${on ? "on" : microphone}`} role="region" aria-label="Talk">
      <button
        type="button"
        class="rw-dock-mic"
        disabled={!port || (why !== "" && !on)}
        aria-label={talk ? "Hold to talk" : "Your microphone"}
        aria-pressed={on}
        {...(talk ? holdHandlers(port!) : { onClick: toggle })}
      >
        {microphone === "opening" ? <Spinner /> : on || !why ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
      </button>
      <div class="rw-dock-words">
        <strong role="status">{why || said.word}</strong>
        <span dir="auto" title={props.words.value}>
          {props.words.value || said.detail || "…"}
        </span>
      </div>
      <button
        type="button"
        class="rw-small-button rw-stop-button"
        disabled={!state?.playing}
        aria-label="Stop speaking"
        title="Stop speaking"
        onClick={() => port?.stop()}
      >
        <StopIcon />
      </button>
      <button
        type="button"
        class="rw-dock-close"
        aria-label="Close the bar"
        title="Close"
        onClick={props.close}
      >
        ✕
      </button>
      <span class="rw-dock-level" ref={level} aria-hidden="true" />
    </div>
  );
}

/** Shows the bar in the page itself, whatever becomes of the output; returns what takes it away. */
function show(model: AnyModel<Traits>): () => void {
  const scope = new Scope();
  const host = document.createElement("div");
  host.className = "rw-dock-host";
  document.body.append(host);
  const send = sender<DockReport>(model);
  const { port, state } = scope.port(model);
  const end = scope.show(
    host,
    "rw-dock",
    <DockView
      port={port}
      state={state}
      status={sharedStatus(scope, model.get("port_id"))}
      words={scope.trait(model, "words")}
      close={() => {
        stop();
        send({ type: "close" });
      }}
    />,
  );
  let gone = false;
  const stop = () => {
    if (gone) return;
    gone = true;
    end();
    host.remove();
  };
  return stop;
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
    let hide = () => {};
    const follow = () => {
      hide();
      hide = model.get("shown") ? show(model) : () => {};
    };
    follow();
    model.on("change:shown", follow);
    return () => {
      model.off("change:shown", follow);
      hide();
    };
  },
} satisfies AnyWidget<Traits>;
