/** From a MediaStream to captured blocks, by the capture worklet. */

import type { CapturedBlock } from "./capture_blocks";
import { acquireContext, CAPTURE_PROCESSOR, loadWorklets, releaseContext } from "./context";
import type { CaptureCommand, CaptureEvent } from "./worklets/protocol";

/** A running capture. */
export interface Capture {
  /** Whether the context runs; while it does not, no block comes. */
  readonly running: boolean;
  setBlockMs(ms: number): void;
  close(): void;
}

export type StartCapture = (
  stream: MediaStream,
  blockMs: number,
  onBlock: (block: CapturedBlock) => void,
) => Promise<Capture>;

/** Starts to capture; leaves the stream's tracks alone when it closes. */
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
