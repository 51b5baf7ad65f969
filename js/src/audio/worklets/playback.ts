/** The playback worklet: a thin shell around `PlaybackProcessor`. */

import { PlaybackProcessor } from "../playback/processor";
import type { SpeakerCommand } from "../playback/protocol";

class PlaybackWorklet extends AudioWorkletProcessor {
  private readonly processor = new PlaybackProcessor(sampleRate, (event) => this.port.postMessage(event));

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<SpeakerCommand>) => this.processor.obey(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.processor.render(outputs[0]![0]!, currentTime);
    return true;
  }
}

registerProcessor(`realtime-widgets-playback-${__BUILD__}`, PlaybackWorklet);
