import { describe, expect, it } from "vitest";
import { BlockGroups } from "../../../src/audio/capture/groups";

const BLOCK_BYTES = 960;

function block(rms: number, mark: number) {
  return { pcm: new Uint8Array(BLOCK_BYTES).fill(mark).buffer, rms, peak: rms };
}

function send(groups: BlockGroups, levels: number[]): number[] {
  return levels.map((rms, index) => (groups.push(block(rms, index))?.byteLength ?? 0) / BLOCK_BYTES);
}

describe("block groups", () => {
  it("sends speech in groups of 60 ms", () => {
    expect(send(new BlockGroups(), Array(9).fill(0.1))).toEqual([0, 0, 3, 0, 0, 3, 0, 0, 3]);
  });

  it("goes on so for a second after speech, then sends groups of 100 ms", () => {
    const sent = send(new BlockGroups(), [0.1, 0.1, 0.1, ...Array(60).fill(0)]).filter(Boolean);
    expect(sent.slice(0, 17)).toEqual(Array(17).fill(3));
    expect(sent.slice(-2)).toEqual([5, 5]);
  });

  it("sends what waits together with the beginning of speech, in order", () => {
    const groups = new BlockGroups();
    while (groups.push(block(0, 0))?.byteLength !== 5 * BLOCK_BYTES);
    for (const mark of [1, 2, 3]) expect(groups.push(block(0, mark))).toBeNull();
    const whole = new Uint8Array(groups.push(block(0.1, 4))!);
    expect([...new Set(whole)]).toEqual([1, 2, 3, 4]);
  });

  it("gives back what waits when it ends", () => {
    const groups = new BlockGroups();
    send(groups, [0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(groups.flush()?.byteLength).toBe(2 * BLOCK_BYTES);
    expect(groups.flush()).toBeNull();
  });

  it("loses nothing and keeps blocks longer than a group whole", () => {
    const groups = new BlockGroups();
    const long = { pcm: new ArrayBuffer(48 * 200), rms: 0, peak: 0 };
    for (let i = 0; i < 10; i++) expect(groups.push(long)?.byteLength).toBe(48 * 200);
  });
});
