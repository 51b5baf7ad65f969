/** The review queue: what checks flagged and tool calls that wait, for a person who reads, hears and decides. */

import type { AnyWidget } from "@anywidget/types";
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { bufferOf, onMessage, sender } from "../../anywidget";
import { ClipPlayer } from "../../audio/playback/clip";
import { randomId } from "../../audio/port/random_id";
import type {
  Decide,
  Judge,
  PlaySide,
  ReviewCommand,
  ReviewItem,
  ReviewReport,
  ToolCard,
} from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { Approval } from "../../ui/approval";
import { Scope } from "../../ui/bind";
import { CheckIcon, PlayIcon, StopIcon } from "../../ui/icons";

interface Traits {
  reviewer: string;
  waiting: number;
}

export type Judgement = Judge["judgement"];
type Side = PlaySide["side"];

/** Identifies this page in requests for sound: other pages that show the queue stay silent. */
const PAGE_ID = randomId();

const PLACES: Record<string, string> = {
  input: "said by the user",
  output: "in the answer",
  tool_arguments: "arguments of a tool",
  tool_result: "result of a tool",
  picture: "an image",
};
const ACTIONS: Record<string, string> = {
  flag: "let pass",
  mask: "hidden",
  replace: "replaced",
  stop: "stopped",
  end: "session ended",
};
const JUDGEMENTS: { judgement: Judgement; key: string; label: string; title: string }[] = [
  { judgement: "right", key: "r", label: "Right", title: "The check was right (R)" },
  { judgement: "wrong", key: "w", label: "False alarm", title: "A false alarm (W)" },
  { judgement: "unsure", key: "u", label: "Unsure", title: "That cannot be said (U)" },
];
const WORDS = Object.fromEntries(JUDGEMENTS.map(({ judgement, label }) => [judgement, label]));

/** What a page knows of the queue. */
export class ReviewStore {
  readonly items: Signal<Map<string, ReviewItem>> = signal(new Map());
  readonly calls: Signal<ToolCard[]> = signal([]);
  /** Whether the kernel has told what there is. */
  readonly known = signal(false);
  readonly chosen: Signal<string | null> = signal(null);
  readonly openOnly = signal(true);
  readonly check = signal("");
  readonly playing: Signal<Side | null> = signal(null);
  /** Ids of items that were decided here, which stay in the list of open ones until another one is chosen. */
  private readonly kept: Signal<string | null> = signal(null);

  readonly checks = computed(() =>
    [...new Set([...this.items.value.values()].map((item) => item.check))].sort(),
  );
  /** The items that are listed, open ones first, the newest first. */
  readonly listed = computed(() => {
    const shown = [...this.items.value.values()].filter(
      (item) =>
        (!this.check.value || item.check === this.check.value) &&
        (!this.openOnly.value || item.own === null || item.id === this.kept.value),
    );
    const open = (item: ReviewItem) => item.own === null || item.id === this.kept.value;
    return shown.sort((a, b) => Number(open(b)) - Number(open(a)) || b.time - a.time);
  });
  readonly current = computed(
    () => this.listed.value.find((item) => item.id === this.chosen.value) ?? this.listed.value[0] ?? null,
  );

  apply(command: Exclude<ReviewCommand, { type: "sound" }>): void {
    switch (command.type) {
      case "items": {
        const items = new Map(command.whole ? [] : this.items.value);
        for (const item of command.items) items.set(item.id, item);
        this.items.value = items;
        this.known.value ||= command.whole;
        break;
      }
      case "gone": {
        const items = new Map(this.items.value);
        for (const id of command.ids) items.delete(id);
        this.items.value = items;
        break;
      }
      case "asking":
        this.calls.value = command.calls;
    }
  }

  choose(id: string | null): void {
    this.kept.value = null;
    this.chosen.value = id;
  }

  /** Chooses the next item, or the one before. */
  step(by: 1 | -1): void {
    const listed = this.listed.value;
    const at = listed.findIndex((item) => item.id === this.current.value?.id);
    const next = listed[Math.min(Math.max(at + by, 0), listed.length - 1)];
    if (next) this.choose(next.id);
  }

  /** Keeps the decided item in view. */
  decided(id: string): void {
    this.chosen.value = id;
    this.kept.value = id;
  }
}

function when(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" });
}

/** The text that was flagged, marked in a longer one that holds it. */
export function Marked({ text, part }: { text: string; part: string }) {
  const at = part ? text.indexOf(part) : -1;
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{part}</mark>
      {text.slice(at + part.length)}
    </>
  );
}

export function ItemLine(props: { item: ReviewItem; chosen: boolean; choose: () => void }) {
  const { item } = props;
  return (
    <li>
      <button
        type="button"
        class={`rw-review-item${item.own ? "" : " rw-review-open"}`}
        aria-current={props.chosen ? "true" : undefined}
        onClick={props.choose}
      >
        <span class="rw-review-check">{item.check}</span>
        <span class="rw-review-action">{item.own ? WORDS[item.own.judgement] : ACTIONS[item.action]}</span>
        <span class="rw-review-text" dir="auto">
          {item.text || item.reason || "an image"}
        </span>
      </button>
    </li>
  );
}

function Sound(props: { item: ReviewItem; playing: Side | null; play: (side: Side) => void }) {
  const sides: [Side, boolean, string][] = [
    ["heard", props.item.heard, "the user"],
    ["spoken", props.item.spoken, "the answer"],
  ];
  return (
    <div class="rw-review-sound">
      {sides.map(([side, there, who]) => {
        const plays = props.playing === side;
        return (
          there && (
            <button key={side} type="button" onClick={() => props.play(side)} aria-pressed={plays}>
              {plays ? <StopIcon /> : <PlayIcon />}
              {plays ? "Stop" : `Hear ${who}`}
            </button>
          )
        );
      })}
    </div>
  );
}

const WHO: Record<string, string> = { user: "User", assistant: "Assistant", system: "System", tool: "Tool" };

export function Detail(props: {
  item: ReviewItem;
  note: Signal<string>;
  playing: Side | null;
  judge: (judgement: Judgement) => void;
  play: (side: Side) => void;
}) {
  const { item, note } = props;
  const inTalk = item.talk.some((said) => said.flagged && said.text.includes(item.text));
  return (
    <section class="rw-review-detail" aria-label={`Flagged by ${item.check}`}>
      <header>
        <strong>{item.check}</strong>
        <span class="rw-review-action">{ACTIONS[item.action]}</span>
        <span class="rw-source">
          {PLACES[item.place]}
          {item.tool && ` ${item.tool}`}
          {item.score !== null && `, score ${item.score.toFixed(2)}`}, {when(item.time)}
        </span>
      </header>
      {item.reason && (
        <p class="rw-review-reason" dir="auto">
          {item.reason}
        </p>
      )}
      {item.text && !inTalk && (
        <p class="rw-review-flagged rw-text" dir="auto">
          <mark>{item.text}</mark>
        </p>
      )}
      <ol class="rw-review-talk" tabIndex={0} aria-label="The talk before it">
        {item.talk.map((said, index) => (
          <li key={index} class={said.flagged ? "rw-review-said" : undefined}>
            <span class="rw-who">{WHO[said.role] ?? said.role}</span>
            <span class="rw-text" dir="auto">
              {said.flagged ? <Marked text={said.text} part={item.text} /> : said.text || "…"}
            </span>
          </li>
        ))}
      </ol>
      <Sound item={item} playing={props.playing} play={props.play} />
      <textarea
        class="rw-review-note"
        aria-label="Note"
        placeholder="Why? (kept with your decision)"
        rows={2}
        value={note.value}
        onInput={(event) => (note.value = event.currentTarget.value)}
      />
      <div class="rw-review-decide" role="group" aria-label="Decide">
        {JUDGEMENTS.map(({ judgement, label, title }) => (
          <button
            key={judgement}
            type="button"
            title={title}
            aria-pressed={item.own?.judgement === judgement}
            onClick={() => props.judge(judgement)}
          >
            {item.own?.judgement === judgement && <CheckIcon />}
            {label}
          </button>
        ))}
      </div>
      {item.others.length > 0 && (
        <ul class="rw-review-others" aria-label="Others decided">
          {item.others.map((other) => (
            <li key={other.reviewer}>
              <strong>{other.reviewer || "somebody"}</strong>: {WORDS[other.judgement]}
              {other.note && ` (${other.note})`}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function ReviewView(props: {
  store: ReviewStore;
  reviewer: ReadonlySignal<string>;
  waiting: ReadonlySignal<number>;
  send: (report: ReviewReport) => void;
  stop: () => void;
}) {
  const { store, send } = props;
  const item = store.current.value;
  const note = useMemo(() => signal(item?.own?.note ?? ""), [item?.id]);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [item?.id]);
  const judge = (judgement: Judgement) => {
    const current = store.current.value; // a key may come before what it follows is drawn
    if (!current) return;
    const words = current.id === item?.id ? note.value : (current.own?.note ?? "");
    store.decided(current.id);
    send({ type: "judge", id: current.id, judgement, note: words });
  };
  const play = (side: Side) => {
    const again = store.playing.value === side;
    props.stop();
    if (again || !item) return;
    store.playing.value = side;
    send({ type: "play", id: item.id, side, page_id: PAGE_ID });
  };
  const keys = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || /^(TEXTAREA|INPUT|SELECT)$/.test(target.tagName))
      return;
    const found = JUDGEMENTS.find(({ key }) => key === event.key.toLowerCase());
    if (found) judge(found.judgement);
    else if (event.key === "j" || event.key === "ArrowDown") store.step(1);
    else if (event.key === "k" || event.key === "ArrowUp") store.step(-1);
    else return;
    event.preventDefault();
  };
  const waiting = props.waiting.value;
  const calls = store.calls.value;
  const decide = (message: Decide) => send(message);
  return (
    <div class="rw-review-box" tabIndex={0} aria-label="Review" onKeyDown={keys}>
      <div class="rw-review-head">
        <strong>Review</strong>
        <span aria-live="polite">{waiting === 0 ? "nothing waits" : `${waiting} to decide`}</span>
        {props.reviewer.value && <span class="rw-source">as {props.reviewer.value}</span>}
        <label>
          <input
            type="checkbox"
            checked={store.openOnly.value}
            onChange={(event) => (store.openOnly.value = event.currentTarget.checked)}
          />
          only those
        </label>
        {store.checks.value.length > 1 && (
          <select
            aria-label="Check"
            value={store.check.value}
            onChange={(event) => (store.check.value = event.currentTarget.value)}
          >
            <option value="">all checks</option>
            {store.checks.value.map((check) => (
              <option key={check} value={check}>
                {check}
              </option>
            ))}
          </select>
        )}
      </div>
      {calls[0] && (
        <Approval key={calls[0].call_id} tool={calls[0]} more={calls.length - 1} decide={decide} />
      )}
      {item ? (
        <div class="rw-review-panes">
          <ol class="rw-review-list" ref={list} aria-label="Flagged">
            {store.listed.value.map((each) => (
              <ItemLine
                key={each.id}
                item={each}
                chosen={each.id === item.id}
                choose={() => {
                  props.stop();
                  store.choose(each.id);
                }}
              />
            ))}
          </ol>
          <Detail item={item} note={note} playing={store.playing.value} judge={judge} play={play} />
        </div>
      ) : (
        <div class="rw-review-empty">
          {!store.known.value
            ? "The queue is shown while its kernel runs; nothing of it is saved with the notebook."
            : store.items.value.size
              ? "Everything here is decided."
              : "What checks flag appears here."}
        </div>
      )}
    </div>
  );
}

/** A factory, because each model has its own store, which follows messages also while no view is in the page. */
export default (() => {
  const store = new ReviewStore();
  let player: ClipPlayer | null = null;
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      player = new ClipPlayer(() => (store.playing.value = null));
      const end = onMessage<ReviewCommand>(model, (message, buffers) => {
        if (message.type !== "sound") store.apply(message);
        else if (message.page_id === PAGE_ID) player?.play(bufferOf(buffers, "sound"));
      });
      sender<ReviewReport>(model)({ type: "ready" });
      return () => {
        end();
        player?.stop();
      };
    },
    render({ model, el }) {
      const scope = new Scope();
      const view = (
        <ReviewView
          store={store}
          reviewer={scope.trait(model, "reviewer")}
          waiting={scope.trait(model, "waiting")}
          send={sender<ReviewReport>(model)}
          stop={() => player?.stop()}
        />
      );
      return scope.show(el, "rw-review", view);
    },
  };
}) satisfies AnyWidget<Traits>;
