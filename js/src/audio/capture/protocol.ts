/** Messages between the page's main thread and the capture worklet. */

import type { CapturedBlock } from "./blocks";

export type CaptureCommand = { type: "block"; ms: number };

export type CaptureEvent = { type: "block" } & CapturedBlock;
