import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/messages";
import { TranscriptStore } from "../../../src/widgets/talk/transcript_store";

function entry(id: string, text = ""): Entry {
  return {
    id,
    kind: "user",
    source: "",
    text,
    state: "completed",
    cut: false,
    heard_ms: null,
    heard_length: null,
    preamble: false,
    delay: null,
    turn: null,
    at: null,
    sound: false,
    sound_gone: false,
    edited: false,
  };
}

function upsert(store: TranscriptStore, id: string, after: string | null, text = ""): void {
  store.apply({ type: "upsert", entry: entry(id, text), after });
}

describe("order", () => {
  it("is by predecessor, not by arrival", () => {
    const store = new TranscriptStore();
    upsert(store, "question", null);
    upsert(store, "answer", "question");
    upsert(store, "call", "question");
    expect(store.order.value).toEqual(["question", "call", "answer"]);
  });

  it("puts a first entry before all others", () => {
    const store = new TranscriptStore([entry("b")]);
    upsert(store, "a", null);
    expect(store.order.value).toEqual(["a", "b"]);
  });

  it("comes out the same however the messages are mixed", () => {
    const links: [string, string | null][] = [
      ["a", null],
      ["b", "a"],
      ["c", "b"],
      ["d", "c"],
    ];
    for (const mixed of permutations(links)) {
      const store = new TranscriptStore();
      for (const [id, after] of mixed) upsert(store, id, after);
      expect(store.order.value).toEqual(["a", "b", "c", "d"]);
    }
  });

  it("shows an entry at the end until its predecessor has come", () => {
    const store = new TranscriptStore([entry("a")]);
    upsert(store, "c", "b");
    expect(store.order.value).toEqual(["a", "c"]);
    upsert(store, "b", null);
    expect(store.order.value).toEqual(["b", "c", "a"]);
  });

  it("moves an entry that gets another predecessor", () => {
    const store = new TranscriptStore([entry("a"), entry("b"), entry("c")]);
    upsert(store, "c", "a");
    expect(store.order.value).toEqual(["a", "c", "b"]);
  });
});

describe("changes", () => {
  it("of one entry leave the list itself alone", () => {
    const store = new TranscriptStore([entry("a"), entry("b")]);
    const order = store.order.value;
    upsert(store, "b", "a", "more words");
    expect(store.order.value).toBe(order);
    expect(store.entry("b")!.value.text).toBe("more words");
  });

  it("take an entry out", () => {
    const store = new TranscriptStore([entry("a"), entry("b")]);
    store.apply({ type: "remove", id: "a" });
    expect(store.order.value).toEqual(["b"]);
    expect(store.entry("a")).toBeUndefined();
  });

  it("of the saved state replace everything", () => {
    const store = new TranscriptStore([entry("a"), entry("b")]);
    store.replace([entry("b", "new"), entry("c")]);
    expect(store.order.value).toEqual(["b", "c"]);
    expect(store.entry("b")!.value.text).toBe("new");
  });
});

function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((one, i) => permutations(list.filter((_, j) => j !== i)).map((rest) => [one, ...rest]));
}
