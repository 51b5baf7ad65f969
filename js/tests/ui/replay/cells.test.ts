import { describe, expect, it } from "vitest";
import { insertBelow, insertCells, takesCells } from "../../../src/ui/replay/cells";

function made(outputs: unknown[][]) {
  const cells: object[] = outputs.map((each) => ({ toJSON: () => ({ outputs: each }) }));
  const sharedModel = {
    cells,
    insertCells: (index: number, added: object[]) => cells.splice(index, 0, ...added),
  };
  const model = { get: () => "rw-saved-1", widget_manager: { context: { model: { sharedModel } } } };
  return { cells, model };
}

describe("cells of a recording", () => {
  it("go below the cell that shows it", () => {
    const { cells, model } = made([[], [{ data: { "text/html": '<section class="rw-saved-1">' } }], []]);
    expect(takesCells(model)).toBe(true);
    const added = [{ source: "a" }, { source: "b" }];
    insertCells(model, added);
    expect(cells.slice(2, 4)).toEqual(added);
    expect(cells.length).toBe(5);
  });

  it("go to the end if no cell does", () => {
    const { cells, model } = made([[], []]);
    insertCells(model, [{ source: "a" }]);
    expect(cells.at(-1)).toEqual({ source: "a" });
  });

  it("go below the cell that ran, and to the end if it is gone", () => {
    const { cells, model } = made([[], [], []]);
    Object.assign(cells[1]!, { id: "ran" });
    insertBelow(model, "ran", [{ source: "a" }]);
    insertBelow(model, "gone", [{ source: "b" }]);
    expect(cells[2]).toEqual({ source: "a" });
    expect(cells.at(-1)).toEqual({ source: "b" });
    expect(() => insertBelow({ widget_manager: {} }, "ran", [{}])).toThrow("no notebook");
  });

  it("go nowhere in other front ends", () => {
    const model = { get: () => "", widget_manager: {} };
    expect(takesCells(model)).toBe(false);
    insertCells(model, [{}]);
  });
});
