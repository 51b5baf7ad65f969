import { describe, expect, it } from "vitest";
import { FADE_SAMPLES, PlaybackQueue } from "../../../src/audio/playback/queue";
import type { Position } from "../../../src/messages";
import { concat, decibels, sine, worst } from "../../helpers";
import { BLOCK, jitter, LOUD, phrases, plain, punctual, QUANTUM, render, speak, stalled } from "./spoken";

function constant(count: number, value = 0.5): Float32Array {
  return new Float32Array(count).fill(value);
}

/** Samples that are not silent. */
function heard(samples: Float32Array): number {
  return samples.filter((sample) => sample !== 0).length;
}

function positions(queue: PlaybackQueue): Record<string, [number, number]> {
  return Object.fromEntries(
    queue
      .report()
      .positions.map(({ item_id, content_index, played, received }) => [
        `${item_id}.${content_index}`,
        [played, received],
      ]),
  );
}

describe("the start-up buffer", () => {
  it("keeps silent until a block may be late by that much", () => {
    const queue = plain(40);
    queue.play(0, "a", 0, constant(480));
    expect(heard(render(queue, 480))).toBe(0);
    queue.play(0, "a", 0, constant(480));
    expect(heard(render(queue, 480))).toBe(0);
    expect(queue.report()).toMatchObject({ playing: false, queued_ms: 40 });
    queue.play(0, "a", 0, constant(480));
    expect(heard(render(queue, 480))).toBe(480);
    expect(queue.report().playing).toBe(true);
  });

  it("holds back a long block too, for the next may be late", () => {
    const queue = plain(40);
    queue.play(0, "a", 0, constant(2400));
    expect(heard(render(queue, 9 * QUANTUM))).toBe(QUANTUM);
  });

  it("does not begin on one short block", () => {
    const queue = plain(40);
    queue.play(0, "a", 0, constant(480));
    expect(heard(render(queue, 24_000))).toBe(0);
  });

  it("costs no time where the service sends faster than it is heard", () => {
    const queue = plain(40);
    for (let i = 0; i < 4; i++) queue.play(0, "a", 0, constant(480));
    expect(heard(render(queue, 1000))).toBe(1000);
  });

  it("is not waited for when the part is complete", () => {
    const queue = plain(60);
    queue.play(0, "a", 0, constant(480));
    queue.end(0, "a", 0);
    expect(heard(render(queue, 1000))).toBe(480);
  });

  it("grows with what was late, and keeps that when the same setting comes again", () => {
    const queue = plain(40);
    queue.play(0, "a", 0, constant(2400));
    render(queue, 2400 + 960 + 2400);
    queue.play(0, "a", 0, constant(480));
    const { startup_ms } = queue.report();
    expect(startup_ms).toBeGreaterThan(40);
    queue.setStartup(40);
    expect(queue.report().startup_ms).toBe(startup_ms);
  });
});

describe("an underrun", () => {
  it("is a gap within a part", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(480));
    render(queue, 1000);
    expect(queue.report().underruns).toBe(0);
    queue.play(0, "a", 0, constant(480));
    expect(queue.changed).toBe(true);
    expect(queue.report().underruns).toBe(1);
  });

  it("is not the end of a part, even where the end is told late", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(480));
    render(queue, 1000);
    queue.end(0, "a", 0);
    queue.play(0, "b", 0, constant(480));
    render(queue, 1000);
    expect(queue.report().underruns).toBe(0);
  });

  it("is not a gap that a clear or a stop made", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(480));
    render(queue, 1000);
    queue.clear(1);
    queue.play(1, "a", 0, constant(480));
    render(queue, 1000);
    queue.stop();
    queue.clear(2);
    queue.play(2, "a", 0, constant(480));
    expect(queue.report().underruns).toBe(0);
  });
});

describe("generations", () => {
  it("drop older blocks at the door and count them", () => {
    const queue = plain();
    queue.clear(3);
    expect(queue.play(2, "a", 0, constant(480))).toBe(false);
    expect(queue.play(3, "a", 0, constant(480))).toBe(true);
    expect(queue.report()).toMatchObject({ generation: 3, dropped: 1, queued_ms: 20 });
    expect(heard(render(queue, 1000))).toBe(480);
  });

  it("may begin anywhere, as in a page that was loaded later", () => {
    const queue = plain();
    expect(queue.play(7, "a", 0, constant(480))).toBe(true);
    expect(queue.report().generation).toBe(7);
  });

  it("leave what is queued alone when a clear comes twice", () => {
    const queue = plain();
    queue.clear(1);
    queue.play(1, "a", 0, constant(480));
    expect(queue.clear(1)).toEqual([]);
    expect(heard(render(queue, 1000))).toBe(480);
  });

  it("ignore the end of an older one", () => {
    const queue = plain(60);
    queue.play(0, "a", 0, constant(480));
    queue.clear(1);
    queue.play(1, "a", 0, constant(480));
    queue.end(0, "a", 0);
    expect(heard(render(queue, 500))).toBe(0);
  });
});

describe("positions", () => {
  it("are kept for each item and content index", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(300));
    queue.play(0, "a", 1, constant(300));
    queue.play(0, "b", 0, constant(300));
    render(queue, 450);
    expect(positions(queue)).toEqual({ "a.0": [300, 300], "a.1": [150, 300], "b.0": [0, 300] });
  });

  it("go on where a part was cut, when its rest comes in a later generation", () => {
    const ramp = Float32Array.from({ length: 1000 }, (_, i) => 0.1 + i / 2000);
    const queue = plain();
    queue.play(0, "a", 0, ramp);
    const before = render(queue, 300);
    const [{ played }] = queue.clear(1) as [Position];
    const tail = render(queue, 200);
    queue.play(1, "a", 0, ramp.slice(played), played);
    queue.end(1, "a", 0);
    const after = render(queue, 1000);
    expect(played).toBe(300 + FADE_SAMPLES - 1);
    expect(heard(concat([before, tail, after]))).toBe(1000);
    expect(Math.max(...after)).toBeCloseTo(ramp.at(-1 - FADE_SAMPLES)!, 2);
    expect(positions(queue)).toEqual({ "a.0": [1000, 1000] });
  });

  it("tell a finished part once, as finished, and then no more", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(300));
    queue.end(0, "a", 0);
    queue.play(0, "b", 0, constant(3000));
    queue.report();
    render(queue, 200);
    queue.changed = false;
    render(queue, 200);
    expect(queue.changed).toBe(true);
    expect(positions(queue)).toEqual({ "a.0": [300, 300], "b.0": [100, 3000] });
    expect(Object.keys(positions(queue))).toEqual(["b.0"]);
  });

  it.each([44_100, 48_000])("count what the output has passed, at %i Hz", (rate) => {
    const queue = new PlaybackQueue(rate, 0);
    queue.play(0, "a", 0, sine(440, 24_000, 24_000));
    let rendered = 0;
    for (let i = 0; i < 100; i++) {
      queue.render(new Float32Array(QUANTUM));
      rendered += QUANTUM;
      const { played } = queue.report().positions[0]!;
      expect(Math.abs(played - (rendered * 24_000) / rate)).toBeLessThan(1);
    }
  });

  it("reach the whole length once everything has sounded", () => {
    const queue = new PlaybackQueue(44_100, 0);
    queue.play(0, "a", 0, constant(5000));
    queue.end(0, "a", 0);
    render(queue, 10_000);
    expect(queue.report()).toMatchObject({ playing: false, queued_ms: 0 });
    queue.play(0, "b", 0, constant(777));
    render(queue, 2000);
    expect(positions(queue)).toEqual({ "b.0": [777, 777] });
  });
});

describe("a clear", () => {
  it("answers at once with exactly the samples that will have been heard", () => {
    for (const before of [128, 1000, 1536, 2345]) {
      const queue = plain();
      queue.play(0, "a", 0, constant(1500));
      queue.play(0, "b", 0, constant(1500));
      const first = heard(render(queue, before));
      const answer = queue.clear(1);
      const rest = heard(render(queue, 1000));
      const told = answer.reduce((sum, { played }) => sum + played, 0);
      expect(told).toBe(first + rest);
      expect(answer.map(({ received }) => received)).toEqual([1500, 1500]);
    }
  });

  it("charges the right part when the fade crosses from one into the next", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(1000));
    queue.play(0, "b", 0, constant(1000));
    render(queue, 980);
    expect(queue.clear(1).map(({ item_id, played }) => [item_id, played])).toEqual([
      ["a", 1000],
      ["b", FADE_SAMPLES - 21],
    ]);
  });

  it("is silent within 5 ms, with the resampler's delay, and without a click", () => {
    for (const rate of [44_100, 48_000]) {
      const queue = new PlaybackQueue(rate, 0);
      queue.play(0, "a", 0, constant(24_000));
      render(queue, 4096);
      queue.clear(1);
      const after = render(queue, 4096);
      expect(Math.abs(after[Math.ceil(rate * 0.005)]!)).toBeLessThan(0.01);
      const steps = after.slice(1).map((sample, i) => Math.abs(sample - after[i]!));
      expect(Math.max(...steps)).toBeLessThan(0.5 / 60);
    }
  });

  it("tells zero for what had not begun, and nothing of what is over", () => {
    const queue = plain(60);
    queue.play(0, "a", 0, constant(480));
    queue.end(0, "a", 0);
    render(queue, 1000);
    queue.report();
    queue.play(0, "b", 0, constant(480));
    expect(queue.clear(1)).toEqual([{ item_id: "b", content_index: 0, played: 0, received: 480 }]);
    expect(heard(render(queue, 1000))).toBe(0);
  });

  it("does not swallow what is queued while it still fades", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(4800));
    render(queue, 1000);
    queue.clear(1);
    queue.play(1, "b", 0, constant(480));
    const sound = render(queue, 2000);
    expect(heard(sound)).toBe(FADE_SAMPLES + 479);
    expect(positions(queue)).toEqual({ "b.0": [480, 480] });
  });
});

describe("a stop", () => {
  it("silences, and drops blocks until a clear brings a new generation", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(4800));
    render(queue, 1000);
    const stopped = queue.stop();
    const told = { item_id: "a", content_index: 0, played: 999 + FADE_SAMPLES, received: 4800 };
    expect(stopped).toEqual({ generation: 0, positions: [told] });
    expect(queue.play(0, "a", 0, constant(480))).toBe(false);
    expect(heard(render(queue, 1000))).toBe(FADE_SAMPLES - 1);
    // The kernel's clear is told the same positions, whichever of the two it reads.
    expect(queue.clear(1)).toEqual([told]);
    expect(queue.clear(2)).toEqual([]);
    expect(queue.play(2, "b", 0, constant(480))).toBe(true);
    expect(heard(render(queue, 1000))).toBe(480);
  });
});

describe("fades", () => {
  it("open and close every stretch of sound", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(480, 1));
    const sound = render(queue, 600);
    for (let i = 0; i < FADE_SAMPLES; i++) {
      expect(sound[i]).toBeCloseTo((i + 1) / FADE_SAMPLES, 5);
      expect(sound[479 - i]).toBeCloseTo((i + 1) / FADE_SAMPLES, 5);
    }
    expect(sound[240]).toBe(1);
  });

  it("leave something of even the shortest sound", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(31, 1));
    const sound = render(queue, 128);
    expect(heard(sound)).toBe(31);
    expect(Math.max(...sound)).toBeCloseTo(16 / FADE_SAMPLES, 5);
  });

  it("do not touch the seam between two blocks or two parts that are there in time", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(480, 1));
    queue.end(0, "a", 0);
    queue.play(0, "b", 0, constant(480, 1));
    const sound = render(queue, 900);
    expect(new Set(sound.slice(FADE_SAMPLES, 900))).toEqual(new Set([1]));
  });

  it("turn back when more arrives before the queue has run dry", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(280, 1));
    render(queue, 256);
    queue.play(0, "a", 0, constant(480, 1));
    const sound = render(queue, 300);
    expect(Math.min(...sound)).toBeGreaterThan(0.2);
    expect(sound[200]).toBe(1);
    expect(queue.report().underruns).toBe(0);
  });
});

describe("volume", () => {
  it("moves without a jump and counts samples all the same", () => {
    const queue = plain();
    queue.play(0, "a", 0, constant(9600, 1));
    render(queue, 1024);
    queue.setVolume(0.25);
    const sound = render(queue, 4096);
    const steps = sound.slice(1).map((sample, i) => Math.abs(sample - sound[i]!));
    expect(Math.max(...steps)).toBeLessThan(0.01);
    expect(sound.at(-1)).toBeCloseTo(0.25, 4);
    queue.setVolume(0);
    render(queue, 2048);
    expect(positions(queue)["a.0"]).toEqual([1024 + 4096 + 2048, 9600]);
  });
});

it("plays what it was given", () => {
  const queue = new PlaybackQueue(48_000, 0);
  for (let i = 0; i < 50; i++)
    queue.play(0, "a", 0, sine(1000, 24_000, 24_000).subarray(i * 480, (i + 1) * 480));
  const sound = render(queue, 40_000);
  expect(decibels(worst(sound, sine(1000, 48_000, 40_000), 500, 40_000))).toBeLessThan(-70);
});

it("refuses a start-up buffer that is none", () => {
  expect(() => plain().setStartup(-1)).toThrow("0 to 5000 ms");
});

/** Within a join, a sample is between two places which are up to 20 ms apart. */
const UNSURE = 480;

describe("an answer spoken in real time", () => {
  const loud = (samples: Float32Array) => samples.filter((sample) => Math.abs(sample) >= LOUD / 2).length;

  it.each([1, 2, 3, 4, 5])("has no gap under 80 ms of jitter once one answer was heard (%i)", (seed) => {
    const queue = new PlaybackQueue(24_000, 40);
    speak(queue, "first", phrases(9), jitter(80, seed));
    for (let turn = 0; turn < 6; turn++)
      expect(speak(queue, `later ${turn}`, phrases(9), jitter(80, 10 * seed + turn)).underruns).toBe(0);
  });

  it("is heard soon again once the jitter is over", () => {
    const queue = new PlaybackQueue(24_000, 40);
    speak(queue, "rough", phrases(9), jitter(80, 1));
    expect(queue.report().startup_ms).toBeGreaterThan(60);
    for (let turn = 0; turn < 3; turn++) speak(queue, `calm ${turn}`, phrases(9), punctual);
    const { late } = speak(queue, "last", phrases(9), punctual);
    expect(late).toBeLessThan(25);
  });

  it("makes up for a stall, and counts what it leaves out as played", () => {
    const queue = new PlaybackQueue(24_000, 40);
    const answer = phrases(14);
    const { sound, report, underruns, skipped, late } = speak(queue, "a", answer, stalled);
    expect(underruns).toBe(1);
    expect(late).toBeLessThan(70);
    expect(skipped).toBeGreaterThan(900 * 24);
    expect(report.positions).toEqual([
      { item_id: "a", content_index: 0, played: answer.length, received: answer.length },
    ]);
    // Of the words no more is missing than 1.5 times the speed takes, and what fades: one edge a phrase, and the gap.
    expect(loud(answer) - loud(sound)).toBeLessThan(0.5 * 1.6 * 24_000 + 20 * FADE_SAMPLES);
  });

  it("tells a clear where it is, with what was left out", () => {
    for (const until of [3200, 3333, 3480, 3500, 5000, 6300, 7777]) {
      const queue = new PlaybackQueue(24_000, 40);
      // Each sample tells its place, within a join the place between two; the pauses of 300 ms are silent.
      const answer = phrases(14).map((sample, i) => sample && 0.2 + i / 600_000);
      let sound: Float32Array = new Float32Array(0);
      for (let i = 0, rendered = 0; i * 20 < until; i++) {
        for (; rendered < stalled(i) * 24; rendered += QUANTUM) sound = render(queue, QUANTUM);
        queue.play(0, "a", 0, answer.slice(i * BLOCK, (i + 1) * BLOCK));
      }
      expect(queue.report().skipped_ms).toBeGreaterThan(40);
      sound = render(queue, 300);
      const last = (sound.at(-1)! - 0.2) * 600_000;
      const [told] = queue.clear(1) as [Position];
      expect(Math.abs(told.played - FADE_SAMPLES - last)).toBeLessThan(UNSURE);
    }
  });

  it.each([5, 10])(
    "is heard up to 100 ms sooner where %i blocks come at once and the rest in time",
    (late) => {
      const queue = new PlaybackQueue(24_000, 40);
      const { underruns, skipped } = speak(queue, "a", phrases(14), (i) => Math.max(0, i - late) * 20);
      expect(underruns).toBe(0);
      expect(skipped).toBeGreaterThan(0);
      expect(skipped).toBeLessThanOrEqual(2400);
    },
  );

  it.each([40, 50, 100])("keeps its pauses where %i blocks come at once and the rest in time", (ahead) => {
    const queue = new PlaybackQueue(24_000, 40);
    const { underruns, skipped } = speak(queue, "a", phrases(14), (i) => Math.max(0, i - ahead) * 20);
    expect(underruns).toBe(0);
    expect(skipped).toBe(0);
  });

  it("keeps its pauses where it waits behind another answer", () => {
    const queue = new PlaybackQueue(24_000, 40);
    for (const id of ["a", "b", "c"]) {
      for (let at = 0; at < 3 * 24_000; at += 2400) queue.play(0, id, 0, phrases(3).slice(at, at + 2400));
      queue.end(0, id, 0);
    }
    render(queue, 10 * 24_000);
    expect(queue.report()).toMatchObject({ playing: false, skipped_ms: 0, underruns: 0 });
  });

  it("keeps its pauses after a stall where the service is far ahead", () => {
    const queue = new PlaybackQueue(24_000, 40);
    const { underruns, skipped } = speak(queue, "a", phrases(14), (i) => (i < 200 ? i * 5 : 5000 + i * 5));
    expect(underruns).toBe(1);
    expect(skipped).toBe(0);
  });

  it("gets a longer pause where blocks come ever later, instead of a gap in a word", () => {
    const queue = new PlaybackQueue(24_000, 40);
    const ever = (i: number) => i * 20 + (i % 10 ? 0 : i / 40);
    const { underruns, sound, report } = speak(queue, "a", phrases(36), ever);
    expect(underruns).toBe(0);
    expect(report.startup_ms).toBeGreaterThan(45);
    expect(loud(phrases(36)) - loud(sound)).toBeLessThan(20 * FADE_SAMPLES);
  });

  it("is not taken for a pause where it is only soft", () => {
    const queue = new PlaybackQueue(24_000, 40);
    const whisper = phrases(14).map((sample) => sample / 100);
    const { sound } = speak(queue, "a", whisper, stalled);
    const missing =
      whisper.filter((sample) => sample > 0).length - sound.filter((sample) => sample > 0).length;
    // What is left out of it is what would be left out of a loud voice.
    expect(missing).toBeLessThan(0.5 * 1.6 * 24_000);
  });
});
