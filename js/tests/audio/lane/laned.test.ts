/** A transport between the notebook's connection and lanes that are cut at any time. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NumberedChannel } from "../../../src/audio/lane/channel";
import { pack, unpack } from "../../../src/audio/lane/frames";
import { type CommHandlers, LanedTransport } from "../../../src/audio/lane/laned";
import { placesOf } from "../../../src/audio/lane/places";
import { type Lane, type LaneEvents, NoLane } from "../../../src/audio/lane/socket";
import type { CommReport, LaneReport, PortCommand, PortReport } from "../../../src/messages";
import { chance } from "../playback/spoken";

const PAGE = "page";

/** A kernel that hears a page over the comm and over lanes; what is sent arrives at once, or never if it is cut. */
class PlayedKernel {
  heard: string[] = [];
  plain: CommReport[] = [];
  channel: NumberedChannel<PortCommand, PortReport> | null = null;
  lanes: { events: LaneEvents; alive: boolean; used: boolean }[] = [];
  tokens = 0;
  /** What the next attempts to open a lane meet. */
  refusing: NoLane | null = null;
  /** Whether the word that it has moved is held back. */
  slow = false;
  private handlers: CommHandlers | null = null;

  comm = {
    send: (report: CommReport) => this.hear(report),
    listen: (handlers: CommHandlers) => {
      this.handlers = handlers;
      return () => (this.handlers = null);
    },
  };

  environment = {
    places: () => ["relay", "loopback"],
    open: (_url: string, _page: string, _token: string, events: LaneEvents): Promise<Lane> => {
      if (this.refusing) return Promise.reject(this.refusing);
      const line = { events, alive: true, used: false };
      this.lanes.push(line);
      return Promise.resolve({
        roundTripMs: 2,
        send: (report: LaneReport) => {
          if (line.alive) this.hear(report, line);
        },
        close: () => (line.alive = line.used = false),
      });
    },
  };

  get lane() {
    return this.lanes.find((line) => line.used);
  }

  say(command: PortCommand): void {
    if (!this.channel) return this.handlers?.command(command);
    this.pass(this.channel.send(command, undefined, Date.now()));
  }

  cut(): void {
    const { lane } = this;
    if (!lane) return;
    lane.alive = lane.used = false;
    lane.events.closed();
    this.resend();
  }

  end(what: "lost" | "gone" | "interrupted"): void {
    this.handlers?.[what]();
  }

  moved(): void {
    this.handlers?.command({ type: "lane_moved", page_id: PAGE });
  }

  private resend(): void {
    for (const sent of this.channel?.resend(Date.now()) ?? []) this.pass(sent);
  }

  private pass({ number, message }: { number: number; message: PortCommand }): void {
    const received = this.channel?.received ?? 0;
    const command = { type: "numbered" as const, page_id: PAGE, number, received, message };
    const { lane } = this;
    if (lane) lane.events.message(command);
    else this.handlers?.command(command);
  }

  private hear(report: CommReport | LaneReport, line?: (typeof this.lanes)[number]): void {
    switch (report.type) {
      case "lane_ask":
        this.tokens++;
        return this.handlers?.command({
          type: "lane_offer",
          page_id: PAGE,
          lane_id: "a",
          port: 1,
          token: "once",
        });
      case "lane_move":
        this.channel = new NumberedChannel();
        if (!this.slow) this.moved();
        return;
      case "lane_use":
        if (line) line.used = true;
        return this.resend();
      case "numbered":
        this.channel?.acknowledge(report.received);
        for (const { message } of this.channel?.receive(
          report.number,
          report.message,
          undefined,
          Date.now(),
        ) ?? [])
          this.note(message);
        return;
      case "acknowledged":
        return this.channel?.acknowledge(report.received);
      case "lane_join":
      case "lane_ping":
        return;
      default:
        if (report.type === "hello") this.channel = null;
        this.plain.push(report);
        this.note(report);
    }
  }

  private note(report: PortReport): void {
    this.heard.push(report.type === "audio" ? `audio ${report.sequence}` : report.type);
  }
}

function playing(generation: number): PortCommand {
  return { type: "clear", generation };
}

function audio(sequence: number): PortReport {
  return { type: "audio", page_id: PAGE, sequence };
}

const HELLO: PortReport = { type: "hello", page_id: PAGE, views: 1, sound: "ready" };

function talk() {
  const kernel = new PlayedKernel();
  const transport = new LanedTransport(kernel.comm, PAGE, kernel.environment);
  const commands: number[] = [];
  const told: string[] = [];
  const end = transport.listen({
    command: (command) => command.type === "clear" && commands.push(command.generation),
    interrupted: () => told.push("interrupted"),
    lost: () => told.push("lost"),
    gone: () => told.push("gone"),
    lane: (ms) => told.push(ms === null ? "comm" : "lane"),
  });
  transport.send(HELLO);
  return { kernel, transport, commands, told, end };
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("LanedTransport", () => {
  it("begins on the notebook's connection and moves to the lane by itself", async () => {
    const { kernel, transport, commands, told } = talk();
    expect(kernel.tokens).toBe(0); // nobody has answered so far
    kernel.say(playing(0));
    transport.send(audio(0));
    await settle();
    transport.send(audio(1));
    kernel.say(playing(1));
    expect(told).toEqual(["lane"]);
    expect(kernel.heard).toEqual(["hello", "audio 0", "audio 1"]);
    expect(kernel.plain.map(({ type }) => type)).toEqual(["hello", "audio"]);
    expect(commands).toEqual([0, 1]);
  });

  it("delivers the last messages of the notebook's connection before the first ones of the lane", async () => {
    const { kernel, commands } = talk();
    kernel.slow = true;
    kernel.say(playing(0));
    await settle();
    kernel.say(playing(2));
    expect(commands).toEqual([0]);
    const { channel } = kernel;
    kernel.channel = null;
    kernel.say(playing(1));
    kernel.channel = channel;
    kernel.moved();
    expect(commands).toEqual([0, 1, 2]);
  });

  it("loses and repeats nothing when lanes are cut a hundred times", async () => {
    const { kernel, transport, commands, told } = talk();
    const dice = chance(7);
    const happens = (share: number) => dice.next().value < share;
    kernel.say(playing(0));
    await settle();
    let cuts = 0;
    let sent = 0;
    let said = 1;
    while (cuts < 100) {
      const before = kernel.lane;
      transport.send(audio(sent++));
      if (before && happens(0.1)) {
        before.alive = false; // what is on its way is lost, both ways
        transport.send(audio(sent++));
        kernel.channel?.send(playing(said++), undefined, Date.now());
        kernel.cut();
        cuts++;
      }
      kernel.say(playing(said++));
      await vi.advanceTimersByTimeAsync(happens(0.05) ? 6000 : 20);
    }
    expect(kernel.heard).toEqual(["hello", ...Array.from({ length: sent }, (_, n) => `audio ${n}`)]);
    expect(commands).toEqual(Array.from({ length: said }, (_, n) => n));
    expect(told.filter((word) => word === "comm").length).toBe(100);
  });

  it("asks a bounded number of times for a lane that cannot be had", async () => {
    const { kernel, transport, told } = talk();
    kernel.refusing = new NoLane(false);
    kernel.say(playing(0));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(kernel.tokens).toBe(9);
    expect(told).toEqual([]);
    transport.send(audio(0));
    expect(kernel.heard.at(-1)).toBe("audio 0");
  });

  it("does not try a place again that took the token and did not let the page in", async () => {
    const { kernel } = talk();
    const tried: string[] = [];
    const { open } = kernel.environment;
    kernel.environment.open = (url, page, token, events) => {
      tried.push(url);
      return url === "relay" ? Promise.reject(new NoLane(true)) : open(url, page, token, events);
    };
    kernel.say(playing(0));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tried).toEqual(["relay", "loopback"]);
    expect(kernel.tokens).toBe(2);
    expect(kernel.lane).toBeDefined();
  });

  it("gives up a lane on which nothing is acknowledged, and says what was said over the notebook's connection", async () => {
    const { kernel, transport } = talk();
    kernel.say(playing(0));
    await settle();
    const lane = kernel.lane;
    if (lane) lane.alive = false; // it swallows everything and does not tell
    transport.send(audio(0));
    expect(kernel.heard).toEqual(["hello"]);
    await vi.advanceTimersByTimeAsync(7000);
    expect(kernel.heard).toEqual(["hello", "audio 0"]);
  });

  it("is not lost while the lane lives, and is when both are gone", async () => {
    const { kernel, told } = talk();
    kernel.say(playing(0));
    await settle();
    kernel.end("lost");
    expect(told).toEqual(["lane"]);
    kernel.cut();
    expect(told).toEqual(["lane", "comm", "lost"]);
  });

  it("begins plainly with a kernel that hears of the page for the first time", async () => {
    const { kernel, transport, told, commands } = talk();
    kernel.say(playing(0));
    await settle();
    kernel.say(playing(1));
    transport.send(HELLO);
    expect(told).toEqual(["lane", "comm"]);
    expect(kernel.plain.at(-1)?.type).toBe("hello");
    kernel.say(playing(2));
    await settle();
    expect(told).toEqual(["lane", "comm", "lane"]);
    expect(commands).toEqual([0, 1, 2]);
  });

  it("closes its lane when it ends", async () => {
    const { kernel, end } = talk();
    kernel.say(playing(0));
    await settle();
    end();
    expect(kernel.lane).toBeUndefined();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(kernel.tokens).toBe(1);
  });
});

describe("placesOf", () => {
  const offer = { lane_id: "abc", port: 4321 };
  const page = (address: string) => new URL(address);

  it("is the server's relay below its base URL, with the token that the page has", () => {
    const server = { baseUrl: "/user/ann/", wsUrl: "", token: "t" };
    expect(placesOf(offer, server, page("https://hub.example/user/ann/lab"))).toEqual([
      "wss://hub.example/user/ann/realtime-widgets/lane/abc?token=t",
    ]);
  });

  it("is the kernel itself too if both are on one machine", () => {
    const server = { baseUrl: "/", wsUrl: "", token: "" };
    expect(placesOf(offer, server, page("http://localhost:8888/lab"))).toEqual([
      "ws://localhost:8888/realtime-widgets/lane/abc",
      "ws://127.0.0.1:4321/lane",
    ]);
    expect(placesOf(offer, null, page("http://127.0.0.1:2718/"))).toEqual(["ws://127.0.0.1:4321/lane"]);
  });

  it("is nowhere for a page of another machine without a Jupyter server", () => {
    expect(placesOf(offer, null, page("https://colab.example/"))).toEqual([]);
    expect(
      placesOf({ lane_id: "", port: 1 }, { baseUrl: "/", wsUrl: "", token: "" }, page("http://a/")),
    ).toEqual([]);
  });
});

describe("frames", () => {
  it("carry a message and its sound", () => {
    const pcm = new Int16Array([1, -2, 3]).buffer;
    const { message, pcm: sound } = unpack<{ words: string }>(pack({ words: "größer" }, pcm));
    expect(message.words).toBe("größer");
    expect(new Int16Array(sound ?? new ArrayBuffer())).toEqual(new Int16Array([1, -2, 3]));
    expect(unpack(pack({})).pcm).toBeUndefined();
  });

  it("that are shorter than they say are refused", () => {
    expect(() => unpack(pack({ words: "some" }).slice(0, 8))).toThrow("shorter");
    expect(() => unpack(new ArrayBuffer(2))).toThrow("shorter");
  });
});
