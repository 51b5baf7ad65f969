import { afterEach, describe, expect, it } from "vitest";
import type { AudioPort } from "../../../src/audio/port/port";
import { INITIAL_STATE, type PortState, StateStore } from "../../../src/audio/port/state";
import { isKey, type Keys, steerByKeys } from "../../../src/ui/page/keys";

const page = ((globalThis as Record<string, unknown>).window = new EventTarget());

const KEYS: Keys = { hold: "Alt+Shift+H", talk: "Alt+Shift+T", mute: "F8", stop: "" };

function key(type: string, code: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  const event = new Event(type, { cancelable: true });
  const name = code.replace(/^Key|^Digit/, "");
  const modifiers = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, repeat: false };
  return Object.assign(event, modifiers, { code, key: name, getModifierState: () => false }, more) as never;
}

const CHORD = { altKey: true, shiftKey: true };

/** Presses or releases a key in the page; returns whether the page's own keys are kept from it. */
function press(code: string, more: Partial<KeyboardEvent> = CHORD, type = "keydown"): boolean {
  return !page.dispatchEvent(key(type, code, more));
}

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A session that is steered by keys, and what is done with it. */
function session(state: Partial<PortState>, keys = KEYS, labs = "") {
  const store = new StateStore();
  store.update({ ...INITIAL_STATE, ...state });
  const done: string[] = [];
  const port = {
    get state() {
      return store.state;
    },
    subscribe: (listener: () => void) => store.subscribe(listener),
    press() {
      if (store.state.talking || store.state.microphone !== "on") return;
      done.push("press");
      store.update({ talking: true });
    },
    release() {
      if (store.state.talking) done.push("release");
      store.update({ talking: false });
    },
    mute: (on: boolean) => done.push(`mute ${on}`),
    closeMicrophone: () => done.push("close"),
    stop: () => done.push("stop"),
  } as unknown as AudioPort;
  ends.push(
    steerByKeys({
      keys: () => keys,
      port: () => port,
      open: () => done.push("open"),
      isLabs: (action) => action === labs,
    }),
  );
  return { done, store };
}

describe("the hold key", () => {
  it("talks for as long as it is held, whatever repeats", () => {
    const { done } = session({ mode: "push_to_talk", microphone: "on" });
    expect(press("KeyH")).toBe(true);
    expect(press("KeyH", { ...CHORD, repeat: true })).toBe(true);
    expect(done).toEqual(["press"]);
    press("KeyX", CHORD, "keyup");
    expect(done).toEqual(["press"]);
    press("KeyH", CHORD, "keyup");
    expect(done).toEqual(["press", "release"]);
  });

  it("ends with the first of its keys that is let go, and when the window loses the focus", () => {
    const { done } = session({ mode: "push_to_talk", microphone: "on" });
    press("KeyH");
    press("AltLeft", { shiftKey: true }, "keyup");
    expect(done).toEqual(["press", "release"]);
    press("KeyH");
    page.dispatchEvent(new Event("blur"));
    expect(done).toEqual(["press", "release", "press", "release"]);
  });

  it("opens a microphone that is off, and talks when it is on", () => {
    const { done, store } = session({ mode: "push_to_talk", microphone: "off" });
    press("KeyH");
    expect(done).toEqual(["open"]);
    store.update({ microphone: "on" });
    expect(done).toEqual(["open", "press"]);
    press("KeyH", CHORD, "keyup");
    press("KeyH", CHORD, "keyup");
    expect(done).toEqual(["open", "press", "release"]);
  });

  it("is the page's own where nothing is held to talk", () => {
    const { done } = session({ mode: "open", microphone: "on" });
    expect(press("KeyH")).toBe(false);
    expect(done).toEqual([]);
  });
});

describe("keys", () => {
  it("leave to the page what is typed, other chords, and what JupyterLab sees to", () => {
    const { done } = session({ microphone: "on" }, KEYS, "talk");
    expect(press("KeyT")).toBe(false);
    for (const more of [{}, { shiftKey: true }, { ...CHORD, ctrlKey: true }]) {
      expect(press("KeyH", more)).toBe(false);
      expect(press("KeyM", more)).toBe(false);
    }
    expect(press("KeyS")).toBe(false); // there is none to stop
    expect(done).toEqual([]);
  });

  it("are for the session whose microphone is on, else for the newest", () => {
    const [first, second] = [session({ microphone: "on" }), session({})];
    press("KeyT");
    expect(press("F8", {})).toBe(true);
    first.store.update({ microphone: "off" });
    press("KeyT");
    expect(press("F8", {})).toBe(false);
    expect(first.done).toEqual(["close", "mute true"]);
    expect(second.done).toEqual(["open"]);
  });

  it("are found by their place where Alt makes another letter, by their letter elsewhere", () => {
    expect(isKey("Alt+Shift+H", key("keydown", "KeyH", { ...CHORD, key: "Ó" }))).toBe(true);
    expect(isKey("Alt+Shift+A", key("keydown", "KeyQ", { ...CHORD, key: "A" }))).toBe(true);
    expect(isKey("Alt+Shift+Q", key("keydown", "KeyQ", { ...CHORD, key: "A" }))).toBe(false);
    const typed = { ...CHORD, getModifierState: (name: string) => name === "AltGraph" };
    expect(isKey("Alt+Shift+H", key("keydown", "KeyH", typed))).toBe(false);
  });
});
