import { describe, expect, it } from "vitest";
import { Arrivals, JitterEstimator, MAX_STARTUP_MS } from "../../../src/audio/playback/jitter";

const MS = 24;
const FIRST = 40 * MS;
const SECOND = 24_000;

/** Blocks of 20 ms for so long, each late by what `lateness` gives (ms); goes on where the last call ended. */
function listen(
  memory: JitterEstimator,
  from: number,
  seconds: number,
  lateness: (ms: number) => number,
): number {
  const end = from + seconds * SECOND;
  for (let at = from; at < end; at += 20 * MS) memory.late(at, lateness((at - from) / MS) * MS);
  return end;
}

function buffer(memory: JitterEstimator): number {
  return memory.startup(FIRST) / MS;
}

describe("the start-up buffer that jitter calls for", () => {
  it("is the first one until there is enough to go by, and small after calm", () => {
    const memory = new JitterEstimator();
    expect(buffer(memory)).toBe(40);
    const at = listen(memory, 0, 2, () => 0);
    expect(buffer(memory)).toBe(40);
    listen(memory, at, 3, () => 0);
    expect(buffer(memory)).toBe(20);
  });

  it("is never larger after calm than the first one was set", () => {
    const memory = new JitterEstimator();
    listen(memory, 0, 10, () => 0);
    expect(memory.startup(0)).toBe(0);
  });

  it("covers what blocks were late by, and a little more", () => {
    const memory = new JitterEstimator();
    listen(memory, 0, 5, (ms) => ms % 100);
    expect(buffer(memory)).toBeGreaterThan(80);
    expect(buffer(memory)).toBeLessThan(100);
  });

  it("covers a delay at once, and forgets it after 20 seconds of sound", () => {
    const memory = new JitterEstimator();
    const at = listen(memory, 0, 5, (ms) => (ms === 2000 ? 40 : 0));
    expect(buffer(memory)).toBeGreaterThan(40);
    listen(memory, at, 20, () => 0);
    expect(buffer(memory)).toBe(20);
  });

  it("covers a long delay only where it comes again", () => {
    const memory = new JitterEstimator();
    const at = listen(memory, 0, 5, (ms) => (ms === 2000 ? 400 : 0));
    expect(buffer(memory)).toBe(60);
    listen(memory, at, 5, (ms) => (ms === 2000 ? 400 : 0));
    expect(buffer(memory)).toBeGreaterThan(400);
  });

  it("has a cap, and does not grow for a stall", () => {
    const memory = new JitterEstimator();
    let at = listen(memory, 0, 5, (ms) => (ms % 1000 === 0 ? 600 : 0));
    expect(buffer(memory)).toBe(MAX_STARTUP_MS);
    at = listen(memory, at, 20, (ms) => (ms % 2000 === 0 ? 1000 : 0));
    expect(buffer(memory)).toBe(20);
  });
});

describe("arrivals", () => {
  /** Takes blocks of 20 ms that come at these times; gives how late each was (ms). */
  function come(arrivals: Arrivals, times: number[], from = 0): number[] {
    return times.map((ms, i) => arrivals.add(ms * MS, (from + i * 20) * MS) / MS);
  }

  it("are late against the fastest", () => {
    expect(come(new Arrivals(), [0, 20, 75, 75, 80, 130])).toEqual([0, 0, 35, 0, 0, 30]);
  });

  it("tell of one delay once, however many blocks it held up", () => {
    expect(come(new Arrivals(), [0, 20, 300, 300, 300, 300, 300])).toEqual([0, 0, 260, 0, 0, 0, 0]);
  });

  it("are not late where the service is far ahead, however uneven they are", () => {
    const arrivals = new Arrivals();
    come(arrivals, [0, 5, 10]);
    arrivals.start(20 * MS, 0);
    come(
      arrivals,
      Array.from({ length: 60 }, () => 50),
      60,
    );
    expect(arrivals.live).toBe(false);
    expect(come(arrivals, [100, 200, 300, 400], 1260)).toEqual([0, 0, 0, 0]);
    expect(arrivals.delay(400 * MS, 380 * MS) / MS).toBe(20);
  });

  it("may sound once their buffer is there: at once where they come fast", () => {
    const slow = new Arrivals();
    come(slow, [0, 20]);
    expect(slow.ready(39 * MS, 0, FIRST)).toBe(false);
    expect(slow.ready(40 * MS, 0, FIRST)).toBe(true);
    const fast = new Arrivals();
    come(fast, [0, 1, 2, 3]);
    expect(fast.ready(3 * MS, 0, FIRST)).toBe(true);
  });

  it("may go on soon after a delay, but not on the first block alone", () => {
    const arrivals = new Arrivals();
    come(arrivals, [0, 20, 40]);
    arrivals.start(40 * MS, 0);
    come(arrivals, [400], 60);
    arrivals.restart();
    expect(arrivals.ready(400 * MS, 60 * MS, FIRST)).toBe(false);
    expect(arrivals.ready(420 * MS, 60 * MS, FIRST)).toBe(true);
    come(arrivals, [401], 80);
    expect(arrivals.ready(401 * MS, 60 * MS, FIRST)).toBe(true);
  });

  it("set a new pace where the service has paused: then nothing is late, and nothing behind", () => {
    const arrivals = new Arrivals();
    come(arrivals, [0, 20, 40]);
    arrivals.start(40 * MS, 0);
    come(arrivals, [1060], 60);
    arrivals.restart();
    expect(come(arrivals, [1080, 1100, 1125], 80)).toEqual([0, 0, 5]);
    expect(arrivals.delay(1140 * MS, 100 * MS) / MS).toBe(40);
  });

  it("follow clocks that drift", () => {
    const arrivals = new Arrivals();
    const times = Array.from({ length: 3000 }, (_, i) => i * 20.01);
    expect(Math.max(...come(arrivals, times))).toBeLessThan(6);
  });
});
