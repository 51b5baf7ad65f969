import { expect, test } from "vitest";
import { bufferOf, onMessage, sender } from "../src/anywidget";

/** A model whose front end swallows what a handler throws, as they all do. */
function modelOf() {
  const sent: unknown[] = [];
  let listener: ((...given: unknown[]) => void) | null = null;
  const model = {
    on: (_: string, added: (...given: unknown[]) => void) => void (listener = added),
    off: () => void (listener = null),
    send: (content: unknown) => void sent.push(content),
  };
  const receive = (...given: unknown[]) => listener?.(...given);
  return { model: model as unknown as Parameters<typeof onMessage>[0], sent, receive };
}

test("a message without buffers is handled in front ends that hand over none", () => {
  const { model, receive } = modelOf();
  const got: unknown[] = [];
  onMessage(model, (command, buffers) => void got.push([command.type, buffers.length]));
  receive({ type: "beat" });
  receive({ type: "beat" }, null);
  receive({ type: "beat" }, []);
  expect(got).toEqual([
    ["beat", 0],
    ["beat", 0],
    ["beat", 0],
  ]);
});

test("buffers arrive as views, whatever kind the front end has", () => {
  const { model, receive } = modelOf();
  const got: number[][] = [];
  onMessage(model, (_, buffers) => {
    const view = bufferOf(buffers, "sound");
    got.push([...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)]);
  });
  const bytes = Uint8Array.of(0, 1, 2, 3);
  receive({ type: "play" }, [bytes.buffer]);
  receive({ type: "play" }, [bytes.subarray(1, 3)]);
  receive({ type: "play" }, [new DataView(bytes.buffer, 2)]);
  expect(got).toEqual([
    [0, 1, 2, 3],
    [1, 2],
    [2, 3],
  ]);
});

test("what a handler throws is told to the kernel, once for each kind of message", async () => {
  const { model, sent, receive } = modelOf();
  onMessage(model, (command, buffers) => {
    if (command.type === "play") bufferOf(buffers, "sound");
    else if (command.type === "later") return Promise.reject(new TypeError("not to be had"));
  });
  receive({ type: "play" });
  receive({ type: "play" });
  receive({ type: "later" });
  receive({ type: "beat" });
  await Promise.resolve();
  await Promise.resolve();
  expect(sent).toEqual([
    { type: "page_error", message: "play", problem: "Error: it came without its sound" },
    { type: "page_error", message: "later", problem: "TypeError: not to be had" },
  ]);
});

test("buffers go as text where the kernel says that only text gets through", () => {
  const sent: unknown[][] = [];
  const model = (binary: boolean) =>
    ({ get: () => binary, send: (...given: unknown[]) => void sent.push(given) }) as unknown as Parameters<
      typeof sender
    >[0];
  const pcm = Uint8Array.of(1, 2, 255).buffer;
  sender(model(false))({ type: "audio" }, pcm);
  sender(model(true))({ type: "audio" }, pcm);
  expect(sent).toEqual([
    [{ type: "audio", buffers_base64: ["AQL/"] }],
    [{ type: "audio" }, undefined, [pcm]],
  ]);
});
