/** A lesson: large words for the class, also in a window for the projector, and the teacher's controls below. */

import type { AnyWidget } from "@anywidget/types";
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { sender } from "../../anywidget";
import type { AudioPort } from "../../audio/port/port";
import { watchPort } from "../../audio/port/registry";
import type { PortState } from "../../audio/port/state";
import type { LessonLine, LessonReport } from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";
import { Floor, type Table } from "../../ui/floor";
import { HandIcon, MicrophoneIcon, StopIcon, WindowIcon } from "../../ui/icons";
import { ProblemPanel, QuietLine } from "../../ui/problem";
import { holdHandlers } from "../sound/microphone";

interface Traits {
  port_id: string;
  /** Reference to the port, which the front end has to make. */
  port: string | null;
  title: string;
  questions: { text: string; note: string }[];
  lines: LessonLine[];
  used: { money?: string; time?: string; share?: number };
  calls: number;
  problem: string;
  talk_state: string;
}

/** What the class is told that the session does. */
export function stateInWords(state: string, holder: string, talking: boolean): string {
  if (talking) return `Listening to ${holder || "the class"}`;
  switch (state) {
    case "speaking":
      return "Speaking";
    case "thinking":
      return "Thinking";
    case "closed":
      return "The lesson is over";
    case "idle":
    case "connecting":
    case "preparing":
    case "reconnecting":
      return "Getting ready";
    default:
      return holder ? `${holder} has the floor` : "Raise a hand";
  }
}

/** What was said last, in letters that are read from the last row. */
export function Captions(props: {
  title: string;
  lines: ReadonlySignal<LessonLine[]>;
  state: ReadonlySignal<string>;
}) {
  const lines = props.lines.value;
  return (
    <div class="rw-lesson-captions" aria-label="Captions">
      <div class="rw-lesson-top">
        <span class="rw-lesson-title">{props.title}</span>
        <span class="rw-lesson-state" role="status">
          {props.state.value}
        </span>
      </div>
      <div class="rw-lesson-lines" role="log" aria-live="polite">
        {lines.length === 0 && <p class="rw-lesson-empty">Ask a question.</p>}
        {lines.map(({ id, who, text }) => (
          <p key={id} class={who ? "rw-lesson-class" : "rw-lesson-model"} dir="auto">
            {who && <span class="rw-lesson-who">{who}</span>}
            {text}
          </p>
        ))}
      </div>
    </div>
  );
}

/** Opens a window for the projector, with the page's styles; null if the browser does not let it. */
function projector(view: preact.ComponentChild, closed: () => void): Window | null {
  const opened = window.open("", "", "popup,width=1280,height=720");
  if (!opened) return null;
  const { document: page } = opened;
  page.title = "Captions";
  for (const style of document.querySelectorAll("style, link[rel=stylesheet]")) {
    page.head.append(page.importNode(style, true));
  }
  const root = page.createElement("div");
  root.className = "rw-root rw-lesson rw-lesson-projector";
  page.body.style.margin = "0";
  page.body.append(root);
  render(view, root);
  opened.addEventListener("pagehide", closed, { once: true });
  return opened;
}

function Tables(props: {
  floor: Floor;
  port: ReadonlySignal<AudioPort | null>;
  talking: boolean;
  on: boolean;
}) {
  const { floor } = props;
  const port = props.port.value;
  const tables = floor.tables.value;
  const holder = floor.holding.value;
  return (
    <div class="rw-lesson-tables" role="group" aria-label="Raise a hand">
      {tables.length === 0 && <span class="rw-source">No microphone is known yet.</span>}
      {tables.map(({ deviceId, name }) => {
        const place = floor.hands.value.indexOf(deviceId);
        const has = holder?.deviceId === deviceId;
        return (
          <div key={deviceId} class={`rw-lesson-table${has ? " rw-lesson-has" : ""}`}>
            <input
              aria-label="Name of the table"
              value={name}
              onChange={(event) => floor.rename(deviceId, event.currentTarget.value)}
            />
            <button
              type="button"
              aria-pressed={place >= 0 || has}
              disabled={has}
              onClick={() => floor.raise(deviceId)}
            >
              <HandIcon />
              {has ? "has the floor" : place >= 0 ? `waits, number ${place + 1}` : "Raise hand"}
            </button>
          </div>
        );
      })}
      {holder && (
        <div class="rw-lesson-hold">
          <button
            type="button"
            class="rw-lesson-talk"
            aria-label={`Hold to talk: ${holder.name}`}
            aria-pressed={props.talking}
            disabled={!port || !props.on}
            {...(port ? holdHandlers(port) : {})}
          >
            <MicrophoneIcon />
            {props.on ? `Hold to talk: ${holder.name}` : "Opening…"}
          </button>
          <button type="button" onClick={() => floor.done()}>
            Done
          </button>
        </div>
      )}
    </div>
  );
}

export function LessonControls(props: {
  questions: Traits["questions"];
  used: ReadonlySignal<Traits["used"]>;
  calls: ReadonlySignal<number>;
  problem: ReadonlySignal<string>;
  talkState: ReadonlySignal<string>;
  floor: Floor;
  port: ReadonlySignal<AudioPort | null>;
  state: ReadonlySignal<PortState | null>;
  window: Signal<"closed" | "open" | "blocked">;
  send: (report: LessonReport) => void;
  toggleWindow: () => void;
  findTables: () => void;
}) {
  const { used, send } = props;
  const state = props.state.value;
  const { share = 0, money, time } = used.value;
  const calls = props.calls.value;
  const over = props.talkState.value === "closed";
  return (
    <div class="rw-lesson-controls">
      {props.problem.value && <ProblemPanel message={props.problem.value} />}
      {state?.problem && <ProblemPanel message={state.problem.message} cure={state.problem.cure} />}
      <ol class="rw-lesson-questions" aria-label="Prepared questions">
        {props.questions.map(({ text, note }, number) => (
          <li key={number}>
            <button type="button" disabled={over} onClick={() => send({ type: "ask", number })}>
              <kbd>{number + 1}</kbd>
              <span dir="auto">{text}</span>
            </button>
            {note && (
              <span class="rw-source" dir="auto">
                {note}
              </span>
            )}
          </li>
        ))}
      </ol>
      <Tables
        floor={props.floor}
        port={props.port}
        talking={state?.talking ?? false}
        on={state?.microphone === "on"}
      />
      <div class="rw-lesson-row">
        <button type="button" onClick={() => send({ type: "stop" })} aria-label="Stop the answer">
          <StopIcon />
          Stop
        </button>
        <button type="button" onClick={props.findTables}>
          <MicrophoneIcon />
          Find microphones
        </button>
        <button type="button" aria-pressed={props.window.value === "open"} onClick={props.toggleWindow}>
          <WindowIcon />
          {props.window.value === "open" ? "Close the projector's window" : "Window for the projector"}
        </button>
        <span class="rw-lesson-used">
          <progress value={share} max={1} aria-label="Used of the limits" />
          {[time, money, calls > 0 && `${calls} tool calls`].filter(Boolean).join(", ")}
        </span>
      </div>
      {props.window.value === "blocked" && (
        <QuietLine text="The browser blocked the window: allow pop-ups for this page, then click again." />
      )}
    </div>
  );
}

/** Asks the browser for its microphones; their names come once one of them was allowed. */
async function findTables(floor: Floor, allow: boolean): Promise<void> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) return;
  if (allow) {
    const stream = await devices.getUserMedia({ audio: true }).catch(() => null);
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
  const found = await devices.enumerateDevices().catch(() => []);
  floor.devices(
    found.filter(
      ({ kind, deviceId }) =>
        kind === "audioinput" && deviceId && !/^(default|communications)$/.test(deviceId),
    ),
  );
}

export default (() => {
  const port = signal<AudioPort | null>(null);
  const talking = signal(false);
  let floor: Floor | null = null;
  let opened: Window | null = null;
  const place = signal<"closed" | "open" | "blocked">("closed");
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      const send = sender<LessonReport>(model);
      let endState = () => {};
      const endWatch = watchPort(model.get("port_id"), (found) => {
        endState();
        port.value = found;
        endState = found?.subscribe(() => (talking.value = found.state.talking)) ?? (() => {});
      });
      const give = (table: Table | null) => {
        port.value?.closeMicrophone();
        send({ type: "floor", name: table?.name ?? "" });
        if (table) void port.value?.openMicrophone(table.deviceId);
      };
      const made = (floor = new Floor(give, globalThis.localStorage ?? null));
      const changed = () => void findTables(made, false);
      navigator.mediaDevices?.addEventListener?.("devicechange", changed);
      changed();
      const leave = () => opened?.close();
      window.addEventListener("pagehide", leave);
      return () => {
        endWatch();
        endState();
        navigator.mediaDevices?.removeEventListener?.("devicechange", changed);
        window.removeEventListener("pagehide", leave);
        opened?.close();
      };
    },
    render({ model, el, host }) {
      const scope = new Scope();
      const { port: shownPort, state } = scope.port(model, host, model.get("port"));
      const talkState = scope.trait(model, "talk_state");
      const lines = scope.trait(model, "lines");
      const told = signal("");
      scope.add(
        effect(() => {
          told.value = stateInWords(talkState.value, floor?.holding.value?.name ?? "", talking.value);
        }),
      );
      const captions = <Captions title={model.get("title")} lines={lines} state={told} />;
      const toggleWindow = () => {
        if (opened && !opened.closed) return opened.close();
        opened = projector(captions, () => {
          place.value = "closed";
        });
        place.value = opened ? "open" : "blocked";
      };
      const send = sender<LessonReport>(model);
      const keys = (event: KeyboardEvent) => {
        const number = Number(event.key) - 1;
        const target = event.target as HTMLElement;
        if (event.ctrlKey || event.altKey || event.metaKey || target.tagName === "INPUT") return;
        if (Number.isInteger(number) && number >= 0 && number < model.get("questions").length) {
          event.preventDefault();
          send({ type: "ask", number });
        }
      };
      const view = (
        <div class="rw-lesson-box" tabIndex={0} aria-label="Lesson" onKeyDown={keys}>
          {captions}
          <LessonControls
            questions={model.get("questions")}
            used={scope.trait(model, "used")}
            calls={scope.trait(model, "calls")}
            problem={scope.trait(model, "problem")}
            talkState={talkState}
            floor={floor!}
            port={shownPort}
            state={state}
            window={place}
            send={send}
            toggleWindow={toggleWindow}
            findTables={() => void findTables(floor!, true)}
          />
        </div>
      );
      return scope.show(el, "rw-lesson", view);
    },
  };
}) satisfies AnyWidget<Traits>;
