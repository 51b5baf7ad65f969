/** What a port tells its kernel, and in how many messages. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox } from "../../../src/audio/port/outbox";
import type { Playback, PortReport } from "../../../src/messages";

function playback(played: number): Playback {
  return {
    type: "playback",
    page_id: "page",
    generation: 0,
    positions: [{ item_id: "item", content_index: 0, played, received: 1000 }],
    playing: true,
    queued_ms: 0,
    startup_ms: 60,
    underruns: 0,
    dropped: 0,
    skipped_ms: 0,
  };
}

describe("an outbox", () => {
  let sent: PortReport[];
  let outbox: Outbox;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    outbox = new Outbox({ send: (report) => sent.push(report), listen: () => () => {} }, "page");
  });
  afterEach(() => vi.useRealTimers());

  it("lets the player's state ride along with the next block", () => {
    outbox.playback(playback(1), true);
    expect(sent).toEqual([]);
    outbox.sound(new ArrayBuffer(2));
    outbox.sound(new ArrayBuffer(2));
    expect(sent).toEqual([
      { type: "audio", page_id: "page", sequence: 0, playback: playback(1) },
      { type: "audio", page_id: "page", sequence: 1 },
    ]);
    vi.runAllTimers();
    expect(sent).toHaveLength(2);
  });

  it("sends the state at once where no sound follows", () => {
    outbox.playback(playback(1), false);
    expect(sent).toEqual([playback(1)]);
  });

  it("sends a state by itself when the microphone gives no block", () => {
    outbox.playback(playback(1), true);
    vi.runAllTimers();
    expect(sent).toEqual([playback(1)]);
  });

  it("sends every state, in order, before what is told after it", () => {
    outbox.playback(playback(1), true);
    outbox.playback(playback(2), true);
    outbox.send({ type: "cleared", page_id: "page", generation: 1, positions: [] });
    expect(sent.map(({ type }) => type)).toEqual(["playback", "playback", "cleared"]);
    expect(sent.slice(0, 2)).toEqual([playback(1), playback(2)]);
  });

  it("sends nothing more once its port is gone", () => {
    outbox.playback(playback(1), true);
    outbox.dispose();
    vi.runAllTimers();
    expect(sent).toEqual([]);
  });
});
