import { describe, expect, it } from "vitest";
import { difference, Due, fitted, grey } from "../../src/video/change";
import { VIDEO_PROBLEM_CODES, videoProblem, videoProblemOf } from "../../src/video/problems";
import { rulesInWords } from "../../src/widgets/sources/camera";

const DARK = new Uint8Array(12);
const LIGHT = new Uint8Array(12).fill(255);
const NEVER = { every: null, change: null };

describe("a picture", () => {
  it("is compared by a small grey copy", () => {
    expect([...grey(new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255]))]).toEqual([255, 0]);
    expect(difference(DARK, LIGHT)).toBe(1);
    expect(difference(DARK, DARK)).toBe(0);
  });

  it("is made as small as is asked for, and never larger", () => {
    expect(fitted(1280, 720, 640)).toEqual({ width: 640, height: 360 });
    expect(fitted(300, 400, 1024)).toEqual({ width: 300, height: 400 });
  });

  it("is due by time, and by change against the one that was sent last", () => {
    const due = new Due();
    expect(due.why(0, DARK, NEVER)).toBeNull();
    expect(due.why(0, DARK, { every: 5, change: null })).toBe("time");
    due.noteSent(0, DARK);
    expect(due.why(4900, LIGHT, { every: 5, change: null })).toBeNull();
    expect(due.why(5000, DARK, { every: 5, change: null })).toBe("time");
    expect(due.why(900, LIGHT, { every: null, change: 0.1 })).toBeNull();
    expect(due.why(1000, LIGHT, { every: null, change: 0.1 })).toBe("change");
    expect(due.why(9000, DARK, { every: null, change: 0.1 })).toBeNull();
    due.reset();
    expect(due.why(9000, DARK, { every: null, change: 0.1 })).toBe("change");
  });
});

describe("a camera that does not open", () => {
  it("is told in plain words with a cure", () => {
    for (const code of VIDEO_PROBLEM_CODES) {
      const { message, cure } = videoProblem(code);
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(cure).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("is told apart by the browser's errors", () => {
    const failed = (name: string) => Object.assign(new Error("x"), { name });
    expect(videoProblemOf("camera", failed("NotAllowedError")).code).toBe("denied");
    expect(videoProblemOf("screen", failed("NotAllowedError")).code).toBe("screen_denied");
    expect(videoProblemOf("camera", failed("NotFoundError")).code).toBe("no_device");
    expect(videoProblemOf("camera", failed("NotReadableError")).code).toBe("busy");
    expect(videoProblemOf("stream", failed("Error")).code).toBe("no_stream");
  });
});

describe("the rules", () => {
  it("are said in words", () => {
    expect(rulesInWords(null, null)).toBe("Pictures are sent when the model may look and by the button");
    expect(rulesInWords(5, 0.1)).toContain("every 5 s, when the picture changes");
  });
});
