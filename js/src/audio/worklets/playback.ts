/** The playback worklet: a thin shell around `PlaybackQueue` that reports on the audio clock. */

import { fromPcm16 } from "../pcm";
import { PlaybackQueue } from "../playback_queue";
import type { SpeakerCommand, SpeakerEvent } from "./protocol";

/** Seconds between two reports while sound plays. */
const REPORT_INTERVAL = 0.1;

class PlaybackProcessor extends AudioWorkletProcessor {
  private readonly queue = new PlaybackQueue(sampleRate);
  private reportedAt = 0;
  private level = 0;
  private tapped = false;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<SpeakerCommand>) => this.obey(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]![0]!;
    this.queue.render(output);
    for (const sample of output) this.level = Math.max(this.level, Math.abs(sample));
    if (this.tapped) this.post({ type: "tap", time: currentTime, samples: output.slice() });
    const due = this.queue.playing && currentTime - this.reportedAt >= REPORT_INTERVAL;
    if (due || this.queue.changed) this.report();
    return true;
  }

  private obey(command: SpeakerCommand): void {
    const { queue } = this;
    if (command.type === "play") {
      queue.play(command.generation, command.item_id, command.content_index, fromPcm16(command.pcm));
    } else if (command.type === "end") {
      queue.end(command.generation, command.item_id, command.content_index);
    } else if (command.type === "clear") {
      const { generation } = command;
      this.post({ type: "cleared", generation, positions: queue.clear(generation) });
    } else if (command.type === "stop") {
      this.post({ type: "stopped", ...queue.stop() });
    } else if (command.type === "startup") {
      queue.setStartup(command.ms);
    } else if (command.type === "volume") {
      queue.setVolume(command.volume);
    } else {
      this.tapped = command.on;
    }
  }

  private report(): void {
    this.reportedAt = currentTime;
    this.post({ type: "state", state: this.queue.report(), level: this.level });
    this.level = 0;
  }

  private post(event: SpeakerEvent): void {
    this.port.postMessage(event);
  }
}

registerProcessor(`realtime-widgets-playback-${__BUILD__}`, PlaybackProcessor);
