import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CapturedBlock } from "../../../src/audio/capture/blocks";
import { Microphone, type MicrophoneEnvironment } from "../../../src/audio/capture/microphone";
import { problem, PROBLEM_CODES } from "../../../src/audio/capture/problems";
import { WorkletError } from "../../../src/audio/context";
import type { Choice } from "../../../src/audio/devices";

class PlayedTrack extends EventTarget {
  stopped = false;
  muted = false;
  label = "Built-in microphone";
  getSettings = () => ({ echoCancellation: true, sampleRate: 48_000 });
  stop = () => (this.stopped = true);
}

/** A page with one good microphone; tests break single things in it. */
class PlayedPage {
  track = new PlayedTrack();
  secure = true;
  policyAllows: boolean | undefined = true;
  granted: PermissionState | "unknown" = "denied";
  devices: Partial<MediaDeviceInfo>[] = [{ kind: "audioinput" }];
  asked: MediaStreamConstraints[] = [];
  failure: unknown = null;
  workletFailure: unknown = null;
  running = true;
  closed = 0;
  give: (block: CapturedBlock) => void = () => undefined;
  stream = { getAudioTracks: () => [this.track], getTracks: () => [this.track] } as unknown as MediaStream;
  mediaDevices: MicrophoneEnvironment["mediaDevices"] = {
    enumerateDevices: () => Promise.resolve(this.devices as MediaDeviceInfo[]),
    getUserMedia: (constraints) => {
      this.asked.push(constraints!);
      return this.failure ? Promise.reject(this.failure as Error) : Promise.resolve(this.stream);
    },
  };
  permission = () => Promise.resolve(this.granted);
  chosen: Choice = { microphone: null, loudspeaker: null, hearing: "loudspeakers" };
  choice = () => this.chosen;
  startCapture: MicrophoneEnvironment["startCapture"] = (_stream, _blockMs, onBlock) => {
    if (this.workletFailure) return Promise.reject(this.workletFailure as Error);
    this.give = onBlock;
    const isRunning = () => this.running;
    return Promise.resolve({
      get running() {
        return isRunning();
      },
      setBlockMs: () => undefined,
      close: () => this.closed++,
    });
  };
}

let page: PlayedPage;
let microphone: Microphone;
let states: string[];

beforeEach(() => {
  vi.useFakeTimers();
  page = new PlayedPage();
  states = [];
  const events = {
    changed: () =>
      states.push(microphone.problem ? `${microphone.state} ${microphone.problem.code}` : microphone.state),
    block: () => undefined,
  };
  microphone = new Microphone(page, events, 20);
});

afterEach(() => void vi.useRealTimers());

const sound = { pcm: new ArrayBuffer(960), rms: 0.1, peak: 0.2 };
const silence = { pcm: new ArrayBuffer(960), rms: 0, peak: 0 };
const named = (name: string, message = "") => new DOMException(message, name);

describe("opening", () => {
  it("asks for echo cancellation, noise suppression and gain control, and tells what was granted", async () => {
    await microphone.open();
    expect(page.asked).toEqual([
      { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
    ]);
    page.give(sound);
    expect(states).toEqual(["opening", "on"]);
    expect(microphone.settings).toEqual({
      label: "Built-in microphone",
      echoCancellation: true,
      sampleRate: 48_000,
    });
  });

  it("twice opens once", async () => {
    await Promise.all([microphone.open(), microphone.open()]);
    expect(page.asked).toHaveLength(1);
  });

  it("that is overtaken by a close lets go of everything", async () => {
    const opening = microphone.open();
    microphone.close();
    await opening;
    expect(states.at(-1)).toBe("off");
    expect(page.track.stopped || page.asked.length === 0).toBe(true);
  });

  it("works again after a failure", async () => {
    page.failure = named("NotAllowedError");
    await microphone.open();
    page.failure = null;
    await microphone.open();
    page.give(sound);
    expect(states).toEqual(["opening", "error denied", "opening", "on"]);
  });
});

describe.each<[string, (page: PlayedPage) => void, string]>([
  ["on plain http", (page) => (page.secure = false), "insecure"],
  ["in a browser without media devices", (page) => (page.mediaDevices = undefined), "no_media_devices"],
  ["in a frame that may not", (page) => (page.policyAllows = false), "policy"],
  ["without any microphone", (page) => (page.devices = [{ kind: "videoinput" }]), "no_device"],
  ["without any device", (page) => (page.failure = named("NotFoundError")), "no_device"],
  ["denied", (page) => (page.failure = named("NotAllowedError", "Permission denied")), "denied"],
  [
    "denied by the system",
    (page) => (page.failure = named("NotAllowedError", "Permission denied by system")),
    "denied_by_system",
  ],
  [
    "dismissed",
    (page) => ((page.failure = named("NotAllowedError")), (page.granted = "prompt")),
    "dismissed",
  ],
  ["held by another program", (page) => (page.failure = named("NotReadableError")), "busy"],
  ["with wishes it cannot meet", (page) => (page.failure = named("OverconstrainedError")), "constraints"],
  [
    "where scripts from blobs are forbidden",
    (page) => (page.workletFailure = new WorkletError("aborted")),
    "worklet",
  ],
  [
    "at a rate that does not fit",
    (page) => (page.workletFailure = named("NotSupportedError")),
    "sample_rate",
  ],
  ["for a reason nobody foresaw", (page) => (page.failure = new Error("odd")), "unknown"],
])("%s", (_, breakIt, code) => {
  it(`is told as ${code}, with a cure`, async () => {
    breakIt(page);
    await microphone.open();
    expect(states).toEqual(["opening", `error ${code}`]);
    expect(microphone.problem!.message.length).toBeGreaterThan(20);
    expect(microphone.problem!.cure.length).toBeGreaterThan(20);
  });
});

it("fails where the browser holds the sound back", async () => {
  page.running = false;
  await microphone.open();
  vi.advanceTimersByTime(5000);
  expect(states.at(-1)).toBe("error context_blocked");
  expect(page.track.stopped).toBe(true);
});

describe("while open", () => {
  beforeEach(async () => {
    await microphone.open();
    page.give(sound);
    states = [];
  });

  it("does not call a pause between words a missing signal: noise gates give exact zeros", () => {
    for (let i = 0; i < 500; i++) page.give(silence);
    expect(states).toEqual([]);
  });

  it("warns where the browser calls the track muted, until sound comes again", () => {
    page.track.muted = true;
    for (let i = 0; i < 500; i++) page.give(silence);
    expect(states).toEqual(["on no_signal"]);
    page.give(sound);
    expect(states).toEqual(["on no_signal", "on"]);
  });

  it("tells that the device has gone, if there is no other", async () => {
    page.failure = new DOMException("", "NotFoundError");
    page.track.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect(states).toEqual(["opening", "error unplugged"]));
    expect(page.closed).toBe(1);
  });

  it("goes on with the next device when the one in use has gone, and says so", async () => {
    const gone = page.track;
    page.track = new PlayedTrack();
    page.track.label = "Headset";
    gone.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect(microphone.notice).not.toBe(""));
    page.give(sound);
    expect(microphone.notice).toBe("Built-in microphone was unplugged: you are heard by Headset.");
    expect(microphone.state).toBe("on");
  });

  it("goes back to the chosen device when that is there again, and only to that", async () => {
    page.devices = [{ kind: "audioinput", deviceId: "b", label: "Headset" }];
    await microphone.devicesChanged();
    expect(page.asked).toHaveLength(1);
    page.chosen = { ...page.chosen, microphone: { id: "b", label: "Headset" } };
    await microphone.devicesChanged();
    expect(page.asked[1]!.audio).toMatchObject({ deviceId: { exact: "b" } });
    expect(microphone.notice).toBe("Headset is there again: you are heard by it.");
  });

  it("keeps a device that was named, and goes on with no other", async () => {
    microphone.close();
    await microphone.open("table 2");
    page.give(sound);
    page.devices = [{ kind: "audioinput", deviceId: "b", label: "Headset" }];
    page.chosen = { ...page.chosen, microphone: { id: "b", label: "Headset" } };
    await microphone.devicesChanged();
    await microphone.change();
    expect(page.asked.at(-1)!.audio).toMatchObject({ deviceId: { exact: "table 2" } });
    page.track.dispatchEvent(new Event("ended"));
    expect(microphone.problem).toMatchObject({ code: "unplugged" });
  });

  it("changes the device in mid-talk as the user chooses", async () => {
    page.devices = [{ kind: "audioinput", deviceId: "b", label: "Headset" }];
    page.chosen = { microphone: { id: "b", label: "Headset" }, loudspeaker: null, hearing: "headphones" };
    await microphone.change();
    expect(page.asked[1]!.audio).toMatchObject({ deviceId: { exact: "b" }, echoCancellation: false });
    expect(page.track.stopped).toBe(true);
  });

  it("lets the device go when it closes", () => {
    microphone.close();
    expect(states).toEqual(["off"]);
    expect(page.track.stopped).toBe(true);
    page.track.dispatchEvent(new Event("ended"));
    expect(states).toEqual(["off"]);
  });
});

it("warns after three seconds of nothing but zeros, once, and stays open; sound takes the warning back", async () => {
  await microphone.open();
  for (let i = 0; i < 149; i++) page.give(silence);
  expect(states).toEqual(["opening", "on"]);
  for (let i = 0; i < 50; i++) page.give(silence);
  expect(states).toEqual(["opening", "on", "on no_signal"]);
  page.give(sound);
  expect(states).toEqual(["opening", "on", "on no_signal", "on"]);
});

it("captures a stream of somebody else's and leaves its tracks running", async () => {
  await microphone.openFromStream(async () => page.stream);
  page.give(sound);
  microphone.close();
  expect(states).toEqual(["opening", "on", "off"]);
  expect(page.track.stopped).toBe(false);
});

it("tells a stream that cannot be had, has no sound, or is over, from a microphone", async () => {
  await microphone.openFromStream(() => Promise.reject(new Error("no view")));
  expect(microphone.problem?.code).toBe("no_stream");
  expect(microphone.problem?.message).toContain("no view");
  const soundless = { getAudioTracks: () => [], getTracks: () => [] } as unknown as MediaStream;
  await microphone.openFromStream(async () => soundless);
  expect(microphone.problem?.code).toBe("silent_stream");
});

it("has plain words and a cure for every problem", () => {
  for (const code of PROBLEM_CODES) {
    const { message, cure } = problem(code);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(cure).toMatch(/^[A-Z].*\.$/);
    expect(message).not.toMatch(/Error|getUserMedia|undefined/);
  }
});
