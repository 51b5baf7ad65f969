import { describe, expect, it } from "vitest";
import { CaptureBlocks, type CapturedBlock } from "../../../src/audio/capture/blocks";
import { fromPcm16, toPcm16 } from "../../../src/audio/pcm";
import { concat, cut, decibels, sine, worst } from "../../helpers";

function capture(rate: number, blockMs: number, signal: Float32Array): CapturedBlock[] {
  const blocks = new CaptureBlocks(rate, blockMs);
  return [...cut(signal, [128])].flatMap((quantum) => blocks.push(quantum));
}

describe.each([44_100, 48_000])("a microphone at %i Hz", (rate) => {
  it("gives blocks of exactly the length that was asked for", () => {
    for (const ms of [10, 20, 40]) {
      const blocks = capture(rate, ms, new Float32Array(rate));
      expect(new Set(blocks.map(({ pcm }) => pcm.byteLength))).toEqual(new Set([ms * 48]));
      expect(blocks.length).toBeGreaterThanOrEqual(1000 / ms - 1);
    }
  });

  it("gives the tone that went in, without seams between blocks", () => {
    const heard = concat(capture(rate, 20, sine(1000, rate, rate)).map(({ pcm }) => fromPcm16(pcm)));
    expect(decibels(worst(heard, sine(1000, 24_000, heard.length), 500, heard.length))).toBeLessThan(-65);
  });

  it("tells each block's level", () => {
    const [block] = capture(
      rate,
      20,
      sine(1000, rate, rate).map((sample) => sample / 2),
    ).slice(-1);
    expect(block!.rms).toBeCloseTo(Math.SQRT1_2 / 2, 3);
    expect(block!.peak).toBeCloseTo(0.5, 2);
  });
});

it("tells silence as exact zero", () => {
  for (const { rms, peak } of capture(44_100, 20, new Float32Array(44_100)))
    expect([rms, peak]).toEqual([0, 0]);
});

it("loses no sample when the block length changes", () => {
  const blocks = new CaptureBlocks(48_000, 40);
  const signal = sine(300, 48_000, 48_000);
  const got: CapturedBlock[] = [];
  let turn = 0;
  for (const quantum of cut(signal, [128])) {
    if (++turn === 100) blocks.setBlockMs(10);
    if (turn === 200) blocks.setBlockMs(20);
    got.push(...blocks.push(quantum));
  }
  const heard = concat(got.map(({ pcm }) => fromPcm16(pcm)));
  expect(decibels(worst(heard, sine(300, 24_000, heard.length), 500, heard.length))).toBeLessThan(-65);
  expect(got.at(-1)!.pcm.byteLength).toBe(960);
});

it("finishes the block that is being filled before it takes up a new length", () => {
  const blocks = new CaptureBlocks(24_000, 40);
  blocks.push(new Float32Array(900));
  blocks.setBlockMs(10);
  const sizes = blocks.push(new Float32Array(1000)).map(({ pcm }) => pcm.byteLength);
  expect(sizes).toEqual([1920, 480, 480, 480]);
});

it("refuses a block length that is none", () => {
  expect(() => new CaptureBlocks(48_000, 0)).toThrow("1 to 1000 ms");
});

it("clips what is too loud instead of wrapping it", () => {
  expect(Array.from(new Int16Array(toPcm16(Float32Array.of(2, -2, 0.5, 0))))).toEqual([
    32767, -32767, 16384, 0,
  ]);
});
