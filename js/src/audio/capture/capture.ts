/** Captures blocks from a MediaStream with the capture worklet. */

import { acquireContext, CAPTURE_PROCESSOR, loadWorklets, releaseContext } from "../context";
import type { CapturedBlock } from "./blocks";
import type { CaptureCommand, CaptureEvent } from "./protocol";

/** A running capture. */
export interface Capture {
  /** Whether the audio context runs; no block arrives while it does not. */
  readonly running: boolean;
  setBlockMs(ms: number): void;
  close(): void;
}

export type StartCapture = (
  stream: MediaStream,
  blockMs: number,
  onBlock: (block: CapturedBlock) => void,
) => Promise<Capture>;

/** Starts to capture; closing the capture does not stop the stream's tracks. */
export const startCapture: StartCapture = async (stream, blockMs, onBlock) => {
  const context = acquireContext();
  try {
    await loadWorklets();
    void context.resume();
    const source = context.createMediaStreamSource(stream);
    const node = new AudioWorkletNode(context, CAPTURE_PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: { blockMs },
    });
    node.port.onmessage = (message: MessageEvent<CaptureEvent>) => onBlock(message.data);
    source.connect(node);
    return {
      get running() {
        return context.state === "running";
      },
      setBlockMs(ms) {
        const command: CaptureCommand = { type: "block", ms };
        node.port.postMessage(command);
      },
      close() {
        node.port.onmessage = null;
        source.disconnect();
        node.disconnect();
        releaseContext();
      },
    };
  } catch (error) {
    releaseContext();
    throw error;
  }
};
