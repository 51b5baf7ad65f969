/** The playback worklet: a thin shell around `Player`. */

import { Player } from "../player";
import type { SpeakerCommand } from "./protocol";

class PlaybackProcessor extends AudioWorkletProcessor {
  private readonly player = new Player(sampleRate, (event) => this.port.postMessage(event));

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<SpeakerCommand>) => this.player.obey(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.player.render(outputs[0]![0]!, currentTime);
    return true;
  }
}

registerProcessor(`realtime-widgets-playback-${__BUILD__}`, PlaybackProcessor);
