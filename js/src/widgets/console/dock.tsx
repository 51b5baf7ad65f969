/**
 * A console beside the code: in JupyterLab's side panel or a split if its extension is there, else as a bar that floats
 * over the notebook with microphone, level, stop and the last words.
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sender } from "../../anywidget";
import type { AudioPort } from "../../audio/port/port";
import type { PortState } from "../../audio/port/state";
import type { CloseDock as DockReport, DockPlace } from "../../messages";
import { lab, type Lab, type Panel } from "../../lab/commands";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";
import { MicrophoneIcon, MicrophoneOffIcon, Spinner, StopIcon } from "../../ui/icons";
import { type KnownStatus, sharedStatus } from "../../ui/statuses";
import { sessionWords, whyNot } from "../../ui/words";
import { holdHandlers, meter } from "../sound/microphone";

interface Traits {
  port_id: string;
  shown: boolean;
  /** Where JupyterLab shows the console. */
  place: DockPlace;
  words: string;
  /** Id of the console's model, which JupyterLab shows in its side panel. */
  console_id: string;
}

/** JupyterLab's manager of widgets, as far as it is used here. */
interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view(model: unknown): Promise<{ luminoWidget?: Panel }>;
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

/** Shows the whole console in JupyterLab, beside the code; returns what takes it away, or null if that cannot be. */
async function showInPanel(model: AnyModel<Traits>, jupyterLab: Lab): Promise<(() => void) | null> {
  const manager = model.widget_manager as unknown as Partial<Manager> | undefined;
  if (!manager?.get_model || !manager.create_view) return null;
  const { luminoWidget: panel } = await manager.create_view(await manager.get_model(model.get("console_id")));
  if (!panel) return null;
  let ours = true;
  panel.disposed.connect(() => {
    if (ours) sender<DockReport>(model)({ type: "close" }); // the user closed the panel
  });
  jupyterLab.dock(panel, "Talk", model.get("place"));
  return () => {
    ours = false;
    if (!panel.isDisposed) panel.dispose();
  };
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
    let hide = () => {};
    let turn = 0;
    const follow = async () => {
      const mine = ++turn;
      hide();
      hide = () => {};
      if (!model.get("shown")) return;
      const jupyterLab = lab();
      const inPanel = jupyterLab ? await showInPanel(model, jupyterLab).catch(() => null) : null;
      if (mine !== turn) return inPanel?.();
      hide = inPanel ?? show(model);
    };
    const changed = () => void follow();
    const moved = () => model.get("shown") && changed();
    changed();
    model.on("change:shown", changed);
    model.on("change:place", moved);
    return () => {
      turn++;
      model.off("change:shown", changed);
      model.off("change:place", moved);
      hide();
    };
  },
} satisfies AnyWidget<Traits>;
