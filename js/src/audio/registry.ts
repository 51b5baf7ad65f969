/**
 * The page's audio ports by their id, for views, which are bundled apart from the port.
 *
 * A view may be there before its port, and a port may come again after a reload; `watchPort` tells of both.
 */

import type { AudioPort } from "./port";

interface Registry {
  ports: Map<string, AudioPort>;
  changes: EventTarget;
}

const KEY = Symbol.for("realtime_widgets.ports");
type Page = typeof globalThis & { [KEY]?: Registry };

function registry(): Registry {
  return ((globalThis as Page)[KEY] ??= { ports: new Map(), changes: new EventTarget() });
}

/** Makes a port known; returns the function that takes it back. */
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

/** Tells the port of that id now and at each change (null while there is none); returns the end of it. */
export function watchPort(portId: string, tell: (port: AudioPort | null) => void): () => void {
  const { ports, changes } = registry();
  let last: AudioPort | null | undefined;
  const look = () => {
    const port = ports.get(portId) ?? null;
    if (port !== last) tell((last = port));
  };
  changes.addEventListener("change", look);
  look();
  return () => changes.removeEventListener("change", look);
}
