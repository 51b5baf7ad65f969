import { describe, expect, it } from "vitest";
import { FADE_SAMPLES, PlaybackQueue } from "../../../src/audio/playback/queue";
import { SHORTEST } from "../../../src/audio/playback/stretch";
import type { Position } from "../../../src/messages";
import { rms, sine } from "../../helpers";
import { BLOCK, chance, jitter, phrases, plain, punctual, QUANTUM, render, speak, stalled } from "./spoken";

const SECOND = 24_000;
/** Where the stall of `stalled` begins and ends, in samples of the output. */
const RESUMED = 3 * SECOND;

function noise(seconds: number): Float32Array {
  const random = chance(7);
  return Float32Array.from({ length: seconds * SECOND }, () => (random.next().value - 0.5) / 2);
}

function tone(seconds: number, hertz = 440): Float32Array {
  return sine(hertz, SECOND, seconds * SECOND).map((sample) => sample / 2);
}

/** Words of 240 ms on 150 Hz with overtones, with gaps of 60 ms, and after five of them a pause of 360 ms. */
function words(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * SECOND }, (_, i) => {
    const at = (i % 43_200) % 7200;
    if (i % 43_200 >= 36_000 || at >= 5760) return 0;
    const edge = Math.min(1, at / 240, (5760 - at) / 240);
    const voice = (h: number) => Math.sin((2 * Math.PI * 150 * h * i) / SECOND) / h;
    return 0.2 * edge * (voice(1) + voice(2) + voice(3) + voice(5));
  });
}

/** How late playback is against the service at each quantum, in ms, from the stall's end on. */
function delays(answer: Float32Array, sent: (i: number) => number, rate = SECOND): number[] {
  const queue = new PlaybackQueue(rate, 40);
  const found: number[] = [];
  let rendered = 0;
  for (let i = 0; i * BLOCK < answer.length; i++) {
    while ((rendered * 1000) / rate < sent(i)) {
      queue.render(new Float32Array(QUANTUM));
      rendered += QUANTUM;
      const played = queue.report().positions[0]?.played ?? 0;
      const at = (rendered / rate) * SECOND;
      if (at >= RESUMED) found.push((at - played) / 24);
    }
    queue.play(0, "a", 0, answer.slice(i * BLOCK, (i + 1) * BLOCK));
  }
  return found;
}

/** Mean frequency of a sound, by its rising zero crossings. */
function hertz(samples: Float32Array): number {
  const rising: number[] = [];
  for (let i = 1; i < samples.length; i++) {
    const [a, b] = [samples[i - 1]!, samples[i]!];
    if (a < 0 && b >= 0) rising.push(i - b / (b - a));
  }
  return ((rising.length - 1) * SECOND) / (rising.at(-1)! - rising[0]!);
}

function steepest(samples: Float32Array): number {
  let most = 0;
  for (let i = 1; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i]! - samples[i - 1]!));
  return most;
}

describe("after a stall of one second", () => {
  it.each([24_000, 44_100, 48_000])("speech is back in time within 1.5 s of sound, at %i Hz", (rate) => {
    const late = delays(words(12), stalled, rate);
    const quanta = (1.5 * rate) / QUANTUM;
    expect(late[10]).toBeGreaterThan(900);
    expect(Math.max(...late.slice(quanta))).toBeLessThan(70);
  });

  it("sound without pauses is back in time within 2.1 s", () => {
    for (const sound of [tone(12), noise(12)]) {
      const late = delays(sound, stalled);
      expect(Math.max(...late.slice((2.1 * SECOND) / QUANTUM))).toBeLessThan(70);
    }
  });

  it("a tone keeps its pitch and has no clicks", () => {
    const { sound, skipped } = speak(plain(40), "a", tone(12), stalled);
    expect(skipped).toBeGreaterThan(0.9 * SECOND);
    const hurried = sound.slice(RESUMED + 480, RESUMED + 1.7 * SECOND);
    expect(Math.abs(hertz(hurried) - 440)).toBeLessThan(1);
    expect(steepest(sound)).toBeLessThan(1.05 * steepest(tone(1)));
    expect(rms(hurried) / rms(tone(1))).toBeCloseTo(1, 1);
  });

  it("noise keeps its level, and nothing in it is louder than before", () => {
    const { sound } = speak(plain(40), "a", noise(12), stalled);
    const hurried = sound.slice(RESUMED + 480, RESUMED + 1.8 * SECOND);
    const levels: number[] = [];
    for (let at = 0; at + 480 <= hurried.length; at += 480) levels.push(rms(hurried.subarray(at, at + 480)));
    const level = rms(noise(1));
    expect(Math.min(...levels)).toBeGreaterThan(0.75 * level);
    expect(Math.max(...levels)).toBeLessThan(1.25 * level);
  });

  it("sound that matches nowhere is left alone", () => {
    // Noise whose level jumps every 5 ms.
    const random = chance(3);
    let level = 1;
    const crackle = noise(12).map((sample, i) => {
      if (i % 120 === 0) level = 10 ** (-1.5 * random.next().value);
      return level * sample;
    });
    const { skipped } = speak(plain(40), "a", crackle, stalled);
    expect(skipped).toBeLessThan(0.2 * SECOND);
  });

  it("positions reach the end, and every sample is counted once", () => {
    for (const sound of [tone(8), noise(8), words(8)]) {
      const { report, skipped } = speak(plain(40), "a", sound, stalled);
      expect(skipped).toBeGreaterThan(0);
      expect(report.positions).toEqual([
        { item_id: "a", content_index: 0, played: sound.length, received: sound.length },
      ]);
    }
  });

  it("what has been caught up is unchanged again, bit for bit", () => {
    const answer = noise(12);
    const { sound, report } = speak(plain(40), "a", answer, stalled);
    expect(report.underruns).toBe(1);
    const { length } = sound.subarray(0, sound.findLastIndex((sample) => sample !== 0) + 1);
    const end = sound.subarray(length - 4 * SECOND, length - FADE_SAMPLES);
    expect(end).toEqual(answer.subarray(answer.length - 4 * SECOND, answer.length - FADE_SAMPLES));
  });

  it("the item that follows is in time as well", () => {
    const queue = plain(40);
    const [a, b] = [words(3), words(4)];
    const finished: string[] = [];
    let rendered = 0;
    for (let i = 0; i < 350; i++) {
      for (; rendered < stalled(i) * 24; rendered += QUANTUM) {
        render(queue, QUANTUM);
        if (!queue.changed) continue;
        for (const { item_id, played, received } of queue.report().positions) {
          if (played === received) finished.push(item_id);
        }
      }
      if (i < 150) queue.play(0, "a", 0, a.slice(i * BLOCK, (i + 1) * BLOCK));
      else queue.play(0, "b", 0, b.slice((i - 150) * BLOCK, (i - 149) * BLOCK));
      if (i === 149) queue.end(0, "a", 0);
    }
    expect(finished).toContain("a");
    const [told] = queue.report().positions;
    expect(told!.item_id).toBe("b");
    expect(told!.received - told!.played).toBeLessThan(70 * 24);
  });

  it("a clear in the middle is silent at once and tells what was heard", () => {
    for (let after = 0; after < 3000; after += 217) {
      const queue = plain(40);
      const answer = tone(8);
      for (let i = 0, rendered = 0; i < 152; i++) {
        for (; rendered < stalled(i) * 24; rendered += QUANTUM) render(queue, QUANTUM);
        queue.play(0, "a", 0, answer.slice(i * BLOCK, (i + 1) * BLOCK));
      }
      render(queue, after);
      const before = queue.report().positions[0]!.played;
      const [told] = queue.clear(1) as [Position];
      const rest = render(queue, 1000);
      expect(rest.subarray(FADE_SAMPLES).every((sample) => sample === 0)).toBe(true);
      expect(told.played - before).toBeGreaterThanOrEqual(FADE_SAMPLES - 1);
      // The fade may hold the middle of a join, where up to 20 ms are left out.
      expect(told.played - before).toBeLessThan(FADE_SAMPLES + 480);
    }
  });

  it("a second stall in the middle costs one underrun and is made up for as well", () => {
    const twice = (i: number) => (i >= 100 && i < 150 ? 3000 : i >= 170 && i < 230 ? 4600 : i * 20);
    const { underruns, late, report } = speak(plain(40), "a", words(14), twice);
    expect(underruns).toBe(2);
    expect(late).toBeLessThan(70);
    expect(report.positions[0]!.played).toBe(14 * SECOND);
  });
});

describe("sound is played unchanged, bit for bit", () => {
  /** Whether every sample is as it was sent, but for the fades around it and around five gaps at most. */
  function expectSame(sound: Float32Array, answer: Float32Array): void {
    const heard = sound.filter((sample) => sample !== 0);
    const sent = answer.filter((sample) => sample !== 0);
    expect(heard.length).toBe(sent.length);
    const changed = heard.filter((sample, i) => sample !== sent[i]).length;
    expect(changed).toBeLessThanOrEqual(12 * FADE_SAMPLES);
  }

  it("while a service speaks in time", () => {
    const { sound, skipped } = speak(plain(40), "a", noise(12), punctual);
    expect(skipped).toBe(0);
    expectSame(sound, noise(12));
  });

  it.each([
    ["twice as fast", (i: number) => i * 10],
    ["a third faster", (i: number) => i * 15],
    ["two seconds at once, then in time", (i: number) => Math.max(0, i - 100) * 20],
    ["fast, with a stall", (i: number) => (i < 100 ? i * 5 : 4000 + i * 5)],
    ["fast, with an early stall", (i: number) => (i < 20 ? i * 6 : 1000 + i * 6)],
    ["sentences at once, with pauses", (i: number) => 2700 * Math.floor(i / 100)],
    [
      "sentences at three times the speed, with pauses",
      (i: number) => 2500 * Math.floor(i / 100) + (i % 100) * 7,
    ],
  ])("where a model sends %s", (_, sent) => {
    const { sound, skipped } = speak(plain(40), "a", noise(12), sent);
    expect(skipped).toBe(0);
    expectSame(sound, noise(12));
  });
});

describe("a buffer that has become too small", () => {
  /** In time for two seconds, from then on with so much jitter. */
  const rougher = (upToMs: number) => {
    const rough = jitter(upToMs, 5);
    return (i: number) => (i < 100 ? i * 20 : rough(i));
  };

  it("grows within sound that has no pauses, without a change of pitch", () => {
    const queue = plain(40);
    const { sound, report } = speak(queue, "a", tone(12), rougher(70));
    expect(report.startup_ms).toBeGreaterThan(50);
    const end = sound.length - SECOND;
    expect(Math.abs(hertz(sound.slice(end - 6 * SECOND, end)) - 440)).toBeLessThan(1);
    expect(report.positions[0]).toMatchObject({ played: 12 * SECOND, received: 12 * SECOND });
  });

  it("grows in time for the next late block, instead of at the next pause", () => {
    // From the second second on everything takes 80 ms longer, and once a second a block is late by 45 ms more.
    // The change makes a gap, and so does the first of those; then the buffer has grown.
    const slower = (i: number) => i * 20 + (i < 100 ? 0 : 80) + (i % 50 === 49 && i > 120 ? 45 : 0);
    const { sound, underruns } = speak(plain(40), "a", tone(8), slower);
    expect(underruns).toBe(2);
    const heard = sound.filter((sample) => sample !== 0).length;
    expect(heard).toBeGreaterThan(tone(8).filter((sample) => sample !== 0).length + SHORTEST);
  });

  it("does not change what is heard of speech but for its length", () => {
    const { sound, underruns } = speak(plain(40), "a", phrases(12), rougher(50));
    expect(underruns).toBeLessThanOrEqual(1);
    expect(sound.reduce((most, sample) => Math.max(most, sample), 0)).toBeCloseTo(0.5, 3);
  });
});
