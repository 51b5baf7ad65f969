/** Messages between the page's main thread and the playback worklet. */

import type { Position } from "../../messages";
import type { QueueState } from "./queue";

export type SpeakerCommand =
  | {
      type: "play";
      generation: number;
      item_id: string;
      content_index: number;
      start: number;
      pcm: ArrayBuffer;
    }
  | { type: "end"; generation: number; item_id: string; content_index: number }
  | { type: "clear"; generation: number }
  | { type: "stop" }
  | { type: "reset" }
  | { type: "startup"; ms: number }
  | { type: "volume"; volume: number }
  | { type: "tap"; on: boolean };

export type SpeakerEvent =
  | { type: "state"; state: QueueState; level: number }
  | { type: "cleared"; generation: number; positions: Position[] }
  | { type: "stopped"; generation: number; positions: Position[] }
  | { type: "tap"; time: number; samples: Float32Array };
