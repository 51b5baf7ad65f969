import { describe, expect, it } from "vitest";
import { problem } from "../../src/audio/capture/problems";
import { INITIAL_STATE, type PortState } from "../../src/audio/port/state";
import type { CloseReason, Status } from "../../src/messages";
import {
  closedWords,
  microphoneWords,
  sessionWords,
  soundless,
  whyLater,
  whyNot,
  whyNotYet,
} from "../../src/ui/words";

const LIMITS = { idle: 10, hidden: 0.5 };
const page = (change: Partial<PortState> = {}): PortState => ({ ...INITIAL_STATE, active: true, ...change });
const on = (change: Partial<PortState> = {}) => page({ microphone: "on", ...change });
const word = (status: Partial<Status>, port: PortState | null) => sessionWords(status, port).word;

describe("the status line", () => {
  it.each<[string, Partial<Status>, PortState | null]>([
    ["Ready", { state: "listening" }, page()],
    ["Ready", { state: "listening" }, null],
    ["Ready", { state: "listening" }, page({ microphone: "opening" })],
    ["Ready", { state: "listening" }, page({ active: false, elsewhere: true })],
    ["Ready", { state: "listening" }, on({ mode: "push_to_talk" })],
    ["Listening", { state: "listening" }, on()],
    ["Listening", { state: "listening" }, on({ mode: "push_to_talk", talking: true })],
    ["Muted", { state: "listening" }, on({ muted: true })],
    ["Hearing you", { state: "listening", hearing: true }, on()],
    ["Hearing you", { state: "speaking", hearing: true }, on()],
    ["Thinking", { state: "thinking" }, on()],
    ["Speaking", { state: "speaking" }, on({ muted: true })],
    ["Waiting for your consent", { state: "thinking", consents: 1 }, on()],
    ["Connecting", { state: "connecting" }, on()],
    ["Reconnecting", { state: "reconnecting", consents: 1 }, on()],
    ["Preparing", { state: "preparing" }, on()],
    ["Closed", { state: "closed", successor: "p" }, page()],
    ["Earlier session", { state: "listening", successor: "p" }, on()],
    ["The kernel does not answer: not heard now", { state: "listening" }, on({ kernel: "silent" })],
    ["A cell runs: not heard now", { state: "listening" }, on({ kernel: "busy" })],
    ["A cell runs", { state: "listening" }, page({ kernel: "busy" })],
    ["The kernel is gone", { state: "closed" }, page({ kernel: "gone" })],
  ])("says %s of %o", (expected, status, port) => {
    expect(word(status, port)).toBe(expected);
  });

  it("never says that it listens while the microphone is not on, muted, or not heard", () => {
    const states = [
      "idle",
      "connecting",
      "preparing",
      "listening",
      "thinking",
      "speaking",
      "closed",
    ] as const;
    const deaf = [null, page(), page({ microphone: "error" }), on({ active: false }), on({ muted: true })];
    const unheard = (["silent", "busy", "gone"] as const).map((kernel) => on({ kernel }));
    for (const state of states)
      for (const port of [...deaf, ...unheard]) expect(word({ state }, port)).not.toBe("Listening");
  });

  it("leaves the reason of a failure to its panel", () => {
    expect(sessionWords({ state: "closed", detail: "lost", problem: "lost" }, null).detail).toBe("");
    expect(sessionWords({ state: "closed", detail: "by you" }, null).detail).toBe("by you");
  });
});

describe("the microphone", () => {
  it("names the key that is held from anywhere", () => {
    const ready = page({ microphone: "on", mode: "push_to_talk" });
    expect(microphoneWords(ready, "", LIMITS, "Alt+Shift+H").hint).toContain("Alt+Shift+H anywhere");
    expect(microphoneWords(ready, "", LIMITS, "").hint).toBe("The button, or the space bar");
  });

  const title = (state: PortState | null, why = "") => microphoneWords(state, why, LIMITS).title;
  const hint = (state: PortState) => microphoneWords(state, "", LIMITS).hint;

  it("uses no word of the status line", () => {
    const titles = [page(), on(), on({ mode: "push_to_talk" }), on({ kernel: "busy" }), null].map((s) =>
      title(s),
    );
    for (const said of titles) expect(["Ready", "Listening", "Muted", "Closed"]).not.toContain(said);
  });

  it("says why it went off by itself", () => {
    expect(hint(page({ closed: "idle" }))).toBe("Switched off: nobody spoke for 10 minutes");
    expect(hint(page({ closed: "hidden" }))).toBe("Switched off: the tab was hidden for 30 seconds");
    expect(closedWords("idle", { idle: 1, hidden: null })).toContain("for 1 minute");
    expect(hint(page({ closed: "user" }))).toBe("Click to talk");
    const reasons: CloseReason[] = ["unseen", "unplugged", "kernel", "other_page", "replaced", "closed"];
    const told = reasons.map((reason) => closedWords(reason, LIMITS));
    expect(new Set(told).size).toBe(reasons.length);
    for (const words of told) expect(words).toMatch(/^Switched off: /);
  });

  it("says why it cannot be opened", () => {
    expect(microphoneWords(page(), "The session is closed", LIMITS).hint).toBe("The session is closed");
    expect(title(on({ muted: true }))).toBe("Muted: not sent");
    expect(title(on({ kernel: "silent" }))).toBe("Not heard now");
    expect(title(page({ microphone: "error", problem: problem("insecure") }))).toBe(
      "No microphone in this page",
    );
    expect(soundless(page({ problem: problem("denied") }))).toBe(false);
  });
});

describe("the field to type into", () => {
  it("takes nothing where nobody reads it, and says why", () => {
    expect(whyNot({}, page())).toBe("");
    expect(whyNot({ state: "closed" }, page())).toBe("The session is closed");
    expect(whyNot({ successor: "p" }, page())).toBe("This is an earlier session");
    expect(whyNot({}, page({ kernel: "gone" }))).toContain("run the cell with the session again");
  });

  it("keeps what a silent kernel would not get, and says what waits for a cell", () => {
    expect(whyNotYet(page({ kernel: "silent" }))).toContain("kept here");
    expect(whyNotYet(page({ kernel: "busy" }))).toBe("");
    expect(whyLater(page({ kernel: "busy" }))).toContain("when it ends");
  });
});
