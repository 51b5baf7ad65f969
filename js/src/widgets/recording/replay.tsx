/** A recorded talk: its transcript as it came, with the sound of both sides, a scrubber, and where the time went. */

import type { AnyWidget } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import { bufferOf, onMessage, sender } from "../../anywidget";
import { RecordingPlayer } from "../../audio/playback/recording";
import { randomId } from "../../audio/port/random_id";
import type { Entry, ReplayCommand, ReplayReport, ReplayStep, ReplayTurn } from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";
import { clock } from "../../ui/format";
import { PauseIcon, PlayIcon } from "../../ui/icons";
import { Waterfall } from "../../ui/insight/waterfall";
import { insertCells, takesCells } from "../../ui/replay/cells";
import { linesAfter, stepsBy, turnAt } from "../../ui/replay/script";
import { hideCopy } from "../../ui/page/saved_copy";
import { FrontEndContext, frontEndOf } from "../../ui/tools/front_end";
import { EntryView, type Talk } from "../../ui/transcript/entry";
import { formulasCame, formulasFrom } from "../../ui/transcript/formulas";
import { useEntryKeys, useFollowEnd } from "../../ui/transcript/list";
import { TranscriptStore } from "../talk/transcript_store";

interface Traits {
  entries: Entry[];
  title: string;
  about: string;
  problems: string[];
  seconds: number;
  piece_s: number;
  has_sound: boolean;
  yours: number[];
  theirs: number[];
  saved_as: string;
}

const PAGE_ID = randomId();
/** How long a piece of the sound may take to come (ms). */
const PATIENCE_MS = 15_000;
/** How long it plays on without a view, which may come back: a cell that is out of view has none (ms). */
const UNSEEN_MS = 5_000;
/** Nothing can be changed in a talk that is over. */
const OVER: Talk = {
  live: signal(false),
  speaking: signal(null),
  panel: signal(false),
  send: () => undefined,
};

/** What the views of one recording share. */
export class ReplayState {
  readonly store: TranscriptStore;
  readonly position: Signal<number>;
  readonly playing = signal<RecordingPlayer["state"]>("paused");
  readonly problem = signal("");
  readonly turns = signal<ReplayTurn[]>([]);
  /** Empty until the kernel has told how the talk went: then only its end is there. */
  readonly scripted = signal(false);
  private steps: ReplayStep[] = [];
  private shown = -1;

  constructor(entries: readonly Entry[], seconds: number) {
    this.store = new TranscriptStore(entries);
    this.position = signal(seconds);
  }

  follow(steps: ReplayStep[], turns: ReplayTurn[]): void {
    this.steps = steps;
    this.turns.value = turns;
    this.scripted.value = true;
    this.shown = -1;
    this.at(this.position.peek());
  }

  /** Shows the talk as it was at a time. */
  at(position: number): void {
    this.position.value = position;
    if (!this.scripted.peek()) return;
    const count = stepsBy(this.steps, position);
    if (count === this.shown) return;
    this.shown = count;
    this.store.replace(linesAfter(this.steps, count));
  }
}

/** Both sides' loudness over time, yours above; a click leads there. */
export function Loudness(props: { yours: number[]; theirs: number[]; share: number }) {
  const { yours, theirs, share } = props;
  const columns = Math.max(yours.length, 1);
  const path = (peaks: number[], side: 1 | -1) =>
    peaks.map((peak, index) => (peak ? `M${index},25v${(-side * peak * 0.24).toFixed(1)}` : "")).join("");
  return (
    <svg
      class="rw-replay-loudness"
      viewBox={`0 0 ${columns} 50`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="rw-wave-user" d={path(yours, 1)} />
      <path class="rw-wave-voice" d={path(theirs, -1)} />
      <rect class="rw-replay-played" x="0" y="0" width={share * columns} height="50" />
    </svg>
  );
}

export function ReplayView(props: {
  state: ReplayState;
  player: RecordingPlayer;
  title: string;
  about: string;
  problems: string[];
  seconds: number;
  hasSound: boolean;
  /** Inserts the talk as cells; null where the front end cannot. */
  insert: (() => void) | null;
  yours: number[];
  theirs: number[];
}) {
  const { state, player, seconds } = props;
  const { list, away, toEnd } = useFollowEnd();
  useEntryKeys(list);
  const position = state.position.value;
  const playing = state.playing.value;
  const order = state.store.order.value;
  const turn = turnAt(state.turns.value, position);
  const waits = !state.scripted.value;
  return (
    <section class="rw-replay-box" aria-label={props.title}>
      <div class="rw-replay-head">
        <strong>{props.title}</strong>
        <span>{props.about}</span>
        {props.insert && (
          <button
            type="button"
            class="rw-line-button"
            title="Words as markdown, tool calls as code that runs, with their results"
            disabled={waits}
            onClick={props.insert}
          >
            Insert as cells below
          </button>
        )}
      </div>
      {[...props.problems, state.problem.value].filter(Boolean).map((problem) => (
        <div key={problem} class="rw-cut" role="alert">
          {problem}
        </div>
      ))}
      <div class="rw-replay-controls">
        <button
          type="button"
          class={`rw-play-button${playing === "paused" ? "" : " rw-playing"}`}
          aria-label={playing === "paused" ? "Play" : "Pause"}
          title={waits ? "Run the cell again to play it" : playing === "paused" ? "Play the talk" : "Pause"}
          aria-busy={playing === "loading"}
          disabled={waits}
          onClick={() => (playing === "paused" ? player.play() : player.pause())}
        >
          {playing === "paused" ? <PlayIcon /> : <PauseIcon />}
        </button>
        <div class="rw-replay-scrubber">
          {props.yours.length > 0 && (
            <Loudness yours={props.yours} theirs={props.theirs} share={seconds ? position / seconds : 0} />
          )}
          <input
            type="range"
            aria-label="Place in the talk"
            aria-valuetext={`${clock(position)} of ${clock(seconds)}`}
            min="0"
            max={seconds}
            step="any"
            value={position}
            disabled={waits}
            onInput={(event) => player.seek(Number(event.currentTarget.value))}
          />
        </div>
        <span class="rw-replay-time">
          {clock(position)} / {clock(seconds)}
          {!props.hasSound && " (no sound)"}
        </span>
      </div>
      <div class="rw-list-place">
        <div class="rw-list" ref={list} role="log" aria-label="Transcript">
          {order.length === 0 && <div class="rw-empty">Nothing was said yet.</div>}
          {order.map((id) => (
            <div key={id} class="rw-entry" tabIndex={-1}>
              <EntryView entry={state.store.entry(id)!} talk={OVER} />
            </div>
          ))}
        </div>
        {away && (
          <button type="button" class="rw-to-end" onClick={toEnd}>
            Newest ↓
          </button>
        )}
      </div>
      {turn && (
        <details class="rw-replay-time-part">
          <summary>
            Where the time of turn {turn.detail.number} went
            {turn.detail.delay !== null && `: the answer after ${turn.detail.delay.toFixed(2)} s`}
          </summary>
          <Waterfall turn={turn.detail} />
        </details>
      )}
    </section>
  );
}

/** A factory, because each model has its own player, which goes on while its view is out of the page. */
export default (() => {
  let state: ReplayState | null = null;
  let player: RecordingPlayer | null = null;
  let views = 0;
  let late: ReturnType<typeof setTimeout> | undefined;
  let unseen: ReturnType<typeof setTimeout> | undefined;
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      const send = sender<ReplayReport>(model);
      const shown = (state = new ReplayState(model.get("entries"), model.get("seconds")));
      const made = (player = new RecordingPlayer(
        model.get("seconds"),
        model.get("piece_s"),
        model.get("has_sound"),
        (index) => {
          send({ type: "want", page_id: PAGE_ID, index });
          clearTimeout(late);
          late = setTimeout(() => {
            if (made.state !== "loading") return;
            shown.problem.value = "The kernel does not send the sound: run the cell again";
            made.fail();
          }, PATIENCE_MS);
        },
        () => {
          shown.playing.value = made.state;
          shown.at(made.position);
        },
      ));
      made.seek(model.get("seconds"));
      const end = onMessage<ReplayCommand>(model, (message, buffers) => {
        if (message.type === "math") return formulasCame(bufferOf(buffers, "module"));
        if (message.page_id !== PAGE_ID) return;
        if (message.type === "script") shown.follow(message.steps, message.turns);
        else if (message.type === "cells") insertCells(model, JSON.parse(message.text) as object[]);
        else if (message.type === "failed") {
          shown.problem.value = message.text;
          made.fail();
        } else
          return made.put(message.index, bufferOf(buffers, "sound")).catch(() => {
            shown.problem.value = "This browser cannot read the sound of the recording";
            made.fail();
          });
      });
      formulasFrom(() => send({ type: "math" }));
      send({ type: "open", page_id: PAGE_ID });
      return () => {
        end();
        clearTimeout(late);
        clearTimeout(unseen);
        made.end();
      };
    },
    render({ model, el }) {
      const scope = new Scope();
      views++;
      clearTimeout(unseen);
      scope.add(() => {
        if (--views === 0) unseen = setTimeout(() => player?.pause(), UNSEEN_MS);
      });
      scope.add(hideCopy(model.get("saved_as")));
      return scope.show(
        el,
        "rw-replay",
        <FrontEndContext.Provider value={frontEndOf(model)}>
          <ReplayView
            state={state!}
            player={player!}
            title={model.get("title")}
            about={model.get("about")}
            problems={model.get("problems")}
            seconds={model.get("seconds")}
            hasSound={model.get("has_sound")}
            insert={
              takesCells(model)
                ? () => sender<ReplayReport>(model)({ type: "want_cells", page_id: PAGE_ID })
                : null
            }
            yours={model.get("yours")}
            theirs={model.get("theirs")}
          />
        </FrontEndContext.Provider>,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
