/** Typed messages over a widget's model; anywidget has the types of the model itself. */

import type { AnyModel } from "@anywidget/types";

export type Cleanup = () => void;

/** Calls `callback` for each message of the kernel. Returns a function that ends it. */
export function onMessage<Command extends { type: string }>(
  model: Pick<AnyModel, "on" | "off">,
  callback: (command: Command, buffers: DataView[]) => void,
): Cleanup {
  model.on("msg:custom", callback);
  return () => model.off("msg:custom", callback);
}

/** Returns a function that sends a widget's messages to the kernel, each with its audio or key as buffers. */
export function sender<Report extends { type: string }>(
  model: Pick<AnyModel, "send">,
): (report: Report, ...buffers: ArrayBuffer[]) => void {
  return (report, ...buffers) => model.send(report, undefined, buffers);
}
