import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PieceContext, RecordingPlayer } from "../../../src/audio/playback/recording";

/** A clock and a loudspeaker that note what is scheduled. */
class PlayedContext {
  currentTime = 0;
  readonly destination = {} as AudioDestinationNode;
  readonly started: { at: number; offset: number; stopped: boolean }[] = [];
  closed = false;
  resume = () => Promise.resolve();
  close = () => {
    this.closed = true;
    return Promise.resolve();
  };
  decodeAudioData = (data: ArrayBuffer) => Promise.resolve({ duration: data.byteLength } as AudioBuffer);
  createBufferSource() {
    const note = { at: -1, offset: 0, stopped: false };
    const { started } = this;
    return {
      buffer: null,
      connect: () => undefined,
      start: (at: number, offset: number) => started.push(Object.assign(note, { at, offset })),
      stop: () => (note.stopped = true),
    } as unknown as AudioBufferSourceNode;
  }
}

const PIECE = new DataView(new ArrayBuffer(20));

function made(seconds = 50, hasSound = true) {
  const context = new PlayedContext();
  const wanted: number[] = [];
  const player = new RecordingPlayer(
    seconds,
    20,
    hasSound,
    (index) => wanted.push(index),
    () => undefined,
    () => context as unknown as PieceContext,
  );
  const pass = (time: number) => {
    for (let left = time; left > 0.001; left -= 0.05) {
      context.currentTime += 0.05;
      vi.advanceTimersByTime(50);
    }
  };
  return { context, wanted, player, pass };
}

describe("RecordingPlayer", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("waits for its first piece, and plays the next one right behind it", async () => {
    const { context, wanted, player, pass } = made();
    player.play();
    expect([player.state, wanted]).toEqual(["loading", [0]]);
    pass(3);
    await player.put(0, PIECE);
    expect(player.state).toBe("playing");
    pass(13);
    expect(wanted).toEqual([0, 1]);
    expect(player.position).toBeCloseTo(13);
    await player.put(1, PIECE);
    expect(context.started.length).toBe(2);
    expect(context.started[1]!.at - context.started[0]!.at).toBeCloseTo(20);
  });

  it("seeks into a piece, also while it plays", async () => {
    const { context, player, pass } = made();
    player.seek(30);
    expect(player.position).toBe(30);
    player.play();
    await player.put(1, PIECE);
    expect(context.started[0]!.offset).toBeCloseTo(10);
    pass(2);
    expect(player.position).toBeCloseTo(32);
    player.seek(25);
    expect(context.started[0]!.stopped).toBe(true);
    expect(context.started[1]!.offset).toBeCloseTo(5);
  });

  it("waits in its place if a piece comes late", async () => {
    const { wanted, player, pass } = made();
    player.play();
    await player.put(0, PIECE);
    pass(25);
    expect([player.state, player.position]).toEqual(["loading", 20]);
    expect(wanted).toEqual([0, 1]);
    await player.put(1, PIECE);
    pass(1);
    expect(player.position).toBeCloseTo(21);
  });

  it("pauses where it is, ends at the end, and begins again from there", async () => {
    const { player, pass } = made(10);
    player.play();
    await player.put(0, PIECE);
    pass(4);
    player.pause();
    pass(4);
    expect([player.state, Math.round(player.position)]).toEqual(["paused", 4]);
    player.play();
    pass(7);
    expect([player.state, player.position]).toEqual(["paused", 10]);
    player.play();
    expect(player.position).toBeCloseTo(0);
  });

  it("lets the time go by without sound, and stops if the sound does not come", () => {
    const silent = made(10, false);
    const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
    silent.player.play();
    clock.mockReturnValue(3000);
    expect([silent.player.state, silent.player.position]).toEqual(["playing", 2]);
    silent.player.end();
    clock.mockRestore();
    const failing = made();
    failing.player.play();
    failing.player.fail();
    expect(failing.player.state).toBe("paused");
    failing.player.play();
    expect(failing.wanted).toEqual([0, 0]);
    failing.player.end();
    expect(failing.context.closed).toBe(true);
  });
});
