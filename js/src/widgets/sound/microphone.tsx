/** The microphone's view: a round button with a live level, mute, the state in words, and what to do if it fails. */

import type { AnyWidget } from "@anywidget/types";
import { useEffect, useRef } from "preact/hooks";
import { computed, type ReadonlySignal } from "@preact/signals";
import type { Advice } from "../../audio/capture/level_advice";
import type { AudioPort } from "../../audio/port/port";
import { watchPort } from "../../audio/port/registry";
import type { PortState } from "../../audio/port/state";
import { lab, LAB_KEYS } from "../../lab/commands";
import type { InputMode } from "../../messages";
import { Scope } from "../../ui/bind";
import { type Keys, steerByKeys } from "../../ui/page/keys";
import { DevicePicker } from "../../ui/sound/device_picker";
import { MicrophoneIcon, MicrophoneOffIcon, PowerIcon, Spinner } from "../../ui/icons";
import { ProblemPanel, QuietLine } from "../../ui/problem";
import { type KnownStatus, sharedStatus } from "../../ui/statuses";
import { streamOf } from "../../ui/sound/streams";
import { ELSEWHERE, type Limits, microphoneWords, soundless, whyNot } from "../../ui/words";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  port_id: string;
  /** Reference to the port, which the front end has to make. */
  port: string | null;
  mode: InputMode;
  /** Id of the model whose stream is heard in place of a microphone; empty for the microphone. */
  source_id: string;
  muted: boolean;
  /** Keys that work from anywhere in the page. */
  shortcuts: Keys;
  /** Minutes until it goes off by itself; null is never. */
  idle_off: number | null;
  hidden_off: number | null;
}

const ADVICE: Record<Advice, string> = {
  "": "",
  soft: "You are hard to hear: come closer, or raise the level",
  clips: "Too loud: it clips",
};

const WHOSE = "This is the microphone of the computer your browser runs on, not of the kernel's machine.";

/** Maps a level to 0..1 on a decibel scale; speech at a usual distance fills most of the range. */
export function meter(rms: number): number {
  if (rms <= 0) return 0;
  return Math.max(0, Math.min(1, (20 * Math.log10(rms) + 60) / 50));
}

/** Scales the ring with the level while the microphone is on, by a transform, which needs no repaint. */
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

/** Returns event handlers for press and hold, by pointer or by the space and Enter keys. */
export function holdHandlers(port: AudioPort) {
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

/** What stands over the row: why the microphone is not open, and how a closed session begins again. */
function Notices(props: {
  port: AudioPort | null;
  state: PortState | null;
  known: KnownStatus;
  elsewhere: boolean;
}) {
  const { port, state, known, elsewhere } = props;
  const { can_restart, state: session } = known.status;
  const again = session === "closed" && can_restart && state?.kernel !== "gone";
  const restart = (keep_talk: boolean) => () => known.send({ type: "restart", keep_talk });
  const problem = state?.problem;
  return (
    <div class="rw-notices">
      {problem && soundless(state) && (
        <QuietLine text={`${problem.message} You can type and read.`} title={problem.cure} />
      )}
      {problem && !soundless(state) && (
        <ProblemPanel message={problem.message} cure={problem.cure} warning={state.microphone === "on"} />
      )}
      {state?.notice && <QuietLine text={state.notice} />}
      {state?.loudspeaker && <QuietLine text={state.loudspeaker} />}
      {elsewhere && (
        <QuietLine text={`${ELSEWHERE}.`}>
          <button type="button" class="rw-line-button rw-line-main" onClick={() => port!.claim()}>
            Play and talk here
          </button>
        </QuietLine>
      )}
      {again && (
        <QuietLine text="The session is closed.">
          <button type="button" class="rw-line-button rw-line-main" onClick={restart(true)}>
            Continue this talk
          </button>
          <button type="button" class="rw-line-button" onClick={restart(false)}>
            Start again
          </button>
        </QuietLine>
      )}
    </div>
  );
}

export function MicrophoneView(props: {
  port: ReadonlySignal<AudioPort | null>;
  state: ReadonlySignal<PortState | null>;
  mode: ReadonlySignal<InputMode>;
  limits: ReadonlySignal<Limits>;
  status: ReadonlySignal<KnownStatus>;
  /** The key that is held to talk from anywhere; empty for none. */
  hold: ReadonlySignal<string>;
  /** Opens the stream that is heard in place of a microphone; null for the microphone. */
  source: ReadonlySignal<(() => Promise<MediaStream>) | null>;
}) {
  const port = props.port.value;
  const state = props.state.value;
  const known = props.status.value;
  const why = whyNot(known.status, state);
  const microphone = state?.microphone ?? "off";
  const on = microphone === "on";
  const muted = on && state!.muted;
  const talk = on && props.mode.value === "push_to_talk";
  const elsewhere = !on && !why && (state?.elsewhere ?? false);
  const ring = useLevel(port, on && !muted);
  const { title, hint, news } = microphoneWords(state, why, props.limits.value, props.hold.value);
  const advice = on && !muted ? ADVICE[state!.advice] : "";
  const toggle = () => {
    if (on || microphone === "opening") return port?.closeMicrophone();
    if (elsewhere) port?.claim();
    const source = props.source.value;
    void (source ? port?.openFromStream(source) : port?.openMicrophone());
  };
  const muteKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== "m" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!on || talk || event.repeat) return;
    event.preventDefault();
    port?.mute(!muted);
  };
  const shown = muted ? "muted" : state?.talking ? "talking" : talk ? "ready" : microphone;
  return (
    <div class={`rw-mic rw-mic-${shown}`} onKeyDown={muteKey}>
      <Notices port={port} state={state} known={known} elsewhere={elsewhere} />
      <div class="rw-mic-row">
        <button
          type="button"
          class="rw-mic-button"
          disabled={!port || (why !== "" && !on)}
          aria-label={talk ? "Hold to talk" : "Your microphone"}
          aria-pressed={talk ? state!.talking : on}
          title={WHOSE}
          {...(talk ? holdHandlers(port!) : { onClick: toggle })}
        >
          <span class="rw-mic-ring" ref={ring} />
          {microphone === "opening" ? (
            <Spinner />
          ) : microphone === "error" || muted || why ? (
            <MicrophoneOffIcon />
          ) : (
            <MicrophoneIcon />
          )}
        </button>
        <div class="rw-mic-words" title={WHOSE}>
          <div class="rw-mic-title">{title}</div>
          <div class={`rw-mic-hint${advice ? " rw-mic-advice" : ""}`}>{advice || hint}</div>
          <span class="rw-spoken" role="status">
            {news ? hint : ""}
          </span>
        </div>
        {on && !talk && (
          <button
            type="button"
            class="rw-small-button rw-mute-button"
            aria-label="Mute"
            aria-pressed={muted}
            aria-keyshortcuts="M"
            title={muted ? "Send again what is said (M)" : "Send nothing, and keep the microphone on (M)"}
            onClick={() => port!.mute(!muted)}
          >
            <MicrophoneOffIcon />
          </button>
        )}
        {!why && !props.source.value && <DevicePicker granted={state?.granted ?? null} on={on} port={port} />}
        {talk && (
          <button
            type="button"
            class="rw-small-button"
            aria-label="Switch the microphone off"
            title="Switch off"
            onClick={() => port!.closeMicrophone()}
          >
            <PowerIcon />
          </button>
        )}
      </div>
    </div>
  );
}

export default {
  /** Whether it is muted belongs to the session: Python may say so, and the user by key or button. */
  initialize({ model }) {
    saveWithoutCode(model);
    let current: AudioPort | null = null;
    let endState = () => {};
    const apply = () => {
      if (current && current.state.muted !== model.get("muted")) current.mute(model.get("muted"));
    };
    const follow = () => {
      if (!current || current.state.muted === model.get("muted")) return;
      model.set("muted", current.state.muted);
      model.save_changes();
    };
    const endWatch = watchPort(model.get("port_id"), (port) => {
      endState();
      current = port;
      apply();
      endState = port?.subscribe(follow) ?? (() => {});
    });
    const scope = new Scope();
    const status = sharedStatus(scope, model.get("port_id"));
    const endKeys = steerByKeys({
      keys: () => model.get("shortcuts"),
      port: () => (current && !whyNot(status.value.status, current.state) ? current : null),
      open: () => {
        const id = model.get("source_id");
        void (id ? current?.openFromStream(() => streamOf(model, id)) : current?.openMicrophone());
      },
      isLabs: (action) => lab() !== null && LAB_KEYS[action] === model.get("shortcuts")[action],
    });
    const otherSource = () => {
      if (current && current.state.microphone !== "off") current.closeMicrophone();
    };
    model.on("change:muted", apply);
    model.on("change:source_id", otherSource);
    return () => {
      endKeys();
      scope.end();
      endWatch();
      endState();
      model.off("change:muted", apply);
      model.off("change:source_id", otherSource);
    };
  },
  render({ model, el, host }) {
    const scope = new Scope();
    const { port, state } = scope.port(model, host, model.get("port"));
    const mode = scope.trait(model, "mode");
    const idle = scope.trait(model, "idle_off");
    const hidden = scope.trait(model, "hidden_off");
    const limits = computed(() => ({ idle: idle.value, hidden: hidden.value }));
    const status = sharedStatus(scope, model.get("port_id"));
    const keys = scope.trait(model, "shortcuts");
    const hold = computed(() => keys.value.hold);
    const id = scope.trait(model, "source_id");
    const source = computed(() => (id.value ? () => streamOf(model, id.value) : null));
    return scope.show(
      el,
      "rw-microphone",
      <MicrophoneView
        port={port}
        state={state}
        mode={mode}
        limits={limits}
        status={status}
        hold={hold}
        source={source}
      />,
    );
  },
} satisfies AnyWidget<Traits>;
