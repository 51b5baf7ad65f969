import { describe, expect, it } from "vitest";
import type { EventRow, TurnDetail } from "../../../src/messages";
import "../../../src/ui/bind"; // makes what is rendered visible
import { bytes, EventLine } from "../../../src/ui/insight/events";
import { healthWords } from "../../../src/ui/insight/health";
import { scaleOf } from "../../../src/ui/insight/scale";
import { InsightStore, MOST_EVENTS } from "../../../src/ui/insight/store";
import { inWords, outline, Waterfall } from "../../../src/ui/insight/waterfall";
import { rendered } from "../../rendered";

function row(number: number, more: Partial<EventRow> = {}): EventRow {
  return {
    number,
    at: number,
    sender: "server",
    name: "response.done",
    size: 10,
    count: 1,
    turn: null,
    note: "",
    ...more,
  };
}

const TURN: TurnDetail = {
  type: "turn",
  number: 3,
  question: "How fast?",
  delay: 0.62,
  heard: true,
  interrupted: true,
  spans: [
    { name: "user speaks", begin: -1.2, end: 0, label: "" },
    { name: "tool", begin: 0.2, end: 0.5, label: "rate" },
    { name: "silence", begin: 0, end: 0.62, label: "" },
    { name: "answer", begin: 0.62, end: 1.5, label: "" },
  ],
  marks: [{ name: "interruption", at: 1.5 }],
  user: [{ begin: -1.2, step: 0.02, peaks: [0, 100, 255] }],
  voice: [],
};

describe("events", () => {
  it("take the place of rows of their number, in order", () => {
    const store = new InsightStore();
    store.apply({ type: "events", rows: [row(1), row(2), row(5)], whole: true });
    store.apply({ type: "events", rows: [row(2, { count: 7 }), row(6)], whole: false });
    expect(store.events.value.map(({ number, count }) => [number, count])).toEqual([
      [1, 1],
      [2, 7],
      [5, 1],
      [6, 1],
    ]);
  });

  it("are bounded, and the oldest leave", () => {
    const store = new InsightStore();
    const rows = Array.from({ length: MOST_EVENTS + 10 }, (_, number) => row(number));
    store.apply({ type: "events", rows, whole: true });
    expect(store.events.value.length).toBe(MOST_EVENTS);
    expect(store.events.value[0]!.number).toBe(10);
  });

  it("are found by what stands in them, in the row of their run, and before the first that is listed", () => {
    const store = new InsightStore();
    const delta = { name: "response.output_audio.delta", count: 9 };
    store.apply({
      type: "events",
      rows: [row(10, { name: "error" }), row(11, delta), row(12), row(30, delta)],
      whole: true,
    });
    const numbers = () => store.shownEvents.value.map(({ number }) => number);
    store.filter.value = "item_7";
    expect(numbers()).toEqual([]);
    const found = { type: "found" as const, page_id: "p", text: "item_7" };
    store.apply({ ...found, rows: [row(3), row(14, delta)], since: 0, until: 31 });
    expect(numbers()).toEqual([3, 11]);
    store.apply({ ...found, rows: [row(33, delta)], since: 31, until: 40 });
    expect(numbers()).toEqual([3, 11, 30]);
    store.filter.value = "item_8"; // of which nothing is known yet
    expect(numbers()).toEqual([]);
  });

  it("are filtered by name, words, turn and direction", () => {
    const store = new InsightStore();
    const rows = [
      row(1, { name: "response.created", turn: 2 }),
      row(2, { name: "error", note: "Rate limit reached" }),
      row(3, { name: "response.create", sender: "client" }),
    ];
    store.apply({ type: "events", rows, whole: true });
    const numbers = () => store.shownEvents.value.map(({ number }) => number);
    store.filter.value = "response turn 2";
    expect(numbers()).toEqual([1]);
    store.filter.value = "LIMIT";
    expect(numbers()).toEqual([2]);
    store.filter.value = "";
    store.sender.value = "client";
    expect(numbers()).toEqual([3]);
  });

  it("stand still while they are paused, and none is lost", () => {
    const store = new InsightStore();
    store.apply({ type: "events", rows: [row(1)], whole: true });
    store.paused.value = store.events.value;
    store.apply({ type: "events", rows: [row(2)], whole: false });
    expect(store.shownEvents.value.length).toBe(1);
    store.paused.value = null;
    expect(store.shownEvents.value.length).toBe(2);
  });

  it("show what came from outside as text", () => {
    const line = (
      <EventLine
        row={row(1, { note: "<b>hi</b> \u202e", count: 3 })}
        open={false}
        payload={null}
        toggle={() => undefined}
        showTurn={() => undefined}
      />
    );
    expect(rendered(line).text).toContain("response.done ×3<b>hi</b> ⟨U+202E⟩10 B");
  });

  it("have sizes that are read at a glance", () => {
    expect([12, 1234, 56_789, 2_500_000].map(bytes)).toEqual(["12 B", "1.2 kB", "57 kB", "2.5 MB"]);
  });
});

describe("the waterfall", () => {
  it("says in words what it draws", () => {
    expect(inWords(TURN)).toBe(
      "The answer began after 0.6 s. user speaks 1.2 s, rate 0.3 s, silence 0.6 s, answer 0.9 s, interrupted.",
    );
  });

  it("has a lane for each kind and each tool, and one for the waveforms", () => {
    const { text, spoken } = rendered(<Waterfall turn={TURN} />);
    for (const words of ["You speak", "rate", "Answer", "0.3 s"]) expect(text).toContain(words);
    expect(spoken).toContain("Interrupted here");
    expect(text).not.toContain("silence");
  });

  it("draws a waveform between its ends, above the line", () => {
    const scale = scaleOf(-1.2, 0);
    const path = outline(TURN.user[0]!, 1, scale);
    const points = [...path.matchAll(/([\d.-]+),([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    expect(points[0]![0]).toBeCloseTo(scale.at(-1.2), 1);
    expect(points.at(-1)![0]).toBeCloseTo(scale.at(-1.14), 1);
    expect(points.every(([, y]) => y! <= 22)).toBe(true);
  });

  it("has few round marks, with zero among them", () => {
    for (const [begin, end] of [
      [-1.2, 3],
      [0, 0.08],
      [-4, 65],
    ] as const) {
      const { ticks } = scaleOf(begin, end);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(10);
      expect(ticks).toContain(0);
    }
  });
});

describe("the health line", () => {
  const health = {
    type: "health" as const,
    queued_ms: 120,
    startup_ms: 40,
    underruns: 0,
    dropped: 0,
    lost: 0,
    lane_ms: null,
    cell_s: 0,
    heard: true,
  };
  const bad = (...of: Parameters<typeof healthWords>) =>
    healthWords(...of)
      .filter(([, , isBad]) => isBad)
      .map(([words]) => words);

  it("is quiet while all is well", () => {
    expect(bad(health, 12)).toEqual([]);
    expect(healthWords(health, 12).map(([words]) => words)).toContain("buffer 120 ms (starts at 40)");
  });

  it("says which way the sound goes", () => {
    const words = (lane_ms: number | null) => healthWords({ ...health, lane_ms }, 12).map(([words]) => words);
    expect(words(null)).toContain("sound on the notebook's connection");
    expect(words(1.4)).toContain("sound on the direct lane, 1 ms");
  });

  it("names what is heard as a fault", () => {
    const news = { ...health, underruns: 1, lost: 2, cell_s: 4, heard: false };
    expect(bad(news, 300)).toEqual(["round trip 300 ms", "1 gap", "2 blocks lost", "a cell runs for 4.0 s"]);
    expect(bad({ ...health, cell_s: 4 }, 12)).toEqual([]);
  });
});
