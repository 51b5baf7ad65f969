/**
 * Keys that work from anywhere in the page: hold to talk, talk, mute, stop.
 *
 * They type nothing and are none of a notebook's own (`widgets/sound/keys.py` sees to that), so a cell's editor may have
 * the focus. A key that finds nothing to do goes on to the page. Of several sessions the one whose microphone is on is
 * meant, else the newest.
 */

import type { Cleanup } from "../../anywidget";
import type { AudioPort } from "../../audio/port/port";

/** By what they do, such as "Alt+Shift+H"; empty is none. */
export interface Keys {
  hold: string;
  talk: string;
  mute: string;
  stop: string;
}

/** A session that is steered by keys. */
export interface KeyUser {
  keys(): Keys;
  /** Its port; null if nothing can be said in it. */
  port(): AudioPort | null;
  /** Opens its microphone. */
  open(): void;
  /** Whether a key is JupyterLab's own, which sees to it by itself. */
  isLabs(action: keyof Keys): boolean;
}

interface Table {
  users: KeyUser[];
}

const KEY = Symbol.for("realtime_widgets.keys");
type Page = typeof globalThis & { [KEY]?: Table };

const MODIFIERS = [
  ["Ctrl", "ctrlKey"],
  ["Alt", "altKey"],
  ["Shift", "shiftKey"],
  ["Meta", "metaKey"],
] as const;

/** Whether exactly the modifiers of a key are held. */
function held(keys: string, event: KeyboardEvent): boolean {
  const names = keys.split("+").slice(0, -1);
  return MODIFIERS.every(([name, property]) => event[property] === names.includes(name));
}

/** Whether an event is of that key. With Alt, some systems make another letter of one: then its place counts. */
export function isKey(keys: string, event: KeyboardEvent): boolean {
  const key = keys.split("+").at(-1)!;
  if (!key || event.getModifierState("AltGraph") || !held(keys, event)) return false;
  if (key === "Space") return event.code === "Space";
  if (/^[A-Z]$/.test(key) && /^[a-z]$/i.test(event.key)) return event.key.toUpperCase() === key;
  if (/^[A-Z0-9]$/.test(key)) return event.code === `Key${key}` || event.code === `Digit${key}`;
  return event.key === key;
}

/** What is being held: the key, and what ends it. */
interface Hold {
  keys: string;
  code: string;
  end: Cleanup;
}

/** Talks for as long as a key is held; a microphone that is off is opened first. */
function talk(port: AudioPort, user: KeyUser): Cleanup {
  if (port.state.microphone === "off" || port.state.microphone === "error") user.open();
  const press = () => port.press(); // does nothing until the microphone is on, or if it talks
  const end = port.subscribe(() => port.state.microphone === "on" && !port.state.talking && press());
  press();
  return () => {
    end();
    port.release();
  };
}

/** Does what a key is for; returns whether there was anything to do. */
function act(action: Exclude<keyof Keys, "hold">, port: AudioPort, user: KeyUser): boolean {
  const { microphone, muted } = port.state;
  switch (action) {
    case "talk":
      if (microphone === "on" || microphone === "opening") port.closeMicrophone();
      else user.open();
      return true;
    case "mute":
      if (microphone === "on") port.mute(!muted);
      return microphone === "on";
    case "stop":
      port.stop();
      return true;
  }
}

function listen(table: Table): void {
  let hold: Hold | null = null;
  const release = () => {
    hold?.end();
    hold = null;
  };
  const fits = (action: keyof Keys, event: KeyboardEvent): [KeyUser, AudioPort] | null => {
    const may = table.users.flatMap((user): [KeyUser, AudioPort][] => {
      const port = user.port();
      if (!port || user.isLabs(action) || !isKey(user.keys()[action], event)) return [];
      return action === "hold" && port.state.mode !== "push_to_talk" ? [] : [[user, port]];
    });
    const first = action === "stop" ? "playing" : "microphone";
    return may.find(([, { state }]) => state[first] === true || state[first] === "on") ?? may.at(-1) ?? null;
  };
  const done = (event: KeyboardEvent): boolean => {
    if (hold && event.code === hold.code) return true; // it repeats
    for (const action of ["hold", "talk", "mute", "stop"] as const) {
      const found = fits(action, event);
      if (!found) continue;
      const [user, port] = found;
      if (action !== "hold") return event.repeat || act(action, port, user);
      release();
      hold = { keys: user.keys().hold, code: event.code, end: talk(port, user) };
      return true;
    }
    return false;
  };
  const down = (event: KeyboardEvent) => {
    if (!done(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const up = (event: KeyboardEvent) => {
    if (hold && (event.code === hold.code || !held(hold.keys, event))) release();
  };
  window.addEventListener("keydown", down, true);
  window.addEventListener("keyup", up, true);
  window.addEventListener("blur", release);
}

/** Lets a session be steered by keys. Returns a function that ends it. */
export function steerByKeys(user: KeyUser): Cleanup {
  const page = globalThis as Page;
  if (!page[KEY]) listen((page[KEY] = { users: [] })); // widgets are bundled separately, and come again
  const { users } = page[KEY];
  users.push(user);
  return () => {
    const port = user.port();
    users.splice(users.indexOf(user), 1);
    port?.release();
  };
}
