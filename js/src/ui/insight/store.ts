/** What a page knows of a session's time, events and money; the kernel sends it while the panel is shown. */

import { computed, type Signal, signal } from "@preact/signals";
import type {
  EventRow,
  EventsFound,
  Health,
  InsightCommand,
  Money,
  SettingsAnswer,
  ShownSettings,
  ShownTurn,
  ToolRow,
  Tried,
  TurnDetail,
} from "../../messages";

export type Sender = "" | EventRow["sender"];

/** Events that a page lists at most; of more the oldest leave. */
export const MOST_EVENTS = 5000;

/** Events with all words of a text; up to the number `until` every one was looked at. */
export interface Found {
  text: string;
  rows: readonly EventRow[];
  until: number;
}

export class InsightStore {
  readonly turns: Signal<ReadonlyMap<number, ShownTurn>> = signal(new Map());
  readonly detail: Signal<TurnDetail | null> = signal(null);
  readonly events: Signal<readonly EventRow[]> = signal([]);
  readonly payload: Signal<{ number: number; text: string } | null> = signal(null);
  readonly test: Signal<string> = signal("");
  readonly money: Signal<Money | null> = signal(null);
  readonly tools: Signal<readonly ToolRow[] | null> = signal(null);
  readonly tried: Signal<Tried | null> = signal(null);
  readonly settings: Signal<ShownSettings | null> = signal(null);
  /** What became of the last change of a setting. */
  readonly answer: Signal<SettingsAnswer | null> = signal(null);
  readonly code: Signal<string> = signal("");
  readonly health: Signal<Health | null> = signal(null);
  /** The way to the kernel and back (ms); null until it is measured. */
  readonly roundTrip: Signal<number | null> = signal(null);

  readonly filter = signal("");
  /** What the kernel found of the filter's words in the events themselves; null until it has answered. */
  readonly found: Signal<Found | null> = signal(null);
  readonly sender: Signal<Sender> = signal("");
  /** The events that stood there when the list was paused; null while it runs. */
  readonly paused: Signal<readonly EventRow[] | null> = signal(null);

  readonly shownEvents = computed(() => {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const sender = this.sender.value;
    const rows = this.paused.value ?? this.events.value;
    const found = this.found.value?.text === this.filter.value ? this.found.value.rows : [];
    const within = rowsOf(found, rows);
    const fits = (row: EventRow) => {
      if (within.has(row.number)) return true;
      const text = `${row.name} ${row.note} ${row.turn === null ? "" : `turn ${row.turn}`}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const before = found.filter(({ number }) => rows[0] && number < rows[0].number);
    return [...before, ...rows.filter(fits)].filter((row) => !sender || row.sender === sender);
  });

  readonly newest = computed(() => Math.max(0, ...this.turns.value.keys()));

  apply(command: Exclude<InsightCommand, { type: "pong" }>): void {
    switch (command.type) {
      case "turns": {
        const turns = new Map(this.turns.value);
        for (const turn of command.turns) turns.set(turn.number, turn);
        this.turns.value = turns;
        break;
      }
      case "turn":
        this.detail.value = command;
        break;
      case "events":
        this.events.value = merged(command.whole ? [] : this.events.value, command.rows);
        break;
      case "found":
        this.found.value = joined(this.found.value, command);
        break;
      case "payload":
        this.payload.value = command;
        break;
      case "test":
        this.test.value = command.text;
        break;
      case "money":
        this.money.value = command;
        break;
      case "tools":
        this.tools.value = command.tools;
        break;
      case "tried":
        this.tried.value = command;
        break;
      case "settings":
        this.settings.value = command;
        break;
      case "answer":
        this.answer.value = command;
        break;
      case "code":
        this.code.value = command.text;
        break;
      case "health":
        this.health.value = command;
    }
  }
}

/** Returns what was found so far and now; a search of other words, or from the beginning, takes its place. */
function joined(before: Found | null, news: EventsFound): Found {
  const goesOn = before?.text === news.text && news.since > 0;
  return { text: news.text, rows: goesOn ? [...before.rows, ...news.rows] : news.rows, until: news.until };
}

/** Returns the numbers of the rows in which events stand: their own, or that of the run which they joined. */
function rowsOf(events: readonly EventRow[], rows: readonly EventRow[]): Set<number> {
  const numbers = new Set<number>();
  const last = new Map<string, number>();
  let next = 0;
  const place = (below: number) => {
    for (; next < events.length && events[next]!.number < below; next++) {
      const home = last.get(events[next]!.name);
      if (home !== undefined) numbers.add(home);
    }
  };
  for (const row of rows) {
    place(row.number);
    last.set(row.name, row.number);
  }
  place(Infinity);
  return numbers;
}

/** Returns rows with new ones among them; a row of a known number takes its place. */
function merged(rows: readonly EventRow[], news: readonly EventRow[]): EventRow[] {
  const known = new Map(rows.map((row) => [row.number, row]));
  for (const row of news) known.set(row.number, row);
  return [...known.values()].sort((a, b) => a.number - b.number).slice(-MOST_EVENTS);
}
