import { describe, expect, it } from "vitest";
import { type CheckedPort, measureSilence } from "../../src/audio/port/silence";
import { INITIAL_STATE, type Tap } from "../../src/audio/port/state";
import { type Heard, judged, silenceWords, SilenceWatch, wayBack } from "../../src/audio/sound_check";

/** Levels each 10 ms from `begin` on. */
function levels(begin: number, rms: number[], peak = 0.1): Heard[] {
  return rms.map((level, number) => ({ at: begin + number * 0.01, rms: level, peak }));
}

describe("a sound check", () => {
  it("says how well somebody is heard", () => {
    expect(judged(levels(0, Array(300).fill(0.0004)))).toBe("none");
    expect(judged(levels(0, Array(300).fill(0.005)))).toBe("soft");
    expect(judged(levels(0, [...Array(200).fill(0.0004), ...Array(100).fill(0.05)]))).toBe("good");
    expect(judged(levels(0, Array(300).fill(0.3), 1))).toBe("clips");
  });

  it("measures how long tones take to come back", () => {
    const tones = [1, 2, 3, 4];
    const heard = levels(0, Array(500).fill(0.001)).map((each) => {
      const back = tones.some((tone) => each.at >= tone + 0.085 && each.at < tone + 0.2);
      return back ? { ...each, rms: 0.04 } : each;
    });
    expect(wayBack(heard, tones)).toBeGreaterThanOrEqual(85);
    expect(wayBack(heard, tones)).toBeLessThanOrEqual(95.1);
  });

  it("takes one sound at a wrong moment for no tone", () => {
    const heard = levels(0, Array(500).fill(0.001)).map((each) =>
      each.at > 2.1 && each.at < 2.2 ? { ...each, rms: 0.05 } : each,
    );
    expect(wayBack(heard, [1, 2, 3, 4])).toBeNull();
    expect(wayBack([], [1])).toBeNull();
  });

  it("is not misled by a room that is loud all the time", () => {
    expect(wayBack(levels(0, Array(500).fill(0.02)), [1, 2, 3, 4])).toBeNull();
  });
});

describe("how soon an interruption is silent", () => {
  const block = (level: number) => new Float32Array(120).fill(level);

  /** A watch that has heard a tone of a length (s), and silence. */
  function heard(seconds: number): SilenceWatch {
    const watch = new SilenceWatch();
    let time = 1;
    for (; time < 1 + seconds - 1e-9; time += 0.005) watch.push(block(0.2), time, 24_000);
    for (let number = 0; number < 60; number++, time += 0.005) watch.push(block(0), time, 24_000);
    return watch;
  }

  it("is told by the last sample that sounded", () => {
    const watch = heard(0.5);
    expect(watch.after(1.4)).toBeCloseTo(100);
    expect(watch.silent).toBeCloseTo(0.3);
    expect(watch.sounded).toBeCloseTo(0.5);
  });

  it("is not told of a tone that ended by itself", () => {
    expect(heard(2).after(1.4)).toBeNull();
  });

  it("is said in plain words", () => {
    expect(silenceWords(42.4)).toMatch(/42 ms here: good/);
    expect(silenceWords(900)).toMatch(/900 ms here: slow/);
    expect(silenceWords("busy")).toMatch(/An answer plays/);
  });

  /** A port whose tone sounds from the wish on; the test outputs blocks. */
  function played(playing = false) {
    const asked: string[] = [];
    let tap: Tap = () => undefined;
    let refuse = () => {};
    const port: CheckedPort = {
      state: { ...INITIAL_STATE, active: true, sound: "ready", playing },
      subscribe: () => () => undefined,
      tap: (callback) => ((tap = callback), () => undefined),
      checkSilence: (step) => void asked.push(step),
      onRefused: (listener) => ((refuse = listener), () => undefined),
    };
    return {
      port,
      asked,
      output: (level: number, at: number) => tap(block(level), at, 24_000),
      refuse: () => refuse(),
    };
  }

  it("is measured from the wish to the last sample, and what the sound card holds", async () => {
    const { port, asked, output } = played();
    let now = 0;
    const silence = measureSilence(port, () => now - 0.02);
    for (; asked.length < 2; now += 0.005) output(0.2, now);
    const wished = now - 0.005;
    for (const end = wished + 0.05; now < end; now += 0.005) output(0.2, now);
    for (let number = 0; number < 60; number++, now += 0.005) output(0, now);
    expect(asked).toEqual(["tone", "cut"]);
    const ms = await silence;
    expect(ms).toBeGreaterThan(60);
    expect(ms).toBeLessThan(90);
  });

  it("never disturbs an answer", async () => {
    const plays = played(true);
    expect(await measureSilence(plays.port, () => 0)).toBe("busy");
    expect(plays.asked).toEqual([]);
    const comes = played();
    const silence = measureSilence(comes.port, () => 0);
    comes.refuse();
    expect(await silence).toBe("busy");
  });
});
