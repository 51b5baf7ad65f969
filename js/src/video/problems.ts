/** Why a camera or a screen does not open, and what the user can do about it. */

import type { MicrophoneProblem } from "../messages";

export type VideoSource = "camera" | "screen" | "stream";

const PROBLEMS = {
  insecure: {
    message: "Browsers open a camera or a screen only on https or localhost, and this page is on neither.",
    cure: "Open the notebook over https, or through an SSH tunnel at http://localhost:<port>.",
  },
  no_media_devices: {
    message: "This browser does not offer this to web pages.",
    cure: "Open the notebook in a current Chrome, Edge, Firefox or Safari.",
  },
  no_device: {
    message: "The browser found no camera.",
    cure: "Plug one in or enable it in the system's settings, then click here again.",
  },
  denied: {
    message: "The browser's settings do not allow this page to use the camera.",
    cure: "Click the camera or lock icon beside the address and choose Allow, then click here again.",
  },
  screen_denied: {
    message: "No screen or window was shared.",
    cure: "Click here again and choose what to share; on macOS allow screen recording for the browser first.",
  },
  busy: {
    message: "The camera could not be opened; another program may be using it.",
    cure: "Close other programs that use the camera (calls, recorders), then click here again.",
  },
  no_stream: {
    message: "The stream that is to be seen cannot be captured.",
    cure: "Show the widget of the stream in a cell, check that its file or camera works, then click here again.",
  },
  no_picture: {
    message: "The stream has no picture.",
    cure: "Choose a file or a camera with a picture, then click here again.",
  },
  ended: {
    message: "The camera is gone: it was unplugged, or sharing was ended.",
    cure: "Click here again to open it.",
  },
  unknown: {
    message: "The camera did not open.",
    cure: "Try again; if that does not help, reload the page.",
  },
} satisfies Record<string, Omit<MicrophoneProblem, "code">>;

export type VideoProblemCode = keyof typeof PROBLEMS;

export const VIDEO_PROBLEM_CODES = Object.keys(PROBLEMS) as VideoProblemCode[];

/** Returns the problem with that code; `detail` is added to its message. */
export function videoProblem(code: VideoProblemCode, detail = ""): MicrophoneProblem {
  const { message, cure } = PROBLEMS[code];
  return { code, message: detail ? `${message} (${detail})` : message, cure };
}

/** Returns the problem behind a failure to open a source. */
export function videoProblemOf(source: VideoSource, error: unknown): MicrophoneProblem {
  const { name = "", message: text = String(error) } = (error ?? {}) as Partial<Error>;
  if (source === "stream") return videoProblem("no_stream", text);
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return videoProblem(source === "screen" ? "screen_denied" : "denied");
    case "NotFoundError":
    case "OverconstrainedError":
      return videoProblem("no_device");
    case "NotReadableError":
    case "AbortError":
      return videoProblem("busy", text);
    default:
      return videoProblem("unknown", text);
  }
}
