import { describe, expect, it } from "vitest";
import type { Entry, ReplayStep, ReplayTurn } from "../../../src/messages";
import { linesAfter, stepsBy, turnAt } from "../../../src/ui/replay/script";

const entry = (id: string, text: string) => ({ id, text }) as Entry;
const step = (at: number, id: string, text: string | null, after: string | null): ReplayStep => ({
  at,
  id,
  entry: text === null ? null : entry(id, text),
  after,
});

const STEPS = [
  step(0, "note", "recorded", null),
  step(1, "a", "Hi", "note"),
  step(2, "c", "Hel", "a"),
  step(3, "b", "between", "a"),
  step(3, "c", "Hello", "b"),
  step(5, "b", null, null),
];

describe("a recorded talk at some moment", () => {
  it("has the lines of that moment in reading order", () => {
    const at = (time: number) => linesAfter(STEPS, stepsBy(STEPS, time)).map((line) => line.text);
    expect(at(-1)).toEqual([]);
    expect(at(1.5)).toEqual(["recorded", "Hi"]);
    expect(at(2)).toEqual(["recorded", "Hi", "Hel"]);
    expect(at(4)).toEqual(["recorded", "Hi", "between", "Hello"]);
    expect(at(9)).toEqual(["recorded", "Hi", "Hello"]);
  });

  it("has the turn that is going on", () => {
    const turns = [{ at: 1 }, { at: 4 }] as ReplayTurn[];
    expect([turnAt(turns, 0), turnAt(turns, 3), turnAt(turns, 4)]).toEqual([null, turns[0], turns[1]]);
  });
});
