import { expect, it } from "vitest";
import { nextEntry } from "../../../src/ui/transcript/list";

it("leads from entry to entry by the arrow keys, and stays within the list", () => {
  expect(nextEntry("ArrowUp", 2, 5)).toBe(1);
  expect(nextEntry("ArrowDown", 2, 5)).toBe(3);
  expect(nextEntry("ArrowUp", 0, 5)).toBe(0);
  expect(nextEntry("ArrowDown", 4, 5)).toBe(4);
  expect(nextEntry("Home", 3, 5)).toBe(0);
  expect(nextEntry("End", 0, 5)).toBe(4);
  expect(nextEntry("a", 2, 5)).toBeNull();
  expect(nextEntry("ArrowDown", 0, 0)).toBeNull();
});
