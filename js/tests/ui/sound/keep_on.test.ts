import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { INITIAL_STATE, type PortState } from "../../../src/audio/port/state";
import { keepOn } from "../../../src/ui/sound/keep_on";
import type { KnownStatus } from "../../../src/ui/statuses";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page whose microphone is on or off, and what is done with it. */
function page(microphone: PortState["microphone"]) {
  const state = signal<PortState | null>({ ...INITIAL_STATE, microphone });
  const status = signal<KnownStatus>({ status: { state: "listening" }, send: () => undefined });
  let opened = 0;
  const port = {
    openMicrophone: () => {
      opened++;
      state.value = { ...state.value!, microphone: "on", closed: "" };
      return Promise.resolve();
    },
  };
  return {
    begin: () => keepOn(port, state, status),
    closed: (closed: PortState["closed"]) => (state.value = { ...state.value!, microphone: "off", closed }),
    session: (name: "closed" | "connecting" | "listening") =>
      (status.value = { ...status.value, status: { state: name } }),
    opened: () => opened,
  };
}

describe("a microphone over the beginning of a new conversation", () => {
  it("is on again as soon as the session has begun anew", () => {
    const { begin, closed, session, opened } = page("on");
    begin();
    session("closed");
    closed("closed");
    expect(opened()).toBe(0);
    session("connecting");
    expect(opened()).toBe(1);
    session("listening");
    expect(opened()).toBe(1);
  });

  it("stays off if it was off, if the user switches it off, or if nothing begins in time", () => {
    const off = page("off");
    off.begin();
    off.closed("closed");
    expect(off.opened()).toBe(0);
    const switched = page("on");
    switched.begin();
    switched.closed("user");
    switched.session("connecting");
    expect(switched.opened()).toBe(0);
    const late = page("on");
    late.begin();
    late.session("closed");
    late.closed("closed");
    vi.advanceTimersByTime(20_000);
    late.session("connecting");
    expect(late.opened()).toBe(0);
  });
});
