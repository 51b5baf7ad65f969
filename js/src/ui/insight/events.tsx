/** The part with every event both ways: filter, pause, payload, and the talk as a test. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { EventRow } from "../../messages";
import type { InsightStore, Sender } from "./store";

const SENDERS: [Sender, string][] = [
  ["", "both ways"],
  ["client", "sent"],
  ["server", "received"],
];

/** Rows that are in the page at once: the newest ones, and as many again with each click. */
const SHOWN = 300;

/** The kernel looks for words when the user has typed them, and later in events that have come since (ms). */
const TYPED_MS = 150;
const AGAIN_MS = 1000;

/** Formats a number of bytes. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1000).toFixed(size < 1e4 ? 1 : 0)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}

export function EventLine(props: {
  row: EventRow;
  open: boolean;
  payload: string | null;
  toggle: () => void;
  showTurn: (turn: number) => void;
}) {
  const { row, open } = props;
  const sent = row.sender === "client";
  return (
    <li class={`rw-event${sent ? " rw-event-sent" : ""}${row.name === "error" ? " rw-event-error" : ""}`}>
      <div class="rw-event-row">
        <button type="button" class="rw-event-button" aria-expanded={open} onClick={props.toggle}>
          <span class="rw-event-at">{row.at.toFixed(2)}</span>
          <span class="rw-event-way" role="img" aria-label={sent ? "sent" : "received"}>
            {sent ? "↑" : "↓"}
          </span>
          <span class="rw-event-name">
            {row.name}
            {row.count > 1 && <b> ×{row.count}</b>}
          </span>
          <span class="rw-event-note">{row.note}</span>
          <span class="rw-event-size">{bytes(row.size)}</span>
        </button>
        {row.turn !== null && (
          <button
            type="button"
            class="rw-event-turn"
            title={`Where the time of turn ${row.turn} went`}
            onClick={() => props.showTurn(row.turn!)}
          >
            {row.turn}
          </button>
        )}
      </div>
      {open && <pre class="rw-event-payload">{props.payload === null ? "…" : props.payload}</pre>}
    </li>
  );
}

function CopyTest({ store, ask }: { store: InsightStore; ask: () => void }) {
  const [state, setState] = useState<"" | "asked" | "copied" | "shown">("");
  const text = store.test.value;
  useEffect(() => {
    if (state !== "asked" || !text) return;
    const show = () => setState("shown");
    if (!navigator.clipboard) return show();
    navigator.clipboard.writeText(text).then(() => setState("copied"), show);
  }, [state, text]);
  return (
    <>
      <button
        type="button"
        class="rw-line-button"
        title="A file of Python that tests your tools against this talk, without a key"
        onClick={() => {
          store.test.value = "";
          setState("asked");
          ask();
        }}
      >
        {state === "copied" ? "Copied" : "Copy as test"}
      </button>
      {state === "shown" && (
        <textarea
          class="rw-event-test"
          aria-label="The talk as a test"
          readOnly
          rows={8}
          value={text}
          ref={(area) => area?.select()}
        />
      )}
    </>
  );
}

/** Has the kernel look for the filter's words in all that the events say, and again in what comes after that. */
function useSearch(store: InsightStore, search: (text: string, since: number) => void): boolean {
  const text = store.filter.value;
  const found = store.found.value?.text === text ? store.found.value : null;
  const since = found?.until ?? 0;
  const behind = text.trim() !== "" && (!found || (store.events.value.at(-1)?.number ?? -1) >= since);
  useEffect(() => {
    if (!behind) return;
    const timer = setTimeout(() => search(text, since), since ? AGAIN_MS : TYPED_MS);
    return () => clearTimeout(timer);
  }, [text, since, behind]);
  return behind && !found;
}

export function EventsPart(props: {
  store: InsightStore;
  search: (text: string, since: number) => void;
  read: (number: number) => void;
  askTest: () => void;
  showTurn: (turn: number) => void;
}) {
  const { store } = props;
  const [open, setOpen] = useState<number | null>(null);
  const [limit, setLimit] = useState(SHOWN);
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const rows = store.shownEvents.value;
  const shown = rows.slice(-limit);
  const paused = store.paused.value !== null;
  useLayoutEffect(() => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  });
  const payload = store.payload.value;
  const searching = useSearch(store, props.search);
  return (
    <div class="rw-events">
      <div class="rw-events-head">
        <input
          type="search"
          aria-label="Filter events"
          placeholder="Filter: name, any words, turn 3"
          value={store.filter.value}
          onInput={(event) => (store.filter.value = event.currentTarget.value)}
        />
        <select
          aria-label="Direction"
          value={store.sender.value}
          onChange={(event) => (store.sender.value = event.currentTarget.value as Sender)}
        >
          {SENDERS.map(([sender, label]) => (
            <option key={sender} value={sender}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="rw-line-button"
          aria-pressed={paused}
          onClick={() => (store.paused.value = paused ? null : store.events.peek())}
        >
          {paused ? "Go on" : "Pause"}
        </button>
        <CopyTest store={store} ask={props.askTest} />
      </div>
      <ol
        class="rw-event-list"
        ref={list}
        tabIndex={0}
        aria-label="Events, the newest last"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 8;
        }}
      >
        {rows.length > shown.length && (
          <li>
            <button type="button" class="rw-line-button" onClick={() => setLimit(limit + SHOWN)}>
              {rows.length - shown.length} earlier ones
            </button>
          </li>
        )}
        {shown.map((row) => (
          <EventLine
            key={row.number}
            row={row}
            open={open === row.number}
            payload={payload?.number === row.number ? payload.text : null}
            toggle={() => {
              setOpen(open === row.number ? null : row.number);
              if (open !== row.number) props.read(row.number);
            }}
            showTurn={props.showTurn}
          />
        ))}
        {rows.length === 0 && (
          <li class="rw-insight-empty">
            {searching
              ? "Looking through all events …"
              : `No events${store.filter.value && " like that"} yet.`}
          </li>
        )}
      </ol>
    </div>
  );
}
