import { describe, expect, it } from "vitest";
import { type Heard, judged, wayBack } from "../../src/audio/sound_check";

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
