/**
 * The player: blocks of 24 kHz speech in, sound at the context's rate out, and exact positions of what was heard.
 *
 * It starts once a part has a start-up buffer (or is complete), fades in and out over a few milliseconds at
 * every edge, and counts a sample as played when the output has passed it. The buffer follows the jitter of the
 * last answers. Within an answer pauses are made longer where it has become too small, and shorter where it is
 * larger than need be; what is left out counts as played with the sample after it. Blocks carry a generation;
 * `clear` and `stop` cut what is queued and drop late blocks at the door.
 */

import type { Position } from "../messages";
import { Arrivals, JitterMemory } from "./arrivals";
import { SAMPLE_RATE } from "./pcm";
import { StreamResampler } from "./resampler";
import { isQuiet, type Part, SoundQueue } from "./sound_queue";

/** Length of every fade, in samples of 24 kHz: 2.5 ms, so that a stop is silent within 5 ms. */
export const FADE_SAMPLES = 60;
/** Time constant of a volume change, in samples of 24 kHz: 10 ms. */
const VOLUME_SAMPLES = 240;
/** By how much a block of the first answer may be late (ms). */
export const DEFAULT_STARTUP_MS = 40;
/** So much of a small start-up buffer must be there as sound. */
const ENOUGH_SHARE = 1.5;
/** Of a pause so much is left as it is, at either end, in samples of 24 kHz: 40 ms. */
const PAUSE_EDGE = 960;
/** Pauses are changed by at least this much, and looked at so often, in samples of 24 kHz: 5 ms. */
const PAUSE_STEP = 120;

/** A run of one part's samples inside the resampler, in positions of its input stream. */
interface Segment {
  part: Part;
  start: number;
  length: number;
  /** Samples that were left out before it. */
  skipped: number;
}

export interface QueueState {
  generation: number;
  positions: Position[];
  playing: boolean;
  queued_ms: number;
  startup_ms: number;
  underruns: number;
  dropped: number;
  skipped_ms: number;
}

export class PlaybackQueue {
  /** Set when something worth a report has happened: a part finished, an underrun, sound began or ceased. */
  changed = false;
  private readonly resampler: StreamResampler;
  private generation = 0;
  private parts: Part[] = [];
  private readonly queue = new SoundQueue();
  private running = false;
  /** The unfinished part during which the queue ran dry; more of it makes that an underrun. */
  private starved: Part | null = null;
  /** What is left to play, already faded, of sound that was cut. */
  private readonly tail = new SoundQueue();
  private stoppedThrough = -1;
  private stopped: Position[] = [];
  private underruns = 0;
  private dropped = 0;
  private readonly jitter = new JitterMemory();
  /** The start-up buffer while nothing is known, and the one that is right now, in samples of 24 kHz. */
  private firstStartup: number;
  private startup: number;
  /** Samples rendered so far, at the context's rate. */
  private rendered = 0;
  /** The part that sounds now. */
  private sounding: Part | null = null;
  /** How long it has been quiet, in samples. */
  private quiet = 0;
  /** Samples of silence to put into a pause (above 0) or to leave out of it (below). */
  private change = 0;
  private skippedBefore = 0;
  private skipped = 0;
  /** Steps of the fade, from 0 (silent) to FADE_SAMPLES (full). */
  private fade = 0;
  private volume = 1;
  private volumeTarget = 1;
  private segments: Segment[] = [];
  private streamIn = 0;
  private streamOut = 0;
  private lastSound = -Infinity;
  private wasPlaying = false;

  constructor(
    private readonly contextRate: number,
    startupMs = DEFAULT_STARTUP_MS,
  ) {
    this.resampler = new StreamResampler(SAMPLE_RATE, Math.round(contextRate));
    this.startup = this.firstStartup = toSamples(startupMs);
  }

  /** Sets the start-up buffer for the time while no jitter is known. */
  setStartup(ms: number): void {
    if (!(ms >= 0 && ms <= 5000)) throw new RangeError(`a start-up buffer must be 0 to 5000 ms, not ${ms}`);
    this.firstStartup = toSamples(ms);
    this.startup = this.jitter.startup(this.firstStartup);
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
    this.jitter.late(this.clock, part.arrivals.add(this.clock, part.received));
    this.startup = this.jitter.startup(this.firstStartup);
    if (this.starved === part) {
      this.underruns++;
      part.arrivals.restart();
      this.changed = true;
    }
    this.starved = null;
    part.received += samples.length;
    this.queue.push(part, samples);
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
    this.rendered += output.length;
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
      queued_ms: toMs(this.queue.length + sum(this.segments)),
      startup_ms: toMs(this.startup),
      underruns: this.underruns,
      dropped: this.dropped,
      skipped_ms: toMs(this.skipped),
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
    const fresh = { ended: false, loudest: 0, arrivals: new Arrivals() };
    const part = { generation, itemId, contentIndex, ...places, ...fresh };
    this.parts.push(part);
    return part;
  }

  /** Keeps a faded remainder of what is sounding, throws the rest away, and gives the final positions. */
  private cut(): Position[] {
    let fade = this.running ? this.fade : 0;
    while (fade > 1 && this.queue.length) {
      const part = this.queue.part!;
      const faded = this.queue.takeRun(fade - 1).map((sample) => (sample * --fade) / FADE_SAMPLES);
      this.tail.push(part, faded);
      part.pulled += faded.length;
    }
    const positions = this.parts.map((part) => ({ ...position(part), played: part.pulled }));
    this.parts = [];
    this.queue.clear();
    this.starved = null;
    this.silent();
    this.changed = true;
    return positions;
  }

  private silent(): void {
    this.running = false;
    this.sounding = null;
    this.quiet = this.change = this.skippedBefore = 0;
  }

  /** Samples of 24 kHz rendered so far: the clock of arrivals. */
  private get clock(): number {
    return (this.rendered * SAMPLE_RATE) / this.contextRate;
  }

  private ready(): boolean {
    const { part } = this.queue;
    if (!part || this.tail.length) return false;
    if (part.ended) return true;
    // Time alone does not do: where blocks are late already, there is less than there should be.
    const enough = this.queue.length >= ENOUGH_SHARE * Math.min(this.startup, this.firstStartup);
    return enough && part.arrivals.ready(this.clock, part.pulled, this.startup);
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
    if (this.tail.length) return this.take(this.tail, at) * this.volume;
    if (this.change && !this.fade) {
      if (this.change > 0) {
        this.change--;
        return 0;
      }
      this.skip();
    }
    const { part } = this.queue;
    if (!this.running || !part) return 0;
    const now = this.clock + at - this.streamIn;
    if (this.sounding !== part) this.sound(part, now);
    // One step a sample: in at a start, out where the queue is about to run dry or a pause changes, and up again
    // where more arrives in time.
    const wanted = this.change ? 0 : Math.min(FADE_SAMPLES, this.queue.length);
    this.fade += Math.sign(wanted - this.fade);
    part.pulled++;
    const sample = this.take(this.queue, at);
    part.loudest = Math.max(part.loudest, Math.abs(sample));
    this.quiet = isQuiet(sample, part) ? this.quiet + 1 : 0;
    if (!this.queue.length) this.runDry(part);
    else if (this.quiet >= PAUSE_EDGE && this.quiet % PAUSE_STEP === 0 && !this.change) this.adapt(part, now);
    return sample * (this.fade / FADE_SAMPLES) * this.volume;
  }

  private take(from: SoundQueue, at: number): number {
    const part = from.part!;
    const last = this.segments.at(-1);
    const skipped = this.skippedBefore;
    this.skippedBefore = 0;
    if (last && last.part === part && last.start + last.length === at && !skipped) last.length++;
    else this.segments.push({ part, start: at, length: 1, skipped });
    this.lastSound = at;
    return from.take();
  }

  private sound(part: Part, now: number): void {
    const before = this.sounding;
    part.arrivals.start(now, part.pulled, before?.arrivals.delay(now, before.pulled));
    this.sounding = part;
  }

  private runDry(part: Part): void {
    this.silent();
    this.starved = part.ended ? null : part;
  }

  /** Makes the pause that sounds longer or shorter, where the buffer is not what it should be. */
  private adapt(part: Part, now: number): void {
    const { arrivals, pulled } = part;
    const excess = Math.floor(arrivals.delay(now, pulled) - this.startup);
    const missing = Math.floor(this.startup - arrivals.slack(now, pulled));
    if (missing >= PAUSE_STEP && !part.ended) {
      if (this.queue.quietAhead(FADE_SAMPLES) === FADE_SAMPLES) this.change = missing;
    } else if (excess >= PAUSE_STEP && arrivals.live) {
      const spare = this.queue.quietAhead(excess + PAUSE_EDGE) - PAUSE_EDGE;
      if (spare >= PAUSE_STEP) this.change = -spare;
    }
  }

  /** Leaves out what `adapt` has found; all of it is of the part that sounds. */
  private skip(): void {
    let left = -this.change;
    this.change = 0;
    this.sounding!.pulled += left;
    this.skippedBefore = left;
    this.skipped += left;
    while (left) left -= this.queue.takeRun(left).length;
  }

  /** Books what the output has passed. */
  private settle(): void {
    while (this.segments.length) {
      const segment = this.segments[0]!;
      const passed = Math.min(segment.length, this.streamOut - segment.start);
      if (passed <= 0) return;
      segment.part.played += passed + segment.skipped;
      segment.skipped = 0;
      segment.start += passed;
      segment.length -= passed;
      if (segment.part.ended && segment.part.played === segment.part.received) this.changed = true;
      if (segment.length) return;
      this.segments.shift();
    }
  }
}

function toSamples(ms: number): number {
  return (ms / 1000) * SAMPLE_RATE;
}

function toMs(samples: number): number {
  return (samples / SAMPLE_RATE) * 1000;
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
