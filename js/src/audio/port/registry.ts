/**
 * The page's audio ports by id, and how many views each has. Views need it because they are bundled
 * separately from the port.
 *
 * A view may exist before its port, and a port may be replaced after a reload; `watchPort` reports both.
 */

import type { AudioPort } from "./port";
import type { ViewKind } from "./state";

interface Registry {
  ports: Map<string, AudioPort>;
  /** By port and kind. */
  views: Map<string, number>;
  changes: EventTarget;
}

const KEY = Symbol.for("realtime_widgets.ports");
type Page = typeof globalThis & { [KEY]?: Registry };

function registry(): Registry {
  return ((globalThis as Page)[KEY] ??= { ports: new Map(), views: new Map(), changes: new EventTarget() });
}

/** Calls `tell` with what `read` returns now and whenever it is different; returns its end. */
function watch<Value>(read: () => Value, tell: (value: Value) => void): () => void {
  const { changes } = registry();
  let last = read();
  const look = () => {
    const value = read();
    if (value !== last) tell((last = value));
  };
  changes.addEventListener("change", look);
  tell(last);
  return () => changes.removeEventListener("change", look);
}

/** Registers a port. Returns a function that removes it. */
export function registerPort(portId: string, port: AudioPort): () => void {
  const { ports, changes } = registry();
  ports.set(portId, port);
  changes.dispatchEvent(new Event("change"));
  return () => {
    if (ports.get(portId) !== port) return;
    ports.delete(portId);
    changes.dispatchEvent(new Event("change"));
  };
}

/** Returns all ports of the page, the newest last. */
export function ports(): AudioPort[] {
  return [...registry().ports.values()];
}

/** Returns the id of a port; empty if it is no more. */
export function idOf(port: AudioPort): string {
  return [...registry().ports].find(([, each]) => each === port)?.[0] ?? "";
}

/** Calls `tell` with the port of that id now and after each change (null while it does not exist); returns its end. */
export function watchPort(portId: string, tell: (port: AudioPort | null) => void): () => void {
  return watch(() => registry().ports.get(portId) ?? null, tell);
}

/** Counts a view of the session with that port. Returns a function that ends it. */
export function countView(portId: string, kind: ViewKind): () => void {
  const { views, changes } = registry();
  const key = `${portId} ${kind}`;
  const count = (by: number) => {
    views.set(key, (views.get(key) ?? 0) + by);
    changes.dispatchEvent(new Event("change"));
  };
  count(1);
  let counted = true;
  return () => {
    if (counted) count(-1);
    counted = false;
  };
}

/** Calls `tell` with the number of views of that port's session now and after each change; returns its end. */
export function watchViews(portId: string, kind: ViewKind, tell: (views: number) => void): () => void {
  return watch(() => registry().views.get(`${portId} ${kind}`) ?? 0, tell);
}
