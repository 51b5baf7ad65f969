import { describe, expect, it } from "vitest";
import { StreamResampler } from "../../src/audio/resampler";
import { concat, cut, decibels, rms, sine, worst } from "../helpers";

const RATES: [number, number][] = [
  [44_100, 24_000],
  [48_000, 24_000],
  [16_000, 24_000],
  [96_000, 24_000],
  [24_000, 44_100],
  [24_000, 48_000],
];

describe.each(RATES)("from %i to %i Hz", (input, output) => {
  const nyquist = Math.min(input, output) / 2;

  it("gives a tone in the passband back at its level and its time", () => {
    for (const frequency of [100, 1000, 0.8 * nyquist]) {
      const converted = new StreamResampler(input, output).push(sine(frequency, input, input));
      const wanted = sine(frequency, output, converted.length);
      expect(decibels(worst(converted, wanted, 500, converted.length))).toBeLessThan(-70);
    }
  });

  it("keeps what lies above the lower Nyquist frequency out", () => {
    if (input < output) return;
    for (const frequency of [nyquist * 1.02, nyquist * 1.4, nyquist * 1.9]) {
      const converted = new StreamResampler(input, output).push(sine(frequency, input, input));
      expect(decibels(rms(converted.subarray(500)) / Math.SQRT1_2)).toBeLessThan(-75);
    }
  });

  it("leaves no images of a tone above its own band", () => {
    if (input > output) return;
    const converted = new StreamResampler(input, output).push(sine(3000, input, input));
    expect(
      decibels(worst(converted, sine(3000, output, converted.length), 500, converted.length)),
    ).toBeLessThan(-70);
  });

  it("gives the same samples however the stream is cut", () => {
    const signal = sine(440, input, 20_000);
    const whole = new StreamResampler(input, output).push(signal);
    for (const lengths of [[128], [1], [7, 480, 3, 1001]]) {
      const resampler = new StreamResampler(input, output);
      const pieces = concat([...cut(signal, lengths)].map((block) => resampler.push(block)));
      expect(pieces).toEqual(whole);
    }
  });

  it("gives exactly as many samples as the time asks for", () => {
    const resampler = new StreamResampler(input, output);
    let count = 0;
    const block = new Float32Array(128);
    const blocks = (60 * input) / 128;
    for (let i = 0; i < Math.floor(blocks); i++) count += resampler.push(block).length;
    count += resampler.push(new Float32Array(60 * input - Math.floor(blocks) * 128)).length;
    expect(count + resampler.flush().length).toBe(60 * output);
  });

  it("can be asked how many inputs the next outputs need", () => {
    const signal = sine(440, input, 40_000);
    const whole = new StreamResampler(input, output).push(signal);
    const resampler = new StreamResampler(input, output);
    const pulled: Float32Array[] = [];
    let at = 0;
    let passed = 0;
    while (pulled.length < 60) {
      const needed = resampler.needed(128);
      resampler.append(signal.subarray(at, (at += needed)));
      const block = new Float32Array(128);
      passed += resampler.produce(block);
      pulled.push(block);
      expect(resampler.needed(0)).toBe(0);
    }
    expect(concat(pulled)).toEqual(whole.subarray(0, 60 * 128));
    expect(passed).toBe(Math.floor((60 * 128 * input) / output));
    expect(at).toBeLessThanOrEqual(passed + resampler.lookahead + Math.ceil(input / output));
  });
});

describe("at the same rate", () => {
  it("passes samples unchanged, pushed or pulled", () => {
    const signal = sine(440, 24_000, 1000);
    expect(new StreamResampler(24_000, 24_000).push(signal)).toEqual(signal);
    const resampler = new StreamResampler(24_000, 24_000);
    const out = new Float32Array(400);
    resampler.append(signal.subarray(0, resampler.needed(400)));
    expect(resampler.produce(out)).toBe(400);
    expect(out).toEqual(signal.subarray(0, 400));
  });
});

it("refuses a rate that is none", () => {
  expect(() => new StreamResampler(0, 24_000)).toThrow("sample rate");
  expect(() => new StreamResampler(24_000, 44_100.5)).toThrow("44100.5");
});
