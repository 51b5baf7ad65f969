/** Which microphone and loudspeaker are used, and how: remembered by the browser, for all notebooks of an address. */

/** A device as it is remembered: its id changes when a browser's data are cleared, its name does not. */
export interface Device {
  id: string;
  label: string;
}

/**
 * How the sound is heard: by headphones nothing of it reaches the microphone; by loudspeakers the browser takes the echo
 * out; half duplex sends nothing while an answer is heard, if even that does not help.
 */
export type Hearing = "headphones" | "loudspeakers" | "half_duplex";

export interface Choice {
  microphone: Device | null;
  loudspeaker: Device | null;
  hearing: Hearing;
}

export const HEARINGS: Hearing[] = ["loudspeakers", "headphones", "half_duplex"];
const DEFAULT: Choice = { microphone: null, loudspeaker: null, hearing: "loudspeakers" };
const NAME = "realtime_widgets.devices";
const KEY = Symbol.for("realtime_widgets.devices");

/** The parts of a page that remember. */
interface Memory {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

interface Shared {
  choice: Choice;
  changes: EventTarget;
}

type Page = typeof globalThis & { [KEY]?: Shared };

/** Reads what a browser remembers; anything that does not fit is forgotten. */
export function remembered(text: string | null): Choice {
  try {
    const read = JSON.parse(text ?? "") as Partial<Record<keyof Choice, unknown>>;
    const device = (value: unknown): Device | null => {
      const { id, label } = (value ?? {}) as Partial<Device>;
      return typeof id === "string" && typeof label === "string" ? { id, label } : null;
    };
    const hearing = HEARINGS.find((each) => each === read.hearing) ?? DEFAULT.hearing;
    return { microphone: device(read.microphone), loudspeaker: device(read.loudspeaker), hearing };
  } catch {
    return { ...DEFAULT };
  }
}

/** Returns the page's memory; none in a frame that may not have one. */
function memory(): Memory | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** The choice belongs to the page, because each widget has its own copy of this module. */
function shared(): Shared {
  const page = globalThis as Page;
  if (!page[KEY]) {
    let text: string | null = null;
    try {
      text = memory()?.getItem(NAME) ?? null;
    } catch {
      text = null;
    }
    page[KEY] = { choice: remembered(text), changes: new EventTarget() };
  }
  return page[KEY];
}

export function choice(): Choice {
  return shared().choice;
}

/** Changes the choice, and has the browser remember it if it may. */
export function choose(change: Partial<Choice>): void {
  const page = shared();
  page.choice = { ...page.choice, ...change };
  try {
    memory()?.setItem(NAME, JSON.stringify(page.choice));
  } catch {
    // It counts in this page until that is closed.
  }
  page.changes.dispatchEvent(new Event("change"));
}

/** Calls `listener` after each change. Returns a function that ends it. */
export function onChoice(listener: () => void): () => void {
  const { changes } = shared();
  changes.addEventListener("change", listener);
  return () => changes.removeEventListener("change", listener);
}

/** Returns the device that was chosen among those that are there: by its id, else by its name; null for none. */
export function findDevice<Found extends { deviceId: string; label: string }>(
  devices: readonly Found[],
  wanted: Device | null,
): Found | null {
  if (!wanted) return null;
  const named = wanted.label ? devices.find(({ label }) => label === wanted.label) : undefined;
  return devices.find(({ deviceId }) => deviceId === wanted.id) ?? named ?? null;
}

/** What is asked of the browser for a way of hearing. */
export function constraintsFor(hearing: Hearing): MediaTrackConstraints {
  return { echoCancellation: hearing !== "headphones", noiseSuppression: true, autoGainControl: true };
}

const GRANTED: [name: string, words: string][] = [
  ["echoCancellation", "echo cancellation"],
  ["noiseSuppression", "noise suppression"],
  ["autoGainControl", "gain control"],
];

/** Says what the browser granted, and where that is not what was asked. */
export function grantedWords(settings: Readonly<Record<string, unknown>>, hearing: Hearing): string {
  const asked = constraintsFor(hearing) as Record<string, unknown>;
  const on = GRANTED.filter(([name]) => settings[name] === true).map(([, words]) => words);
  const missing = GRANTED.filter(([name]) => asked[name] === true && settings[name] === false).map(
    ([, w]) => w,
  );
  const granted = on.length ? `On: ${on.join(", ")}.` : "The browser changes nothing.";
  return missing.length ? `${granted} Asked for and not granted: ${missing.join(", ")}.` : granted;
}
