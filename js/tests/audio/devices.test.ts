import { describe, expect, it } from "vitest";
import { LevelAdvice } from "../../src/audio/capture/level_advice";
import { constraintsFor, findDevice, grantedWords, remembered } from "../../src/audio/devices";

describe("what a browser remembers of devices", () => {
  it("comes back, and anything else is forgotten", () => {
    const chosen = {
      microphone: { id: "a", label: "Headset" },
      loudspeaker: null,
      hearing: "headphones" as const,
    };
    expect(remembered(JSON.stringify(chosen))).toEqual(chosen);
    const none = { microphone: null, loudspeaker: null, hearing: "loudspeakers" };
    for (const text of [
      null,
      "",
      "{",
      "[]",
      '{"microphone": 3, "hearing": "shouting"}',
      '{"microphone": {"id": 1}}',
    ])
      expect(remembered(text)).toEqual(none);
  });
});

describe("a chosen device", () => {
  const devices = [
    { deviceId: "1", label: "Built-in" },
    { deviceId: "2", label: "Headset" },
  ];

  it("is found by its id, else by its name", () => {
    expect(findDevice(devices, { id: "1", label: "Headset" })).toBe(devices[0]);
    expect(findDevice(devices, { id: "new", label: "Headset" })).toBe(devices[1]);
    expect(findDevice(devices, { id: "new", label: "" })).toBeNull();
    expect(findDevice(devices, { id: "new", label: "Gone" })).toBeNull();
    expect(findDevice(devices, null)).toBeNull();
  });
});

describe("what is asked of the browser", () => {
  it("leaves the echo to headphones", () => {
    expect(constraintsFor("headphones").echoCancellation).toBe(false);
    expect(constraintsFor("loudspeakers").echoCancellation).toBe(true);
    expect(constraintsFor("half_duplex").echoCancellation).toBe(true);
  });

  it("is told apart from what it grants", () => {
    const all = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    expect(grantedWords(all, "loudspeakers")).toBe("On: echo cancellation, noise suppression, gain control.");
    expect(grantedWords({ ...all, echoCancellation: false }, "loudspeakers")).toBe(
      "On: noise suppression, gain control. Asked for and not granted: echo cancellation.",
    );
    expect(grantedWords({ ...all, echoCancellation: false }, "headphones")).not.toContain("not granted");
    expect(grantedWords({}, "loudspeakers")).toBe("The browser changes nothing.");
  });
});

describe("the level", () => {
  const blocks = (advice: LevelAdvice, count: number, rms: number, peak = rms * 2) => {
    let said = "";
    for (let number = 0; number < count; number++) said = advice.push({ rms, peak }, 20);
    return said;
  };

  it("says when it clips, for a while", () => {
    const advice = new LevelAdvice();
    expect(blocks(advice, 2, 0.5, 1)).toBe("");
    expect(blocks(advice, 1, 0.5, 1)).toBe("clips");
    expect(blocks(advice, 300, 0.05)).toBe("");
  });

  it("says when speech is too soft, and not when nobody speaks", () => {
    expect(blocks(new LevelAdvice(), 500, 0.0005)).toBe("");
    const advice = new LevelAdvice();
    expect(blocks(advice, 130, 0.006)).toBe("soft");
    expect(blocks(advice, 130, 0.05)).toBe("");
  });
});
