/** The port between a played kernel and a player whose clock the test moves. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CapturedBlock } from "../../../src/audio/capture/blocks";
import type { MicrophoneEnvironment } from "../../../src/audio/capture/microphone";
import { WorkletError } from "../../../src/audio/context";
import { choice, choose } from "../../../src/audio/devices";
import { PlaybackProcessor } from "../../../src/audio/playback/processor";
import type { SpeakerCommand } from "../../../src/audio/playback/protocol";
import type { Speaker, SpeakerEvents } from "../../../src/audio/playback/speaker";
import { AudioPort } from "../../../src/audio/port/port";
import { registerPort, watchPort } from "../../../src/audio/port/registry";
import type { Transport, TransportHandlers } from "../../../src/audio/port/transport";
import type { PortCommand, PortReport } from "../../../src/messages";

type Reported<Type extends PortReport["type"]> = Extract<PortReport, { type: Type }>;

class PlayedTransport implements Transport {
  reports: { report: PortReport; pcm: ArrayBuffer | undefined }[] = [];
  private handlers: TransportHandlers | null = null;

  send(report: PortReport, pcm?: ArrayBuffer): void {
    this.reports.push({ report, pcm });
  }

  listen(handlers: TransportHandlers): () => void {
    this.handlers = handlers;
    return () => (this.handlers = null);
  }

  say(command: PortCommand, pcm?: ArrayBuffer): void {
    this.handlers?.command(command, pcm);
  }

  interrupt(): void {
    this.handlers?.interrupted();
  }

  lose(): void {
    this.handlers?.lost();
  }

  end(): void {
    this.handlers?.gone();
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
  private readonly player: PlaybackProcessor;

  constructor(readonly events: SpeakerEvents) {
    this.player = new PlaybackProcessor(this.rate, (event) => events.event(event));
  }

  stream(): MediaStream {
    throw new Error("there is no page");
  }

  playOn(id: string): Promise<void> {
    return id === "gone" ? Promise.reject(new Error("not there")) : Promise.resolve();
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

let transport: PlayedTransport;
let port: AudioPort;
let speaker: PlayedSpeaker;
let failure: Error | null;
let refusal: Error | null = null;
let capture: (block: CapturedBlock) => void;
const track = Object.assign(new EventTarget(), { label: "", getSettings: () => ({}), stop: vi.fn() });

const microphone: MicrophoneEnvironment = {
  secure: true,
  policyAllows: true,
  mediaDevices: {
    enumerateDevices: () => Promise.resolve([]),
    getUserMedia: () =>
      refusal
        ? Promise.reject(refusal)
        : Promise.resolve({
            getAudioTracks: () => [track],
            getTracks: () => [track],
          } as unknown as MediaStream),
  },
  permission: () => Promise.resolve("granted" as const),
  choice,
  startCapture: (_stream, _blockMs, onBlock) => {
    capture = onBlock;
    return Promise.resolve({ running: true, setBlockMs: () => undefined, close: () => undefined });
  },
};

const visibility = { hidden: false };

beforeEach(() => {
  visibility.hidden = false;
  vi.useFakeTimers();
  failure = null;
  transport = new PlayedTransport();
  port = new AudioPort(transport, {
    openSpeaker: (events) =>
      failure ? Promise.reject(failure) : Promise.resolve((speaker = new PlayedSpeaker(events))),
    microphone,
    visibility,
    onDevices: () => () => undefined,
  });
});

afterEach(() => {
  port.dispose();
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
// As long as a group of speech, so that each is sent at once.
const block = (peak = 0.2): CapturedBlock => ({ pcm: new ArrayBuffer(3 * 960), rms: peak / 2, peak });

const configure = (input_mode: "open" | "push_to_talk"): PortCommand => ({
  type: "configure",
  block_ms: 20,
  group_ms: 60,
  startup_ms: 0,
  input_mode,
  idle_off_s: null,
  hidden_off_s: null,
});

async function activate(inputMode: "open" | "push_to_talk" = "open"): Promise<void> {
  transport.say({ type: "activate", page_id: port.pageId });
  transport.say(configure(inputMode));
  await settled();
}

async function play(generation: number, item_id: string, samples: number): Promise<void> {
  transport.say(
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
    expect(transport.told("hello")).toEqual([
      { type: "hello", page_id: port.pageId, views: 1, sound: "waiting" },
    ]);
    await play(0, "a", 480);
    transport.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(transport.types()).toEqual(["hello"]);
  });

  it("of another page silences this one and closes its microphone", async () => {
    await activate();
    await openMicrophone();
    await play(0, "a", 24_000);
    speaker.run(2400);
    transport.say({ type: "activate", page_id: "another" });
    await settled();
    const reports = transport.reports.length;
    speaker.run(4800);
    capture(block());
    expect(port.state).toMatchObject({ active: false, microphone: "off", playing: false });
    expect(transport.reports.length).toBe(reports);
  });

  it("comes back to a page that was silenced, in the same generation", async () => {
    await activate();
    await play(5, "a", 4800);
    speaker.run(1200);
    transport.say({ type: "activate", page_id: "another" });
    await settled();
    speaker.run(1200);
    await activate();
    transport.say({ type: "clear", generation: 5 });
    await play(5, "b", 480);
    speaker.run(1200);
    expect(transport.told("cleared").at(-1)!.positions).toEqual([]);
    expect(transport.told("playback").at(-1)).toMatchObject({
      generation: 5,
      dropped: 0,
      positions: [{ item_id: "b", content_index: 0, played: 480, received: 480 }],
    });
  });

  it("is asked for again by a click on the microphone in a page that was silenced", async () => {
    transport.say({ type: "activate", page_id: "another" });
    await openMicrophone();
    expect(transport.types()).toEqual(["hello", "claim", "here"]);
    await activate();
    expect(transport.told("microphone").at(-1)!.state).toBe("on");
    capture(block());
    expect(transport.told("audio")).toHaveLength(1);
  });

  it("that never comes is told at the microphone", async () => {
    await openMicrophone();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(port.state.microphone).toBe("error");
    expect(port.state.problem!.code).toBe("kernel");
    transport.say({ type: "activate", page_id: "another" });
    await openMicrophone();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(port.state.problem!.code).toBe("other_page");
  });

  it("can be claimed without a microphone", async () => {
    transport.say({ type: "activate", page_id: "another" });
    expect(port.state).toMatchObject({ active: false, elsewhere: true });
    port.claim();
    await activate();
    expect(transport.told("claim")).toHaveLength(1);
    expect(port.state).toMatchObject({ active: true, elsewhere: false, microphone: "off" });
  });

  it("is asked for again after a break in the connection, and nothing is sent until then", async () => {
    await activate();
    await openMicrophone();
    transport.interrupt();
    capture(block());
    expect(transport.types().slice(-1)).toEqual(["hello"]);
    await activate();
    capture(block());
    expect(transport.types().slice(-2)).toEqual(["microphone", "audio"]);
  });
});

describe("playing", () => {
  beforeEach(() => activate());

  it("is reported about every 100 ms, and at once when a part is finished", async () => {
    await play(0, "a", 12_000);
    transport.say({ type: "end", generation: 0, item_id: "a", content_index: 0 });
    await settled();
    speaker.run(13_000);
    const reports = transport.told("playback");
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
    const early = new PlayedTransport();
    const other = new AudioPort(early, {
      openSpeaker: async (events) => {
        await new Promise((loaded) => setTimeout(loaded, 50));
        return (speaker = new PlayedSpeaker(events));
      },
      microphone,
      visibility,
      onDevices: () => () => undefined,
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
    transport.say({ type: "clear", generation: 1 });
    await settled();
    expect(transport.told("cleared")).toEqual([
      {
        type: "cleared",
        page_id: port.pageId,
        generation: 1,
        positions: [{ item_id: "a", content_index: 0, played: 4859, received: 24_000 }],
      },
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(transport.told("cleared")).toHaveLength(1);
  });

  it("answers a clear with the last known positions where the player does not answer", async () => {
    await play(0, "a", 24_000);
    speaker.run(4800);
    speaker.deaf = true;
    transport.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    const [{ positions }] = transport.told("cleared") as [Reported<"cleared">];
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
    transport.say({ type: "clear", generation: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(transport.told("cleared")[0]!.positions).toEqual([
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
    expect(transport.told("interrupt")).toEqual([
      { type: "interrupt", page_id: port.pageId, generation: 3, positions: told },
    ]);
    await play(3, "a", 480);
    speaker.run(1200);
    expect(transport.told("playback").at(-1)).toMatchObject({ playing: false });
    transport.say({ type: "clear", generation: 4 });
    await play(4, "b", 480);
    speaker.run(1200);
    expect(transport.told("cleared")[0]!.positions).toEqual(told);
    expect(port.stats()).toMatchObject({ dropped: 1, generation: 4 });
    expect(transport.told("playback").at(-1)!.positions).toEqual([
      { item_id: "b", content_index: 0, played: 480, received: 480 },
    ]);
  });
});

describe("the microphone", () => {
  it("sends numbered blocks while it is open", async () => {
    await activate();
    await openMicrophone();
    capture(block());
    expect(transport.told("audio").map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(transport.reports.at(-1)!.pcm!.byteLength).toBe(3 * 960);
    expect(port.inputLevel.peak).toBe(0.2);
    transport.say({ type: "microphone", reason: "user" });
    expect(transport.told("microphone").map(({ state }) => state)).toEqual(["off", "opening", "on", "off"]);
    await openMicrophone();
    expect(transport.told("audio").at(-1)!.sequence).toBe(0);
  });
});

describe("push-to-talk", () => {
  beforeEach(async () => {
    await activate("push_to_talk");
    await openMicrophone();
    transport.reports = [];
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
    expect(transport.types()).toEqual(["talk", "audio", "audio", "audio", "talk"]);
    expect(transport.told("talk").map(({ pressed }) => pressed)).toEqual([true, false]);
  });

  it("ends with a release where the microphone goes away meanwhile", () => {
    port.press();
    port.closeMicrophone();
    expect(transport.types()).toEqual(["talk", "talk", "microphone"]);
    expect(port.state.talking).toBe(false);
  });

  it("ends with a release where the mode changes meanwhile", () => {
    port.press();
    transport.say(configure("open"));
    capture(block());
    expect(transport.types()).toEqual(["talk", "audio", "talk"]);
  });

  it("does not go on across a second press before the last block has gone up", () => {
    port.press();
    port.release();
    port.press();
    capture(block());
    expect(transport.told("talk").map(({ pressed }) => pressed)).toEqual([true, false, true]);
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

describe("the life of the microphone", () => {
  const beat = (heard = true) => transport.say({ type: "beat", heard });

  beforeEach(async () => {
    await activate();
    await openMicrophone();
    beat();
    track.stop.mockClear();
    transport.reports = [];
  });

  it("ends when no view of the session is left for a second, and the kernel gets to know", async () => {
    port.setViews("console", 4);
    port.setViews("console", 0);
    await vi.advanceTimersByTimeAsync(900);
    expect(port.state.microphone).toBe("on");
    await vi.advanceTimersByTimeAsync(200);
    expect(track.stop).toHaveBeenCalledOnce();
    expect(port.state).toMatchObject({ microphone: "off", closed: "unseen" });
    expect(transport.told("microphone").at(-1)).toMatchObject({ state: "off", reason: "unseen" });
    expect(transport.told("here").at(-1)).toMatchObject({ views: 0 });
  });

  it("goes on while a view comes back, as in a cell that runs again", async () => {
    port.setViews("console", 0);
    await vi.advanceTimersByTimeAsync(500);
    port.setViews("console", 4);
    await vi.advanceTimersByTimeAsync(1100);
    expect(port.state.microphone).toBe("on");
    expect(transport.told("here").map(({ views }) => views)).toEqual([4]);
  });

  it("ends when the kernel falls silent, and begins again when it beats soon", async () => {
    await vi.advanceTimersByTimeAsync(1900);
    expect(track.stop).toHaveBeenCalledOnce();
    expect(port.state).toMatchObject({ kernel: "silent", microphone: "off", closed: "kernel" });
    await vi.advanceTimersByTimeAsync(3000);
    beat();
    await settled();
    capture(block());
    expect(port.state).toMatchObject({ kernel: "alive", microphone: "on", closed: "" });
    expect(transport.told("audio").at(-1)!.sequence).toBe(0);
  });

  it("stays closed when the kernel comes back late", async () => {
    await vi.advanceTimersByTimeAsync(40_000);
    beat();
    await settled();
    expect(port.state).toMatchObject({ kernel: "alive", microphone: "off", closed: "kernel" });
    expect(transport.told("hello").length).toBeGreaterThan(1); // the kernel may have forgotten the page
    expect(transport.told("hello").length).toBeLessThan(8);
  });

  it("ends at once when the front end has lost the kernel, or knows that it is gone for good", async () => {
    transport.lose();
    expect(port.state).toMatchObject({ kernel: "silent", microphone: "off" });
    transport.end();
    beat();
    transport.interrupt();
    await settled();
    expect(port.state).toMatchObject({ kernel: "gone", microphone: "off", closed: "kernel" });
    expect(transport.told("hello")).toEqual([]);
  });

  it("sends nothing while a cell keeps the kernel from hearing, and begins anew after it", async () => {
    beat(false);
    capture(block());
    expect(port.state).toMatchObject({ kernel: "busy", microphone: "on" });
    expect(transport.told("audio")).toEqual([]);
    beat();
    capture(block());
    expect(transport.told("audio").map(({ sequence }) => sequence)).toEqual([0]);
  });

  it("sends nothing while it is muted, and its track goes on", () => {
    port.mute(true);
    capture(block());
    expect(port.state).toMatchObject({ microphone: "on", muted: true });
    expect(transport.types()).toEqual(["microphone"]);
    expect(transport.told("microphone")[0]).toMatchObject({ state: "on", muted: true });
    port.mute(false);
    capture(block());
    expect(transport.types()).toEqual(["microphone", "microphone", "audio"]);
    expect(track.stop).not.toHaveBeenCalled();
  });

  it("ends for a reason that the kernel says", () => {
    transport.say({ type: "microphone", reason: "replaced" });
    expect(port.state).toMatchObject({ microphone: "off", closed: "replaced" });
  });

  it("is not sent while an answer plays, if the user chose half duplex", async () => {
    const before = transport.types().filter((type) => type === "audio").length;
    choose({ hearing: "half_duplex" });
    await vi.waitFor(() => expect(port.state.microphone).toBe("opening"));
    await vi.waitFor(() => {
      capture({ pcm: new ArrayBuffer(2880), rms: 0.1, peak: 0.1 });
      expect(port.state.microphone).toBe("on");
    });
    transport.say(
      { type: "play", generation: 0, item_id: "a", content_index: 0, start: 0 },
      new ArrayBuffer(48_000),
    );
    await vi.waitFor(() => {
      speaker.run(2400);
      expect(port.state.playing).toBe(true);
    });
    const heard = () => transport.types().filter((type) => type === "audio").length;
    const sent = heard();
    for (let number = 0; number < 9; number++) capture({ pcm: new ArrayBuffer(960), rms: 0.1, peak: 0.1 });
    expect(heard()).toBe(sent);
    choose({ hearing: "loudspeakers" });
    expect(sent).toBeGreaterThanOrEqual(before);
  });

  it("is not sent during a sound check, even if it is unmuted", () => {
    const heard = () => transport.types().filter((type) => type === "audio").length;
    port.withhold(true);
    const sent = heard();
    port.mute(true);
    port.mute(false);
    for (let number = 0; number < 9; number++) capture({ pcm: new ArrayBuffer(960), rms: 0.1, peak: 0.1 });
    expect(heard()).toBe(sent);
    port.withhold(false);
    for (let number = 0; number < 9; number++) capture({ pcm: new ArrayBuffer(960), rms: 0.1, peak: 0.1 });
    expect(heard()).toBeGreaterThan(sent);
  });

  it("says when the chosen loudspeaker is not there", async () => {
    choose({ loudspeaker: { id: "gone", label: "Hall" } });
    await vi.waitFor(() => expect(port.state.loudspeaker).toMatch(/^Hall is not there/));
    choose({ loudspeaker: null });
    await vi.waitFor(() => expect(port.state.loudspeaker).toBe(""));
  });

  it("ends when the device is gone, and there is no other", async () => {
    refusal = new DOMException("", "NotFoundError");
    track.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect(port.state.microphone).toBe("error"));
    refusal = null;
    expect(port.state).toMatchObject({ microphone: "error", closed: "unplugged" });
    expect(transport.told("microphone").at(-1)).toMatchObject({ state: "error", reason: "unplugged" });
  });

  const limited = (idle_off_s: number | null, hidden_off_s: number | null): PortCommand => ({
    ...(configure("open") as Extract<PortCommand, { type: "configure" }>),
    idle_off_s,
    hidden_off_s,
  });

  /** Lets time pass in which the kernel beats. */
  async function pass(seconds: number, each = () => undefined): Promise<void> {
    for (let half = 0; half < seconds * 2; half++) {
      each();
      beat();
      await vi.advanceTimersByTimeAsync(500);
    }
  }

  it("ends when nobody has spoken for the idle limit", async () => {
    transport.say(limited(60, null));
    await pass(50, () => void capture(block(0.1)));
    await pass(50, () => void capture(block(0.01)));
    expect(port.state.microphone).toBe("on");
    await pass(15, () => void capture(block(0.01)));
    expect(port.state).toMatchObject({ microphone: "off", closed: "idle" });
  });

  it("ends when its tab was hidden for the hidden limit, and not in push-to-talk", async () => {
    transport.say(limited(null, 30));
    visibility.hidden = true;
    await pass(20);
    visibility.hidden = false;
    await pass(2);
    visibility.hidden = true;
    await pass(20);
    expect(port.state.microphone).toBe("on");
    await pass(15);
    expect(port.state).toMatchObject({ microphone: "off", closed: "hidden" });
    transport.say({ ...limited(null, 30), input_mode: "push_to_talk" } as PortCommand);
    await openMicrophone();
    await pass(60);
    expect(port.state.microphone).toBe("on");
  });

  it("answers a roll, and says goodbye", () => {
    transport.say({ type: "roll" });
    port.bye();
    expect(transport.types()).toEqual(["here", "bye"]);
  });
});
