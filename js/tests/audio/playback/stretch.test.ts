import { describe, expect, it } from "vitest";
import {
  isNoise,
  JOIN,
  leaveOut,
  LONGEST,
  match,
  repeat,
  SHORTEST,
} from "../../../src/audio/playback/stretch";
import { rms, sine } from "../../helpers";
import { chance } from "./spoken";

const ALL = JOIN + LONGEST;

function noise(count: number, seed = 1): Float32Array {
  const random = chance(seed);
  return Float32Array.from({ length: count }, () => random.next().value - 0.5);
}

describe("the place that sounds alike", () => {
  it.each([80, 120, 220, 440, 1000, 3100])("is whole periods away, for a tone of %i Hz", (hertz) => {
    const { lag, likeness } = match(sine(hertz, 24_000, ALL), LONGEST);
    const period = 24_000 / hertz;
    expect(Math.abs(lag - period * Math.round(lag / period))).toBeLessThanOrEqual(0.5);
    expect(likeness).toBeGreaterThan(0.9);
    expect(lag).toBeGreaterThanOrEqual(SHORTEST);
    expect(lag).toBeLessThanOrEqual(LONGEST);
  });

  it("is not found in noise or at the begin of a word, and is any in silence", () => {
    expect(match(noise(ALL), LONGEST).likeness).toBeLessThan(0.4);
    const word = noise(ALL).map((sample, i) => (i < JOIN ? sample / 50 : sample));
    expect(match(word, LONGEST).likeness).toBeLessThan(0.4);
    expect(match(new Float32Array(ALL), LONGEST).likeness).toBe(0);
  });
});

describe("noise", () => {
  it("is even, and like itself nowhere", () => {
    expect(isNoise(noise(ALL), 0.2)).toBe(true);
    expect(isNoise(noise(ALL), 0.7)).toBe(false);
    expect(
      isNoise(
        noise(ALL).map((sample, i) => (i < JOIN ? sample / 50 : sample)),
        0.2,
      ),
    ).toBe(false);
    expect(isNoise(new Float32Array(ALL), 0)).toBe(false);
  });

  it("keeps its level in a join", () => {
    const levels = Array.from({ length: 40 }, (_, seed) => {
      const samples = noise(ALL, seed);
      return rms(leaveOut(samples, match(samples, LONGEST)).subarray(JOIN / 4, (3 * JOIN) / 4));
    });
    const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
    expect(mean / rms(noise(24_000))).toBeGreaterThan(0.9);
    expect(mean / rms(noise(24_000))).toBeLessThan(1.1);
  });
});

describe("a join", () => {
  it("goes on from what was before it, and into what is after it", () => {
    const samples = noise(ALL);
    const found = { lag: 300, likeness: 0.1 };
    const shorter = leaveOut(samples, found);
    expect(shorter.length).toBe(JOIN);
    expect(shorter[0]).toBeCloseTo(samples[0]!, 3);
    expect(shorter.at(-1)).toBeCloseTo(samples[JOIN + 299]!, 3);
    const longer = repeat(samples, found);
    expect(longer.length).toBe(JOIN / 2 + 600);
    expect(longer.subarray(0, 300)).toEqual(samples.subarray(0, 300));
    expect(longer.at(-1)).toBe(samples[JOIN / 2 + 299]);
  });
});
