/**
 * The player: blocks of 24 kHz speech in, sound at the context's rate out, and exact positions of what was heard.
 *
 * It starts once a start-up buffer has gathered (or the part is complete), fades in and out over a few
 * milliseconds at every edge, and counts a sample as played when the output has passed it. Blocks carry a
 * generation; `clear` and `stop` cut what is queued and drop late blocks at the door.
 */

import type { Position } from "../messages";
import { SAMPLE_RATE } from "./pcm";
import { StreamResampler } from "./resampler";

/** Length of every fade, in samples of 24 kHz: 2.5 ms, so that a stop is silent within 5 ms. */
export const FADE_SAMPLES = 60;
/** Time constant of a volume change, in samples of 24 kHz: 10 ms. */
const VOLUME_SAMPLES = 240;
/** Growth of the start-up buffer after an underrun, and where it ends (ms). */
const STARTUP_GROWTH = 1.5;
export const MAX_STARTUP_MS = 500;
export const DEFAULT_STARTUP_MS = 60;

/** One content part; counts are samples of 24 kHz. */
interface Part {
  generation: number;
  itemId: string;
  contentIndex: number;
  received: number;
  /** Handed to the resampler, so certain to be heard. */
  pulled: number;
  /** Passed by the output. */
  played: number;
  ended: boolean;
}

interface Chunk {
  part: Part;
  samples: Float32Array;
  offset: number;
}

/** A run of one part's samples inside the resampler, in positions of its input stream. */
interface Segment {
  part: Part;
  start: number;
  length: number;
}

export interface QueueState {
  generation: number;
  positions: Position[];
  playing: boolean;
  queued_ms: number;
  startup_ms: number;
  underruns: number;
  dropped: number;
}

export class PlaybackQueue {
  /** Set when something worth a report has happened: a part finished, an underrun, sound began or ceased. */
  changed = false;
  private readonly resampler: StreamResampler;
  private generation = 0;
  private parts: Part[] = [];
  private chunks: Chunk[] = [];
  private queued = 0;
  private running = false;
  /** The unfinished part during which the queue ran dry; more of it makes that an underrun. */
  private starved: Part | null = null;
  /** What is left to play, already faded, of sound that was cut. */
  private tail: Chunk[] = [];
  private stoppedThrough = -1;
  private stopped: Position[] = [];
  private underruns = 0;
  private dropped = 0;
  private startupMs: number;
  private startupBaseMs: number;
  /** Steps of the fade, from 0 (silent) to FADE_SAMPLES (full). */
  private fade = 0;
  private volume = 1;
  private volumeTarget = 1;
  private segments: Segment[] = [];
  private streamIn = 0;
  private streamOut = 0;
  private lastSound = -Infinity;
  private wasPlaying = false;

  constructor(contextRate: number, startupMs = DEFAULT_STARTUP_MS) {
    this.resampler = new StreamResampler(SAMPLE_RATE, Math.round(contextRate));
    this.startupMs = this.startupBaseMs = startupMs;
  }

  /** Sets the start-up buffer; the same value again keeps what underruns have made of it. */
  setStartup(ms: number): void {
    if (!(ms >= 0 && ms <= 5000)) throw new RangeError(`a start-up buffer must be 0 to 5000 ms, not ${ms}`);
    if (ms === this.startupBaseMs) return;
    this.startupMs = this.startupBaseMs = ms;
  }

  setVolume(volume: number): void {
    this.volumeTarget = Math.max(0, Math.min(1, volume));
  }

  /**
   * Queues one block; false where its generation is over and it was dropped.
   *
   * `start` is the block's place in its part: a part that goes on in a later generation keeps its positions.
   */
  play(generation: number, itemId: string, contentIndex: number, samples: Float32Array, start = 0): boolean {
    if (generation < this.generation || generation <= this.stoppedThrough) {
      this.dropped++;
      return false;
    }
    if (generation > this.generation) this.begin(generation);
    const part = this.find(itemId, contentIndex) ?? this.add(itemId, contentIndex, start);
    if (this.starved === part) {
      this.underruns++;
      this.startupMs = Math.max(
        this.startupMs,
        Math.min(MAX_STARTUP_MS, Math.max(this.startupMs, 20) * STARTUP_GROWTH),
      );
      this.changed = true;
    }
    this.starved = null;
    part.received += samples.length;
    if (samples.length) this.chunks.push({ part, samples, offset: 0 });
    this.queued += samples.length;
    return true;
  }

  /** The part is complete: it plays at once, and running dry after it is no underrun. */
  end(generation: number, itemId: string, contentIndex: number): void {
    if (generation !== this.generation) return;
    const part = this.find(itemId, contentIndex);
    if (!part) return;
    part.ended = true;
    if (this.starved === part) this.starved = null;
    if (part.played === part.received) this.changed = true;
  }

  /** Falls silent, starts `generation`, and tells where every unfinished part of the older ones ended. */
  clear(generation: number): Position[] {
    const positions = [...this.stopped, ...(generation > this.generation ? this.begin(generation) : [])];
    this.stopped = [];
    return positions;
  }

  /** Falls silent at the person's wish; blocks are dropped until `clear` brings a new generation. */
  stop(): { generation: number; positions: Position[] } {
    const positions = this.cut();
    this.stopped.push(...positions);
    this.stoppedThrough = this.generation;
    return { generation: this.generation, positions };
  }

  /** Falls silent because another page plays now; whichever generation comes next begins afresh. */
  reset(): void {
    this.cut();
    this.stopped = [];
    this.stoppedThrough = -1;
    this.generation = 0;
  }

  /** Fills one output block at the context's rate. */
  render(output: Float32Array): void {
    if (!this.running && this.ready()) {
      this.running = true;
      this.fade = 0;
    }
    const silent = !this.running && !this.tail.length;
    if (silent && this.streamOut - this.lastSound > this.resampler.lookahead) output.fill(0);
    else this.renderSound(output);
    if (this.playing !== this.wasPlaying) {
      this.wasPlaying = this.playing;
      this.changed = true;
    }
  }

  get playing(): boolean {
    return this.running || this.tail.length > 0 || this.segments.length > 0;
  }

  /** Where everything stands now; parts that are over are told of once and then forgotten. */
  report(): QueueState {
    const state = {
      generation: this.generation,
      positions: this.parts.map(position),
      playing: this.playing,
      queued_ms: ((this.queued + sum(this.segments)) / SAMPLE_RATE) * 1000,
      startup_ms: this.startupMs,
      underruns: this.underruns,
      dropped: this.dropped,
    };
    this.parts = this.parts.filter((part) => !(part.ended && part.played === part.received));
    this.changed = false;
    return state;
  }

  private begin(generation: number): Position[] {
    const positions = this.cut();
    this.generation = generation;
    return positions;
  }

  private find(itemId: string, contentIndex: number): Part | undefined {
    return this.parts.find((part) => part.itemId === itemId && part.contentIndex === contentIndex);
  }

  private add(itemId: string, contentIndex: number, start: number): Part {
    const { generation } = this;
    const places = { received: start, pulled: start, played: start };
    const part = { generation, itemId, contentIndex, ...places, ended: false };
    this.parts.push(part);
    return part;
  }

  /** Keeps a faded remainder of what is sounding, throws the rest away, and gives the final positions. */
  private cut(): Position[] {
    let fade = this.running ? this.fade : 0;
    while (fade > 1 && this.chunks.length) {
      const { part, samples, offset } = this.chunks.shift()!;
      const faded = samples.slice(offset, offset + fade - 1);
      for (let i = 0; i < faded.length; i++) faded[i]! *= --fade / FADE_SAMPLES;
      this.tail.push({ part, samples: faded, offset: 0 });
      part.pulled += faded.length;
    }
    const positions = this.parts.map((part) => ({ ...position(part), played: part.pulled }));
    this.parts = [];
    this.chunks = [];
    this.queued = 0;
    this.starved = null;
    this.running = false;
    this.changed = true;
    return positions;
  }

  private ready(): boolean {
    const head = this.chunks[0];
    if (!head || this.tail.length) return false;
    return head.part.ended || this.queued >= (this.startupMs / 1000) * SAMPLE_RATE;
  }

  private renderSound(output: Float32Array): void {
    const input = new Float32Array(this.resampler.needed(output.length));
    for (let i = 0; i < input.length; i++) input[i] = this.pull(this.streamIn + i);
    this.streamIn += input.length;
    this.resampler.append(input);
    this.streamOut += this.resampler.produce(output);
    this.settle();
  }

  /** The next sample of the 24 kHz stream, which will stand at `at` in it. */
  private pull(at: number): number {
    this.volume += (this.volumeTarget - this.volume) / VOLUME_SAMPLES;
    const cutting = this.tail[0];
    if (cutting) return this.take(cutting, this.tail, at) * this.volume;
    const head = this.chunks[0];
    if (!this.running || !head) return 0;
    // One step a sample: in at a start, out where the queue is about to run dry, and up again where more
    // arrives in time.
    const wanted = Math.min(FADE_SAMPLES, this.queued);
    this.fade += Math.sign(wanted - this.fade);
    head.part.pulled++;
    this.queued--;
    const sample = this.take(head, this.chunks, at) * (this.fade / FADE_SAMPLES) * this.volume;
    if (!this.queued) this.runDry(head.part);
    return sample;
  }

  private take(chunk: Chunk, from: Chunk[], at: number): number {
    const { part } = chunk;
    const last = this.segments.at(-1);
    if (last && last.part === part && last.start + last.length === at) last.length++;
    else this.segments.push({ part, start: at, length: 1 });
    this.lastSound = at;
    const sample = chunk.samples[chunk.offset++]!;
    if (chunk.offset === chunk.samples.length) from.shift();
    return sample;
  }

  private runDry(part: Part): void {
    this.running = false;
    this.starved = part.ended ? null : part;
  }

  /** Books what the output has passed. */
  private settle(): void {
    while (this.segments.length) {
      const segment = this.segments[0]!;
      const passed = Math.min(segment.length, this.streamOut - segment.start);
      if (passed <= 0) return;
      segment.part.played += passed;
      segment.start += passed;
      segment.length -= passed;
      if (segment.part.ended && segment.part.played === segment.part.received) this.changed = true;
      if (segment.length) return;
      this.segments.shift();
    }
  }
}

function sum(segments: Segment[]): number {
  return segments.reduce((total, segment) => total + segment.length, 0);
}

function position(part: Part): Position {
  return {
    item_id: part.itemId,
    content_index: part.contentIndex,
    played: part.played,
    received: part.received,
  };
}
