/** Typed messages over a widget's model, and the models that it refers to; anywidget has the types of a model. */

import type { AnyModel, Host } from "@anywidget/types";
import type { PageError } from "./messages";

export type Cleanup = () => void;

/**
 * Calls `callback` for each message of the kernel. Returns a function that ends it.
 *
 * Front ends hand over no buffers at all where a message has none, or buffers of another kind; the callback always
 * gets an array of views. They also swallow what a handler throws: it is told to the kernel, once for each kind of
 * message, which shows and logs it.
 */
export function onMessage<Command extends { type: string }>(
  model: Pick<AnyModel, "on" | "off" | "send">,
  callback: (command: Command, buffers: DataView[]) => void | Promise<void>,
): Cleanup {
  const told = new Set<string>();
  const fail = (command: unknown, error: unknown) => {
    console.error("realtime_widgets: a message of the kernel could not be handled", error);
    const type = String((command as Partial<Command> | null)?.type);
    if (told.has(type)) return;
    told.add(type);
    const report: PageError = { type: "page_error", message: type, problem: describe(error) };
    try {
      model.send(report);
    } catch (lost) {
      console.warn("realtime_widgets: the kernel cannot be reached", lost);
    }
  };
  const listener = (command: Command, buffers?: Iterable<ArrayBuffer | ArrayBufferView> | null) => {
    try {
      const ended = callback(command, [...(buffers ?? [])].map(toView));
      ended?.catch((error: unknown) => fail(command, error));
    } catch (error) {
      fail(command, error);
    }
  };
  model.on("msg:custom", listener);
  return () => model.off("msg:custom", listener);
}

/** Returns the buffer of a message that has to have one. */
export function bufferOf(buffers: DataView[], what: string): DataView {
  const [first] = buffers;
  if (!first) throw new Error(`it came without its ${what}`);
  return first;
}

/** Returns what anywidget calls a widget by, from the reference in a trait of widgets. */
export function reference(name: string): string {
  return name.replace(/^IPY_MODEL_/, "anywidget:");
}

/** Has the front end make a port, which shows nothing, if it does not make all models by itself; null is none. */
export function holdPort(host: Host, port: string | null): void {
  if (!port) return;
  host.getWidget(reference(port)).catch((error: unknown) => {
    console.error("realtime_widgets: the sound of this session cannot be connected", error);
  });
}

function toView(buffer: ArrayBuffer | ArrayBufferView): DataView {
  return ArrayBuffer.isView(buffer)
    ? new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new DataView(buffer);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/**
 * Returns a function that sends a widget's messages to the kernel, each with its audio or key as buffers; as base64
 * where the kernel says that only text gets through.
 */
export function sender<Report extends { type: string }>(
  model: Pick<AnyModel, "send">,
): (report: Report, ...buffers: ArrayBuffer[]) => void {
  const { get } = model as Partial<Pick<AnyModel, "get">>;
  const textOnly = () => get?.call(model, "binary") === false;
  return (report, ...buffers) => {
    if (buffers.length && textOnly()) model.send({ ...report, buffers_base64: buffers.map(base64) });
    else model.send(report, undefined, buffers);
  };
}

function base64(buffer: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
