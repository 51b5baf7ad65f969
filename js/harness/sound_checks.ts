/** The page's side of `check_sound.py`: plays the kernel for a real port in a real browser. */

import type { AudioPort } from "../src/audio/port/port";
import type { Cleared, PortReport } from "../src/messages";
import type { PlayedModel } from "./played_model";

const BLOCK = 480;
const GENTLE = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

type Reported<Type extends PortReport["type"]> = Extract<PortReport, { type: Type }>;

export class SoundChecks {
  constructor(
    private readonly model: PlayedModel<{ port_id: string }>,
    private readonly port: AudioPort,
  ) {
    model.receive({ type: "activate", page_id: port.pageId });
    model.receive({ type: "configure", block_ms: 20, group_ms: 60, startup_ms: 60, input_mode: "open" });
  }

  /** Captures four seconds of the fake microphone, without the browser's own processing. */
  async capture() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: GENTLE });
    await this.port.openFromStream(async () => stream);
    await this.until(() => this.told("audio").length >= 200);
    this.port.closeMicrophone();
    return {
      pcm: base64(this.model.sent.flatMap(({ buffers }) => buffers)),
      sequences: this.told("audio").map(({ sequence }) => sequence),
      sizes: [...new Set(this.model.sent.flatMap(({ buffers }) => buffers.map((one) => one.byteLength)))],
      rate: this.port.stats().context_rate,
      last: this.told("microphone").at(-1)!.state,
    };
  }

  /** Plays 36,000 samples to the end, or clears them when `cutAt` samples have been heard. */
  async playback(cutAt: number) {
    const heard: Float32Array[] = [];
    const times: number[] = [];
    const untap = this.port.tap((samples, time) => {
      heard.push(samples);
      times.push(time);
    });
    await this.until(() => this.port.state.sound === "ready");
    this.play(0, "a", 75);
    this.model.receive({ type: "end", generation: 0, item_id: "a", content_index: 0 });
    let answer: Cleared | null = null;
    if (cutAt) {
      await this.until(() => this.position("a") > cutAt);
      answer = await this.clear(1);
    } else await this.until(() => this.position("a") === 75 * BLOCK && !this.port.state.playing);
    await new Promise((done) => setTimeout(done, 200));
    untap();
    return { heard: base64(heard), times, answer, stats: this.port.stats() };
  }

  /** Measures the time from a clear to its answer during playback, in milliseconds, `times` times. */
  async latency(times: number): Promise<number[]> {
    const took: number[] = [];
    for (let generation = 10; generation < 10 + times; generation++) {
      this.play(generation, `item_${generation}`, 50);
      await this.until(() => this.position(`item_${generation}`) > 0);
      const asked = performance.now();
      await this.clear(generation + 1);
      took.push(performance.now() - asked);
    }
    return took;
  }

  /** Clears while the browser blocks the sound, and prints the result on the browser's console. */
  async suspended(): Promise<void> {
    this.play(0, "a", 10);
    await this.until(() => this.port.state.sound === "blocked" || this.port.state.playing);
    const { positions } = await this.clear(1);
    console.info("RESULT", JSON.stringify({ positions, sound: this.port.state.sound }));
  }

  /** Plays a ramp, so that the value of a sample identifies its position. */
  private play(generation: number, item_id: string, blocks: number): void {
    for (let block = 0; block < blocks; block++) {
      const pcm = Int16Array.from({ length: BLOCK }, (_, i) =>
        Math.min(32000, 8000 + (block * BLOCK + i) / 2),
      );
      const part = { generation, item_id, content_index: 0, start: block * BLOCK };
      this.model.receive({ type: "play", ...part }, pcm.buffer);
    }
  }

  private async clear(generation: number): Promise<Cleared> {
    this.model.receive({ type: "clear", generation });
    const answer = () => this.told("cleared").find((one) => one.generation === generation);
    await this.until(() => answer() !== undefined);
    return answer()!;
  }

  private position(itemId: string): number {
    const reports = this.told("playback").flatMap(({ positions }) => positions);
    return reports.findLast(({ item_id }) => item_id === itemId)?.played ?? 0;
  }

  private told<Type extends PortReport["type"]>(type: Type): Reported<Type>[] {
    const reports = this.model.sent.map(({ message }) => message as unknown as PortReport);
    return reports.filter((report): report is Reported<Type> => report.type === type);
  }

  private until(wanted: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!wanted()) return;
        this.model.off("sent", look);
        endState();
        resolve();
      };
      const endState = this.port.subscribe(look);
      this.model.on("sent", look);
      look();
    });
  }
}

function base64(parts: (ArrayBuffer | Float32Array)[]): string {
  let text = "";
  for (const part of parts) {
    const bytes = part instanceof ArrayBuffer ? new Uint8Array(part) : new Uint8Array(part.buffer);
    for (const byte of bytes) text += String.fromCharCode(byte);
  }
  return btoa(text);
}
