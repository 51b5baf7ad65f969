/** The logic of the playback worklet: executes the port's commands, fills output blocks and reports its state. */

import { fromPcm16 } from "../pcm";
import type { SpeakerCommand, SpeakerEvent } from "./protocol";
import { PlaybackQueue } from "./queue";

/** Time between two reports during playback, in seconds of the audio clock. */
const REPORT_INTERVAL = 0.1;

export class PlaybackProcessor {
  private readonly queue: PlaybackQueue;
  private reportedAt = 0;
  private level = 0;
  private tapped = false;

  constructor(
    contextRate: number,
    private readonly post: (event: SpeakerEvent) => void,
  ) {
    this.queue = new PlaybackQueue(contextRate);
  }

  obey(command: SpeakerCommand): void {
    const { queue } = this;
    switch (command.type) {
      case "play":
        queue.play(
          command.generation,
          command.item_id,
          command.content_index,
          fromPcm16(command.pcm),
          command.start,
        );
        return;
      case "end":
        return queue.end(command.generation, command.item_id, command.content_index);
      case "clear":
        return this.post({
          type: "cleared",
          generation: command.generation,
          positions: queue.clear(command.generation),
        });
      case "stop":
        return this.post({ type: "stopped", ...queue.stop() });
      case "reset":
        return queue.reset();
      case "startup":
        return queue.setStartup(command.ms);
      case "volume":
        return queue.setVolume(command.volume);
      case "tap":
        this.tapped = command.on;
    }
  }

  /** Fills one output block; `time` is its begin on the context's clock, in seconds. */
  render(output: Float32Array, time: number): void {
    const { queue } = this;
    queue.render(output);
    for (const sample of output) this.level = Math.max(this.level, Math.abs(sample));
    if (this.tapped) this.post({ type: "tap", time, samples: output.slice() });
    const due = queue.playing && time - this.reportedAt >= REPORT_INTERVAL;
    if (!due && !queue.changed) return;
    this.reportedAt = time;
    this.post({ type: "state", state: queue.report(), level: this.level });
    this.level = 0;
  }
}
