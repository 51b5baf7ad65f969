import { describe, expect, it } from "vitest";
import { BlockGroups } from "../src/audio/block_groups";

const BLOCK_BYTES = 960;

function block(rms: number, mark: number) {
  return { pcm: new Uint8Array(BLOCK_BYTES).fill(mark).buffer, rms, peak: rms };
}

function send(groups: BlockGroups, levels: number[]): number[] {
  return levels.map((rms, index) => (groups.push(block(rms, index))?.byteLength ?? 0) / BLOCK_BYTES);
}

describe("block groups", () => {
  it("sends each block of speech at once", () => {
    expect(send(new BlockGroups(), Array(10).fill(0.1))).toEqual(Array(10).fill(1));
  });

  it("sends single blocks for a second after speech, then groups of 100 ms", () => {
    const groups = new BlockGroups();
    const sent = send(groups, [0.1, ...Array(60).fill(0)]);
    expect(sent.slice(0, 51)).toEqual(Array(51).fill(1));
    expect(sent.slice(51, 61)).toEqual([0, 0, 0, 0, 5, 0, 0, 0, 0, 5]);
  });

  it("sends what waits together with the first block of speech, in order", () => {
    const groups = new BlockGroups();
    send(groups, Array(50).fill(0));
    expect(groups.push(block(0, 1))).toBeNull();
    expect(groups.push(block(0, 2))).toBeNull();
    const whole = new Uint8Array(groups.push(block(0.1, 3))!);
    expect([...new Set(whole)]).toEqual([1, 2, 3]);
    expect(whole.length).toBe(3 * BLOCK_BYTES);
  });

  it("gives back what waits when it ends", () => {
    const groups = new BlockGroups();
    send(groups, Array(52).fill(0));
    expect(groups.flush()?.byteLength).toBe(2 * BLOCK_BYTES);
    expect(groups.flush()).toBeNull();
  });

  it("loses nothing and keeps blocks longer than a group whole", () => {
    const groups = new BlockGroups();
    const long = { pcm: new ArrayBuffer(48 * 200), rms: 0, peak: 0 };
    for (let i = 0; i < 10; i++) expect(groups.push(long)?.byteLength).toBe(48 * 200);
  });
});
