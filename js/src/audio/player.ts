/** The playback worklet's inside: obeys the port, fills output blocks, and reports on the audio clock. */

import { fromPcm16 } from "./pcm";
import { PlaybackQueue } from "./playback_queue";
import type { SpeakerCommand, SpeakerEvent } from "./worklets/protocol";

/** Seconds between two reports while sound plays. */
const REPORT_INTERVAL = 0.1;

export class Player {
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

  /** Fills one output block, which begins at `time` on the context's clock. */
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
