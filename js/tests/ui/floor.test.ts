import { beforeEach, describe, expect, it } from "vitest";
import { Floor, type Table } from "../../src/ui/floor";
import { stateInWords } from "../../src/widgets/teaching/lesson";

const DEVICES = [
  { deviceId: "a", label: "Left" },
  { deviceId: "b", label: "" },
];
let given: (string | null)[];
let kept: Map<string, string>;
let floor: Floor;

beforeEach(() => {
  given = [];
  kept = new Map();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  floor = new Floor((table: Table | null) => given.push(table?.name ?? null), storage);
  floor.devices(DEVICES);
});

describe("the floor", () => {
  it("goes to who raises a hand first, and then to the next", () => {
    expect(floor.tables.value.map(({ name }) => name)).toEqual(["Table 1 (Left)", "Table 2"]);
    floor.raise("b");
    floor.raise("a");
    expect(given).toEqual(["Table 2"]);
    expect(floor.hands.value).toEqual(["a"]);
    floor.done();
    floor.done();
    expect(given).toEqual(["Table 2", "Table 1 (Left)", null]);
  });

  it("is not given to who takes the hand down", () => {
    floor.raise("a");
    floor.raise("b");
    floor.raise("b");
    floor.done();
    expect(given).toEqual(["Table 1 (Left)", null]);
  });

  it("is lost with the microphone, and goes on", () => {
    floor.raise("a");
    floor.raise("b");
    floor.devices([DEVICES[1]!]);
    expect(given).toEqual(["Table 1 (Left)", "Table 1"]);
    floor.devices([]);
    expect(given.at(-1)).toBeNull();
  });

  it("has names that the browser keeps", () => {
    floor.rename("a", "Window");
    const again = new Floor(() => undefined, {
      getItem: (key) => kept.get(key) ?? null,
      setItem: () => undefined,
    });
    again.devices(DEVICES);
    expect(again.tables.value[0]!.name).toBe("Window");
  });
});

describe("the state of a lesson", () => {
  it("is said in words for the class", () => {
    expect(stateInWords("listening", "", false)).toBe("Raise a hand");
    expect(stateInWords("listening", "Table 2", true)).toBe("Listening to Table 2");
    expect(stateInWords("speaking", "Table 2", false)).toBe("Speaking");
    expect(stateInWords("closed", "", false)).toBe("The lesson is over");
  });
});
