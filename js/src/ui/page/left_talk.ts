/** The talk of a session whose kernel is gone: kept in the page, so that a new session can go on with it. */

import { type Signal, signal } from "@preact/signals";
import type { Entry, Said } from "../../messages";
import type { Scope } from "../bind";

interface Left {
  said: Said[] | null;
  changes: EventTarget;
}

const KEY = Symbol.for("realtime_widgets.left_talk");
type Page = typeof globalThis & { [KEY]?: Left };

/** Widgets are bundled separately, and a new kernel's come anew, so it hangs on the page. */
function table(): Left {
  return ((globalThis as Page)[KEY] ??= { said: null, changes: new EventTarget() });
}

function heard({ text, cut, heard_length }: Entry): string {
  if (!cut || heard_length === null || heard_length === undefined) return text;
  return Array.from(text).slice(0, heard_length).join("");
}

/** Keeps what was said in a talk whose kernel is gone; one without words changes nothing. */
export function leaveTalk(entries: readonly Entry[]): void {
  const said = entries
    .filter(({ kind }) => kind === "user" || kind === "assistant")
    .map((entry) => ({ role: entry.kind as Said["role"], text: heard(entry) }))
    .filter(({ text }) => text.trim() !== "");
  if (said.length) put(said);
}

/** Returns the talk that was left in this page, as a signal; null if there is none, or a session has taken it up. */
export function leftTalk(scope: Scope): Signal<Said[] | null> {
  const { changes } = table();
  const left = signal(table().said);
  const follow = () => (left.value = table().said);
  changes.addEventListener("change", follow);
  scope.add(() => changes.removeEventListener("change", follow));
  return left;
}

/** Notes that a session has taken the talk up. */
export function takeTalk(): void {
  put(null);
}

function put(said: Said[] | null): void {
  table().said = said;
  table().changes.dispatchEvent(new Event("change"));
}
