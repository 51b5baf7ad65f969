/** The port between a played kernel and a player whose clock the test moves. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CapturedBlock } from "../src/audio/capture_blocks";
import { WorkletError } from "../src/audio/errors";
import type { Lane, LaneHandlers } from "../src/audio/lane";
import type { MicrophoneEnvironment } from "../src/audio/microphone";
import { Player } from "../src/audio/player";
import { AudioPort } from "../src/audio/port";
import { registerPort, watchPort } from "../src/audio/registry";
import type { Speaker, SpeakerEvents } from "../src/audio/speaker";
import type { SpeakerCommand } from "../src/audio/worklets/protocol";
import type { PortCommand, PortReport } from "../src/messages";

type Reported<Type extends PortReport["type"]> = Extract<PortReport, { type: Type }>;

class PlayedLane implements Lane {
  reports: { report: PortReport; pcm: ArrayBuffer | undefined }[] = [];
  private handlers: LaneHandlers | null = null;

  send(report: PortReport, pcm?: ArrayBuffer): void {
    this.reports.push({ report, pcm });
  }

  listen(handlers: LaneHandlers): () => void {
    this.handlers = handlers;
    return () => (this.handlers = null);
  }

  say(command: PortCommand, pcm?: ArrayBuffer): void {
    this.handlers?.command(command, pcm);
  }

  interrupt(): void {
    this.handlers?.interrupted();
  }

  told<Type extends PortReport["type"]>(type: Type): Reported<Type>[] {
    return this.reports
      .map(({ report }) => report)
      .filter((report): report is Reported<Type> => report.type === type);
  }

  types(): string[] {
    return this.reports.map(({ report }) => report.type);
  }
}

/** A player without a browser: `run` moves its clock. */
class PlayedSpeaker implements Speaker {
  readonly rate = 24_000;
  running = true;
  closed = false;
  /** Whether it answers; a context that is held back may not. */
  deaf = false;
  private time = 0;
  private readonly player: Player;

  constructor(readonly events: SpeakerEvents) {
    this.player = new Player(this.rate, (event) => events.event(event));
  }

  send(command: SpeakerCommand): void {
    if (!this.deaf) this.player.obey(command);
  }

  run(samples: number): void {
    for (let done = 0; done < samples; done += 120) {
      this.player.render(new Float32Array(120), this.time);
      this.time += 120 / this.rate;
    }
  }

  resume(): Promise<void> {
    this.running = true;
    this.events.stateChanged();
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

let lane: PlayedLane;
let port: AudioPort;
let speaker: PlayedSpeaker;
let failure: Error | null;
let capture: (block: CapturedBlock) => void;
const track = Object.assign(new EventTarget(), { label: "", getSettings: () => ({}), stop: vi.fn() });

const microphone: MicrophoneEnvironment = {
  secure: true,
  policyAllows: true,
  mediaDevices: {
    enumerateDevices: () => Promise.resolve([]),
    getUserMedia: () =>
      Promise.resolve({ getAudioTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream),
  },
  permission: () => Promise.resolve("granted" as const),
  startCapture: (_stream, _blockMs, onBlock) => {
    capture = onBlock;
    return Promise.resolve({ running: true, setBlockMs: () => undefined, close: () => undefined });
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  failure = null;
  lane = new PlayedLane();
  port = new AudioPort(lane, {
    openSpeaker: (events) =>
      failure ? Promise.reject(failure) : Promise.resolve((speaker = new PlayedSpeaker(events))),
    microphone,
  });
});

afterEach(() => {
  port.dispose();
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
// As long as a group of speech, so that each is sent at once.
const block = (peak = 0.2): CapturedBlock => ({ pcm: new ArrayBuffer(3 * 960), rms: peak / 2, peak });

async function activate(inputMode: "open" | "push_to_talk" = "open"): Promise<void> {
  lane.say({ type: "activate", page_id: port.pageId });
  lane.say({ type: "configure", block_ms: 20, group_ms: 60, startup_ms: 0, input_mode: inputMode });
  await settled();
}

async function play(generation: number, item_id: string, samples: number): Promise<void> {
  lane.say(
    { type: "play", generation, item_id, content_index: 0, start: 0 },
    new Int16Array(samples).fill(9000).buffer,
  );
  await settled();
}

async function openMicrophone(): Promise<void> {
  await port.openMicrophone();
  capture(block());
}

describe("activation", () => {
  it("is waited for after a hello; commands before it are not obeyed", async () => {
    expect(lane.told("hello")).toEqual([{ type: "hello", page_id: port.pageId }]);
    await play(0, "a", 480);
    lane.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(lane.types()).toEqual(["hello"]);
  });

  it("of another page silences this one and closes its microphone", async () => {
    await activate();
    await openMicrophone();
    await play(0, "a", 24_000);
    speaker.run(2400);
    lane.say({ type: "activate", page_id: "another" });
    await settled();
    const reports = lane.reports.length;
    speaker.run(4800);
    capture(block());
    expect(port.state).toMatchObject({ active: false, microphone: "off", playing: false });
    expect(lane.reports.length).toBe(reports);
  });

  it("comes back to a page that was silenced, in the same generation", async () => {
    await activate();
    await play(5, "a", 4800);
    speaker.run(1200);
    lane.say({ type: "activate", page_id: "another" });
    await settled();
    speaker.run(1200);
    await activate();
    lane.say({ type: "clear", generation: 5 });
    await play(5, "b", 480);
    speaker.run(1200);
    expect(lane.told("cleared").at(-1)!.positions).toEqual([]);
    expect(lane.told("playback").at(-1)).toMatchObject({
      generation: 5,
      dropped: 0,
      positions: [{ item_id: "b", content_index: 0, played: 480, received: 480 }],
    });
  });

  it("is asked for again by a click on the microphone in a page that was silenced", async () => {
    lane.say({ type: "activate", page_id: "another" });
    await openMicrophone();
    expect(lane.types()).toEqual(["hello", "hello"]);
    await activate();
    expect(lane.told("microphone").at(-1)!.state).toBe("on");
    capture(block());
    expect(lane.told("audio")).toHaveLength(1);
  });

  it("that never comes is told at the microphone", async () => {
    await openMicrophone();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(port.state.microphone).toBe("error");
    expect(port.state.problem!.code).toBe("kernel");
    lane.say({ type: "activate", page_id: "another" });
    await openMicrophone();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(port.state.problem!.code).toBe("other_page");
  });

  it("is asked for again after a break in the connection, and nothing is sent until then", async () => {
    await activate();
    await openMicrophone();
    lane.interrupt();
    capture(block());
    expect(lane.types().slice(-1)).toEqual(["hello"]);
    await activate();
    capture(block());
    expect(lane.types().slice(-2)).toEqual(["microphone", "audio"]);
  });
});

describe("playing", () => {
  beforeEach(() => activate());

  it("is reported about every 100 ms, and at once when a part is finished", async () => {
    await play(0, "a", 12_000);
    lane.say({ type: "end", generation: 0, item_id: "a", content_index: 0 });
    await settled();
    speaker.run(13_000);
    const reports = lane.told("playback");
    const played = reports.map(({ positions }) => positions[0]?.played);
    expect(played.slice(0, 3)).toEqual([120, 2520, 4920]);
    expect(reports.length).toBeLessThan(9);
    expect(reports.at(-1)).toMatchObject({
      page_id: port.pageId,
      playing: false,
      positions: [{ item_id: "a", content_index: 0, played: 12_000, received: 12_000 }],
    });
    expect(port.state).toMatchObject({ playing: false, elapsed: 0.5 });
  });

  it("keeps blocks that come before the player is loaded, in order", async () => {
    const early = new PlayedLane();
    const other = new AudioPort(early, {
      openSpeaker: async (events) => {
        await new Promise((loaded) => setTimeout(loaded, 50));
        return (speaker = new PlayedSpeaker(events));
      },
      microphone,
    });
    early.say({ type: "activate", page_id: other.pageId });
    early.say(
      { type: "play", generation: 0, item_id: "a", content_index: 0, start: 0 },
      new ArrayBuffer(48_000),
    );
    early.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(60);
    expect(early.told("cleared")[0]!.positions).toEqual([
      { item_id: "a", content_index: 0, played: 0, received: 24_000 },
    ]);
    other.dispose();
  });

  it("answers a clear at once with the final positions", async () => {
    await play(0, "a", 24_000);
    speaker.run(4800);
    lane.say({ type: "clear", generation: 1 });
    await settled();
    expect(lane.told("cleared")).toEqual([
      {
        type: "cleared",
        page_id: port.pageId,
        generation: 1,
        positions: [{ item_id: "a", content_index: 0, played: 4859, received: 24_000 }],
      },
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(lane.told("cleared")).toHaveLength(1);
  });

  it("answers a clear with the last known positions where the player does not answer", async () => {
    await play(0, "a", 24_000);
    speaker.run(4800);
    speaker.deaf = true;
    lane.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    const [{ positions }] = lane.told("cleared") as [Reported<"cleared">];
    expect(positions).toEqual([{ item_id: "a", content_index: 0, played: 2520, received: 24_000 }]);
  });

  it("moves to a volume and back", () => {
    port.setVolume(0.3);
    expect(port.state.volume).toBe(0.3);
    port.setVolume(7);
    expect(port.state.volume).toBe(1);
  });

  it("can be tapped, and costs nothing when it is not", async () => {
    await play(0, "a", 2400);
    const heard: number[] = [];
    const untap = port.tap((samples, time, rate) => heard.push(samples.length, time, rate));
    await settled();
    speaker.run(240);
    untap();
    await settled();
    speaker.run(240);
    expect(heard).toEqual([120, 0, 24_000, 120, 0.005, 24_000]);
  });
});

describe("a page without sound", () => {
  it("says so, and still answers a clear: nothing was heard", async () => {
    failure = new WorkletError("blob: is forbidden here");
    await activate();
    expect(port.state).toMatchObject({ sound: "failed", soundProblem: "blob: is forbidden here" });
    await play(0, "a", 480);
    lane.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(lane.told("cleared")[0]!.positions).toEqual([
      { item_id: "a", content_index: 0, played: 0, received: 480 },
    ]);
  });

  it("tells that the browser holds it back, until a click", async () => {
    await activate();
    speaker.running = false;
    speaker.events.stateChanged();
    expect(port.state.sound).toBe("blocked");
    await port.resume();
    expect(port.state.sound).toBe("ready");
  });
});

describe("the stop button", () => {
  beforeEach(() => activate());

  it("silences at once, tells where, and drops what still comes until the kernel's clear", async () => {
    await play(3, "a", 24_000);
    speaker.run(4800);
    port.stop();
    await settled();
    const told = [{ item_id: "a", content_index: 0, played: 4859, received: 24_000 }];
    expect(lane.told("interrupt")).toEqual([
      { type: "interrupt", page_id: port.pageId, generation: 3, positions: told },
    ]);
    await play(3, "a", 480);
    speaker.run(1200);
    expect(lane.told("playback").at(-1)).toMatchObject({ playing: false });
    lane.say({ type: "clear", generation: 4 });
    await play(4, "b", 480);
    speaker.run(1200);
    expect(lane.told("cleared")[0]!.positions).toEqual(told);
    expect(port.stats()).toMatchObject({ dropped: 1, generation: 4 });
    expect(lane.told("playback").at(-1)!.positions).toEqual([
      { item_id: "b", content_index: 0, played: 480, received: 480 },
    ]);
  });
});

describe("the microphone", () => {
  it("sends numbered blocks while it is open", async () => {
    await activate();
    await openMicrophone();
    capture(block());
    expect(lane.told("audio").map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(lane.reports.at(-1)!.pcm!.byteLength).toBe(3 * 960);
    expect(port.inputLevel.peak).toBe(0.2);
    lane.say({ type: "microphone", open: false });
    expect(lane.told("microphone").map(({ state }) => state)).toEqual(["off", "opening", "on", "off"]);
    await openMicrophone();
    expect(lane.told("audio").at(-1)!.sequence).toBe(0);
  });
});

describe("push-to-talk", () => {
  beforeEach(async () => {
    await activate("push_to_talk");
    await openMicrophone();
    lane.reports = [];
  });

  it("sends blocks only between press and release, with the talk reports around them", () => {
    capture(block());
    port.press();
    port.press();
    capture(block());
    capture(block());
    port.release();
    port.release();
    capture(block());
    capture(block());
    expect(lane.types()).toEqual(["talk", "audio", "audio", "audio", "talk"]);
    expect(lane.told("talk").map(({ pressed }) => pressed)).toEqual([true, false]);
  });

  it("ends with a release where the microphone goes away meanwhile", () => {
    port.press();
    port.closeMicrophone();
    expect(lane.types()).toEqual(["talk", "talk", "microphone"]);
    expect(port.state.talking).toBe(false);
  });

  it("ends with a release where the mode changes meanwhile", () => {
    port.press();
    lane.say({ type: "configure", block_ms: 20, group_ms: 60, startup_ms: 0, input_mode: "open" });
    capture(block());
    expect(lane.types()).toEqual(["talk", "audio", "talk"]);
  });

  it("does not go on across a second press before the last block has gone up", () => {
    port.press();
    port.release();
    port.press();
    capture(block());
    expect(lane.told("talk").map(({ pressed }) => pressed)).toEqual([true, false, true]);
    expect(port.state.talking).toBe(true);
  });
});

it("lets everything go when it is disposed", async () => {
  await activate();
  await openMicrophone();
  track.stop.mockClear();
  port.dispose();
  await settled();
  expect(speaker.closed).toBe(true);
  expect(track.stop).toHaveBeenCalled();
});

it("is found by views that were there before it, and by those of a later page", () => {
  const seen: (AudioPort | null)[] = [];
  const end = watchPort("x", (found) => seen.push(found));
  const unregister = registerPort("x", port);
  registerPort("y", port);
  unregister();
  end();
  registerPort("x", port)();
  expect(seen).toEqual([null, port, null]);
});
