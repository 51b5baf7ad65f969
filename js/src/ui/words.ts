/** What the console says of a session and of the page's sound: each word means one thing, wherever it stands. */

import type { PortState } from "../audio/port/state";
import type { CloseReason, Status } from "../messages";

/** What the status line shows; `state` names its colour. */
export interface Said {
  state: Status["state"] | "busy" | "consent" | "earlier" | "gone" | "hearing" | "muted" | "ready" | "silent";
  word: string;
  detail: string;
}

const GONE = "The kernel is gone";
const GONE_CURE = "run the cell with the session again; the talk stays readable";
const SILENT = "The kernel does not answer: not heard now";
const BUSY = "A cell runs: not heard now";
export const ELSEWHERE = "Sound is in another window";

/** Why nothing can be said or typed in this page any more; empty if it can. */
export function whyNot(status: Partial<Status>, port: PortState | null): string {
  if (port?.kernel === "gone") return `${GONE}: ${GONE_CURE}`;
  if (status.state === "closed") return "The session is closed";
  if (status.successor) return "This is an earlier session";
  return "";
}

/** Why what is typed stays in its field for now; empty if it would be sent. */
export function whyNotYet(port: PortState | null): string {
  return port?.kernel === "silent" ? "The kernel does not answer: kept here until it does" : "";
}

/** What follows a typed message that is sent but has to wait; empty if nothing holds it up. */
export function whyLater(port: PortState | null): string {
  return port?.kernel === "busy" ? "A cell runs: what you type is read when it ends" : "";
}

/** Returns the status line: what the session does, limited by whether this page is heard. */
export function sessionWords(status: Partial<Status>, port: PortState | null): Said {
  const { state = "idle", detail = "", problem = "" } = status;
  const said = (name: Said["state"], word: string, why = ""): Said => ({ state: name, word, detail: why });
  const on = port?.microphone === "on" && port.active;
  if (port?.kernel === "gone") return said("gone", GONE, GONE_CURE);
  // The reason of a failure stands in a panel of its own.
  if (state === "closed") return said("closed", "Closed", problem ? "" : detail);
  if (status.successor) return said("earlier", "Earlier session");
  if (port?.kernel === "silent") return said("silent", SILENT);
  if (port?.kernel === "busy") return on ? said("busy", BUSY) : said("busy", "A cell runs");
  if (state === "reconnecting") return said(state, "Reconnecting", detail);
  if (state === "connecting") return said(state, "Connecting", detail);
  if (state === "preparing") return said(state, "Preparing", detail);
  if (status.consents) return said("consent", "Waiting for your consent");
  if (status.hearing) return said("hearing", "Hearing you");
  if (state === "thinking") return said(state, "Thinking", detail);
  if (state === "speaking") return said(state, "Speaking", detail);
  if (port?.elsewhere) return said("ready", "Ready", "sound is in another window");
  if (!on) return said("ready", "Ready", detail);
  if (port.muted) return said("muted", "Muted", "nothing is sent");
  if (port.mode === "open" || port.talking) return said("listening", "Listening");
  return said("ready", "Ready", "hold the button or the space bar to talk");
}

/** How long the microphone waits before it goes off by itself, in minutes; null is for ever. */
export interface Limits {
  idle: number | null;
  hidden: number | null;
}

function minutes(count: number | null): string {
  if (count === null) return "long";
  const seconds = Math.round(count * 60);
  if (seconds < 60 || seconds % 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return count === 1 ? "1 minute" : `${count} minutes`;
}

/** Why the microphone went off by itself; empty if the user switched it off, or never on. */
export function closedWords(reason: CloseReason, limits: Limits): string {
  switch (reason) {
    case "idle":
      return `Switched off: nobody spoke for ${minutes(limits.idle)}`;
    case "hidden":
      return `Switched off: the tab was hidden for ${minutes(limits.hidden)}`;
    case "unseen":
      return "Switched off: its console was not in the page";
    case "unplugged":
      return "Switched off: the microphone is gone";
    case "kernel":
      return "Switched off: the kernel did not answer";
    case "other_page":
      return "Switched off: another window took over";
    case "replaced":
      return "Switched off: a newer session took over";
    case "closed":
      return "Switched off: the session was closed";
    case "user":
    case "error":
    case "":
      return "";
  }
}

export interface MicrophoneWords {
  title: string;
  hint: string;
  /** Whether the hint is news that the user did not ask for, so that a screen reader says it. */
  news: boolean;
}

/**
 * Returns the microphone's words; `why` is the reason why it cannot be opened, if there is one, and `hold` the key that
 * is held to talk from anywhere.
 */
export function microphoneWords(
  state: PortState | null,
  why: string,
  limits: Limits,
  hold = "",
): MicrophoneWords {
  const words = (title: string, hint: string, news = false) => ({ title, hint, news });
  if (!state) return words("Not connected", "Run the cell with the session");
  if (state.kernel === "gone") return words("Microphone off", "The kernel is gone", true);
  if (why) return words("Microphone off", why);
  switch (state.microphone) {
    case "opening":
      return words("Opening…", "Your browser may ask for permission");
    case "error":
      if (soundless(state)) return words("No microphone in this page", "Typing goes on");
      return words("Microphone not open", "Click to try again");
    case "on":
      if (state.kernel === "silent" || state.kernel === "busy") {
        return words(
          "Not heard now",
          state.kernel === "busy" ? "A cell runs" : "The kernel does not answer",
          true,
        );
      }
      if (state.muted) return words("Muted: not sent", "Click Mute or press M to go on");
      if (state.mode === "open") return words("Microphone on", "Click to switch off");
      if (state.talking) return words("Microphone on", "Release when you are done");
      return words("Hold to talk", hold ? `The button, or ${hold} anywhere` : "The button, or the space bar");
    case "off": {
      if (state.elsewhere) return words("Microphone off", "You can read and type here");
      const reason = closedWords(state.closed, limits);
      return words("Microphone off", reason || "Click to talk", reason !== "");
    }
  }
}

/** Codes of problems that no click cures: this page can have no sound. */
const SOUNDLESS = new Set(["insecure", "no_media_devices", "policy"]);

/** Whether the page can have no microphone at all, so that one quiet line is enough. */
export function soundless(state: PortState | null): boolean {
  return state?.problem ? SOUNDLESS.has(state.problem.code) : false;
}
