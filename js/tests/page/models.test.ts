/** Models of a page of its own: what the kernel says counts, and an old echo does not undo what was typed since. */

import { expect, test, vi } from "vitest";
import { PageModel } from "../../src/page/models";

test("a change of the page goes to the kernel, and its echo changes nothing", () => {
  const send = vi.fn();
  const model = new PageModel({ volume: 1 }, send);
  const seen: number[] = [];
  model.on("change:volume", () => seen.push(model.get("volume")));
  model.set("volume", 0.5);
  model.save_changes();
  model.set("volume", 0.2);
  model.save_changes();
  expect(send.mock.calls.map(([message]) => message.state)).toEqual([{ volume: 0.5 }, { volume: 0.2 }]);
  model.receive({ method: "echo_update", state: { volume: 0.5 } }, []);
  expect(model.get("volume")).toBe(0.2);
  model.receive({ method: "echo_update", state: { volume: 0.2 } }, []);
  model.receive({ method: "echo_update", state: { volume: 0.9 } }, []); // another page's
  expect(seen).toEqual([0.5, 0.2, 0.9]);
});

test("binary values and messages come as views", () => {
  const model = new PageModel({}, vi.fn());
  const got: unknown[] = [];
  model.on("msg:custom", (content, [view]) => got.push(content, view.getUint8(0)));
  model.receive({ method: "custom", content: { type: "x" } }, [new Uint8Array([7]).buffer]);
  expect(got).toEqual([{ type: "x" }, 7]);
  const state = { picture: { data: null } };
  model.receive({ method: "update", state, buffer_paths: [["picture", "data"]] }, [new ArrayBuffer(3)]);
  expect(model.get("picture").data.byteLength).toBe(3);
});

test("after a cut the kernel's state counts, and the port hears of it", () => {
  const model = new PageModel({ state: "on", other: [1] }, vi.fn());
  const events: string[] = [];
  for (const name of ["change:state", "change:other", "comm_live_update"])
    model.on(name, () => events.push(name));
  model.renew({ state: "off", other: [1] });
  expect(events).toEqual(["change:state", "comm_live_update"]);
});

test("a listener that fails keeps nothing from the others", () => {
  const model = new PageModel({ a: 1 }, vi.fn());
  const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const after = vi.fn();
  model.on("change:a", () => {
    throw new Error("x");
  });
  model.on("change:a", after);
  model.set("a", 2);
  expect(after).toHaveBeenCalledOnce();
  expect(error).toHaveBeenCalledOnce();
});
