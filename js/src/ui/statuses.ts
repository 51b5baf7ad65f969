/**
 * The sessions' status in this page, by the session's port: what one widget knows, the others of its session see.
 *
 * Widgets are bundled separately, so the table hangs on the page, as the ports' does.
 */

import { type Signal, signal } from "@preact/signals";
import type { Cleanup } from "../anywidget";
import type { Status, StatusReport } from "../messages";
import type { Scope } from "./bind";

export interface KnownStatus {
  readonly status: Partial<Status>;
  send(report: StatusReport): void;
}

interface Table {
  known: Map<string, KnownStatus>;
  changes: EventTarget;
}

const KEY = Symbol.for("realtime_widgets.statuses");
type Page = typeof globalThis & { [KEY]?: Table };

function table(): Table {
  return ((globalThis as Page)[KEY] ??= { known: new Map(), changes: new EventTarget() });
}

/** Stores a session's status, also when it has changed. Returns a function that removes it. */
export function shareStatus(portId: string, known: KnownStatus): Cleanup {
  const { known: all, changes } = table();
  all.set(portId, known);
  changes.dispatchEvent(new Event("change"));
  return () => {
    if (all.get(portId) !== known) return;
    all.delete(portId);
    changes.dispatchEvent(new Event("change"));
  };
}

/** Returns what is known of the session that has this port; null if no status line is in the page. */
export function knownStatus(portId: string): KnownStatus | null {
  return table().known.get(portId) ?? null;
}

/** Returns the status of the session that has this port, as a signal; empty if no status line is in the page. */
export function sharedStatus(scope: Scope, portId: string): Signal<KnownStatus> {
  const { known, changes } = table();
  const none: KnownStatus = { status: {}, send: () => undefined };
  const shared = signal(known.get(portId) ?? none);
  const follow = () => {
    shared.value = known.get(portId) ?? none;
  };
  changes.addEventListener("change", follow);
  scope.add(() => changes.removeEventListener("change", follow));
  return shared;
}
