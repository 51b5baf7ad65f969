/** Why a microphone does not open, and what the user can do about it. */

import type { MicrophoneProblem } from "../../messages";

const PROBLEMS = {
  insecure: {
    message: "Browsers open a microphone only on https or localhost, and this page is on neither.",
    cure: "Open the notebook over https, or through an SSH tunnel at http://localhost:<port>.",
  },
  no_media_devices: {
    message: "This browser does not offer microphones to web pages.",
    cure: "Open the notebook in a current Chrome, Edge, Firefox or Safari.",
  },
  policy: {
    message: "The page around this notebook does not let it use the microphone.",
    cure:
      "Open the notebook in a browser tab of its own: in VS Code or Colab the output sits in a frame " +
      "without that right, and no setting in the browser changes that.",
  },
  no_device: {
    message: "The browser found no microphone.",
    cure: "Plug one in or enable it in the system's sound settings, then click here again.",
  },
  denied: {
    message: "The browser's settings do not allow this page to use the microphone.",
    cure: "Click the microphone or lock icon beside the address and choose Allow, then click here again.",
  },
  denied_by_system: {
    message: "The operating system does not let the browser use the microphone.",
    cure: "Allow it in the system's privacy settings, under Microphone, then click here again.",
  },
  dismissed: {
    message: "The browser asked whether this page may use the microphone and got no answer.",
    cure: "Click here again and choose Allow.",
  },
  busy: {
    message: "The microphone could not be opened; another program may be using it.",
    cure: "Close other programs that use the microphone (calls, recorders), then click here again.",
  },
  constraints: {
    message: "The microphone does not support the requested settings.",
    cure: "Choose another microphone in the browser's site settings, then click here again.",
  },
  worklet: {
    message: "The page's security rules stopped the code that records sound.",
    cure: "Ask whoever runs this server to allow blob: scripts (Content-Security-Policy), or open the notebook elsewhere.",
  },
  sample_rate: {
    message: "The browser could not connect this microphone to its sound system.",
    cure: "Choose the same device for input and output in the system's sound settings, then reload the page.",
  },
  context_blocked: {
    message: "The browser is blocking all sound on this page.",
    cure: "Click anywhere in the page, then click here again.",
  },
  no_signal: {
    message: "The microphone is open, but no sound arrives from it.",
    cure: "Check whether it is muted by a switch or in the system's sound settings, or choose another one.",
  },
  no_stream: {
    message: "The stream that is to be heard cannot be captured.",
    cure: "Show the widget of the stream in a cell, check that its file or camera works, then click here again.",
  },
  silent_stream: {
    message: "The stream that is to be heard has no sound.",
    cure: "Choose a file or a camera with sound, or set source=None for the microphone, then click here again.",
  },
  stream_over: {
    message: "The stream that was heard has ended.",
    cure: "Play it again, then click here again.",
  },
  unplugged: {
    message: "The microphone is gone: it was unplugged, or the browser closed it.",
    cure: "Plug it in again or choose another one, then click here again.",
  },
  other_page: {
    message: "Another window shows this notebook, and its microphone is on.",
    cure: "Switch the microphone off there, then click here again.",
  },
  kernel: {
    message: "The kernel did not answer, so nobody would hear you.",
    cure: "Check that the kernel is running; if it was restarted, run the cell with the session again.",
  },
  unknown: {
    message: "The microphone did not open.",
    cure: "Try again; if that does not help, reload the page.",
  },
} satisfies Record<string, Omit<MicrophoneProblem, "code">>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Returns the problem with that code; `detail` is added to its message, for example the browser's own error. */
export function problem(code: ProblemCode, detail = ""): MicrophoneProblem {
  const { message, cure } = PROBLEMS[code];
  return { code, message: detail ? `${message} (${detail})` : message, cure };
}

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** Returns the problem behind a failed getUserMedia; `permission` is the page's permission after the failure. */
export function problemOfError(error: unknown, permission: PermissionState | "unknown"): MicrophoneProblem {
  // Compare fields, not classes: the error may come from another realm, or a page may have replaced the class.
  const { name = "", message: text = String(error) } = (error ?? {}) as Partial<Error>;
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      if (/system/i.test(text)) return problem("denied_by_system");
      return problem(permission === "prompt" || /dismiss/i.test(text) ? "dismissed" : "denied");
    case "NotFoundError":
      return problem("no_device");
    case "NotReadableError":
    case "AbortError":
      return problem("busy", text);
    case "OverconstrainedError":
      return problem("constraints", (error as OverconstrainedError).constraint);
    case "NotSupportedError":
      return problem("sample_rate", text);
    default:
      return problem("unknown", text);
  }
}
