/**
 * The player: blocks of 24 kHz speech in, audio at the context's rate out, and exact positions of what was heard.
 *
 * It starts when a part has its start-up buffer or is complete, fades in and out over a few milliseconds at every
 * edge, and counts a sample as played when the output has passed it. The buffer follows the jitter of the last
 * answers. Within an answer, pauses are lengthened if the buffer has become too small, and shortened if it is larger
 * than needed; if the service speaks in real time, its speech is played a little slower or faster as well
 * (`tempo.ts`). What is left out counts as played with the sample after it, what is repeated not again. Each block has
 * a generation; `clear` and `stop` drop what is queued, and blocks of older generations that arrive later.
 */

import type { Playback, Position } from "../../messages";
import { SAMPLE_RATE } from "../pcm";
import { StreamResampler } from "../resampler";
import { Arrivals, JitterEstimator } from "./jitter";
import { isQuiet, type Part, SampleQueue } from "./samples";
import { LOOK, Tempo } from "./tempo";

/** Length of every fade, in samples at 24 kHz: 2.5 ms, so that a stop is silent within 5 ms. */
export const FADE_SAMPLES = 60;
/** Time constant of a volume change, in samples at 24 kHz: 10 ms. */
const VOLUME_SAMPLES = 240;
/** Start-up buffer of the first answer: by how much one of its blocks may be late (ms). */
export const DEFAULT_STARTUP_MS = 40;
/** Playback starts only when this multiple of a small start-up buffer has arrived. */
const ENOUGH_SHARE = 1.5;
/** The parts of a pause that are never changed, at its begin and at its end, in samples at 24 kHz: 40 and 20 ms. */
const PAUSE_EDGE = 960;
const PAUSE_END = 480;
/** While a stall is caught up, a quarter of a pause is kept, from 30 ms up to what is kept otherwise. */
const PAUSE_SHARE = 1 / 4;
const PAUSE_LEAST = 720;
/** Smallest change of a pause, and the interval at which pauses are checked, in samples at 24 kHz: 5 ms. */
const PAUSE_STEP = 120;

/** A run of one part's samples inside the resampler, in positions of its input stream. */
interface Segment {
  part: Part;
  start: number;
  length: number;
  /** Samples of the part that each of them stands for: 1, or 0 if they repeat what was heard. */
  each: number;
  /** Number of samples that were left out before it. */
  skipped: number;
}

/** What the player reports of itself. */
export type QueueState = Omit<Playback, "type" | "page_id">;

export class PlaybackQueue {
  /** Whether there is something to report: a part finished, an underrun occurred, sound started or stopped. */
  changed = false;
  private readonly resampler: StreamResampler;
  private generation = 0;
  private parts: Part[] = [];
  private readonly queue = new SampleQueue();
  private running = false;
  /** The unfinished part during which the queue ran dry; if more of it arrives, that was an underrun. */
  private starved: Part | null = null;
  /** The faded remainder of sound that was cut, still to play. */
  private readonly tail = new SampleQueue();
  private stoppedThrough = -1;
  private stopped: Position[] = [];
  private underruns = 0;
  private dropped = 0;
  private readonly jitter = new JitterEstimator();
  /** The start-up buffer before any jitter is known, and the current one, in samples at 24 kHz. */
  private firstStartup: number;
  private startup: number;
  /** Samples rendered so far, at the context's rate. */
  private rendered = 0;
  /** The part that sounds now. */
  private sounding: Part | null = null;
  /** How long playback has been quiet, in samples. */
  private quiet = 0;
  /** Samples of silence to insert into a pause (above 0) or to skip (below 0). */
  private change = 0;
  private skipped = 0;
  private readonly tempo = new Tempo();
  /** Samples until the tempo is looked at again. */
  private untilLook = 0;
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

  /** Sets the start-up buffer that is used until the jitter is known. */
  setStartup(ms: number): void {
    if (!(ms >= 0 && ms <= 5000)) throw new RangeError(`a start-up buffer must be 0 to 5000 ms, not ${ms}`);
    this.firstStartup = toSamples(ms);
    this.startup = this.jitter.startup(this.firstStartup);
  }

  setVolume(volume: number): void {
    this.volumeTarget = Math.max(0, Math.min(1, volume));
  }

  /**
   * Queues one block. Returns false if its generation is over and the block was dropped.
   *
   * `start` is the block's place in its part: a part that resumes in a later generation keeps its positions.
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

  /** Marks a part as complete: it plays at once, and running dry after it is not an underrun. */
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

  /** Stops at the user's request; blocks are dropped until `clear` begins a new generation. */
  stop(): { generation: number; positions: Position[] } {
    const positions = this.cut();
    this.stopped.push(...positions);
    this.stoppedThrough = this.generation;
    return { generation: this.generation, positions };
  }

  /** Stops because another page plays now; the next generation, whatever its number, starts afresh. */
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

  /** Returns the current state and positions. A part that has been played is reported once, then forgotten. */
  report(): QueueState {
    const state = {
      generation: this.generation,
      positions: this.parts.map(position),
      playing: this.playing,
      queued_ms: toMs(this.queue.own + sum(this.segments)),
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

  /** Keeps a faded remainder of what sounds, drops the rest, and returns the final positions. */
  private cut(): Position[] {
    let fade = this.running ? this.fade : 0;
    while (fade > 1 && this.queue.length) {
      const part = this.queue.part!;
      const before = this.queue.own;
      const faded = this.queue.takeRun(fade - 1).map((sample) => (sample * --fade) / FADE_SAMPLES);
      const own = before - this.queue.own;
      this.tail.push(part, faded, own);
      part.pulled += own;
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
    this.quiet = this.change = this.untilLook = 0;
    this.tempo.reset();
  }

  /** Samples at 24 kHz rendered so far: the clock of arrivals. */
  private get clock(): number {
    return (this.rendered * SAMPLE_RATE) / this.contextRate;
  }

  private ready(): boolean {
    const { part } = this.queue;
    if (!part || this.tail.length) return false;
    if (part.ended) return true;
    // The elapsed time is not enough: if blocks are late already, less audio than expected has arrived.
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

  /** Returns the sample of the 24 kHz stream at position `at`, the next one. */
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
    if (--this.untilLook <= 0) this.look(part, now);
    // One step per sample: in at a start, out when the queue is about to run dry or a pause changes, and in again if
    // more arrives in time.
    const wanted = this.change ? 0 : Math.min(FADE_SAMPLES, this.queue.length);
    this.fade += Math.sign(wanted - this.fade);
    const before = this.queue.own;
    const sample = this.take(this.queue, at);
    part.pulled += before - this.queue.own;
    part.loudest = Math.max(part.loudest, Math.abs(sample));
    this.quiet = isQuiet(sample, part) ? this.quiet + 1 : 0;
    if (!this.queue.length) this.runDry(part);
    else if (this.quiet && this.quiet % PAUSE_STEP === 0 && !this.change) this.adapt(part, now);
    return sample * (this.fade / FADE_SAMPLES) * this.volume;
  }

  private take(from: SampleQueue, at: number): number {
    const part = from.part!;
    const before = from.own;
    const sample = from.take();
    const own = before - from.own;
    const each = Math.min(own, 1);
    const last = this.segments.at(-1);
    const joins = last && last.part === part && last.start + last.length === at && last.each === each;
    if (joins && own === each) last.length++;
    else this.segments.push({ part, start: at, length: 1, each, skipped: own - each });
    this.lastSound = at;
    return sample;
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

  /** Plays a little faster or slower if that is due; only speech that sounds in full, of a service in real time. */
  private look(part: Part, now: number): void {
    this.untilLook = LOOK;
    if (this.change || this.fade < FADE_SAMPLES) return;
    if (!part.arrivals.steady) return this.tempo.reset();
    const { excess, missing } = this.balance(part, now);
    this.skipped += Math.max(0, this.tempo.look(this.queue, excess, part.ended ? 0 : missing));
  }

  /** Lengthens or shortens the current pause if the buffer is smaller or larger than it should be. */
  private adapt(part: Part, now: number): void {
    const { quiet, queue } = this;
    const hurried = this.tempo.hurried && part.arrivals.steady;
    if (quiet < (hurried ? PAUSE_LEAST / 2 : PAUSE_EDGE)) return;
    const { excess, missing } = this.balance(part, now);
    if (missing >= PAUSE_STEP && !part.ended) {
      if (queue.quietAhead(FADE_SAMPLES) === FADE_SAMPLES) this.change = missing;
    } else if (excess >= PAUSE_STEP && part.arrivals.live) {
      const ahead = queue.quietAhead(excess + PAUSE_EDGE);
      const kept = hurried ? PAUSE_SHARE * (quiet + ahead) : 2 * PAUSE_EDGE;
      const edge = Math.floor(Math.max(PAUSE_LEAST, Math.min(kept, 2 * PAUSE_EDGE)) / 2);
      const spare = Math.min(ahead - Math.min(edge, PAUSE_END), excess);
      if (quiet >= edge && spare >= PAUSE_STEP) this.change = -spare;
    }
  }

  /** By how many samples playback is later than it should be, and how many its buffer lacks. */
  private balance({ arrivals, pulled }: Part, now: number): { excess: number; missing: number } {
    return {
      excess: Math.floor(arrivals.delay(now, pulled) - this.startup),
      missing: Math.floor(this.startup - arrivals.slack(now, pulled)),
    };
  }

  /** Leaves out the silence that `adapt` found; all of it belongs to the part that sounds. */
  private skip(): void {
    const spare = -this.change;
    this.change = 0;
    this.skipped += spare;
    this.queue.skip(spare);
  }

  /** Counts the samples that the output has passed as played. */
  private settle(): void {
    while (this.segments.length) {
      const segment = this.segments[0]!;
      const passed = Math.min(segment.length, this.streamOut - segment.start);
      if (passed <= 0) return;
      segment.part.played += passed * segment.each + segment.skipped;
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
  return segments.reduce((total, { length, each, skipped }) => total + length * each + skipped, 0);
}

function position(part: Part): Position {
  return {
    item_id: part.itemId,
    content_index: part.contentIndex,
    played: part.played,
    received: part.received,
  };
}
