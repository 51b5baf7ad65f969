/** The capture worklet: a thin shell around `CaptureBlocks`. */

import { CaptureBlocks } from "../capture/blocks";
import type { CaptureCommand, CaptureEvent } from "../capture/protocol";

class CaptureWorklet extends AudioWorkletProcessor {
  private readonly blocks: CaptureBlocks;

  constructor(options: { processorOptions: { blockMs: number } }) {
    super();
    this.blocks = new CaptureBlocks(sampleRate, options.processorOptions.blockMs);
    this.port.onmessage = (event: MessageEvent<CaptureCommand>) => this.blocks.setBlockMs(event.data.ms);
  }

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (!channel) return true;
    for (const block of this.blocks.push(channel)) {
      const message: CaptureEvent = { type: "block", ...block };
      this.port.postMessage(message, [block.pcm]);
    }
    return true;
  }
}

registerProcessor(`realtime-widgets-capture-${__BUILD__}`, CaptureWorklet);
