/** The page's camera or screen: opened by a click, its pictures drawn small, and off when it is off. */

import type { CameraReport, MicrophoneProblem } from "../messages";
import { fitted, grey, GREY_HEIGHT, GREY_WIDTH } from "./change";
import { videoProblem, videoProblemOf, type VideoSource } from "./problems";

export type CameraState = CameraReport["state"];

/** Quality of the pictures, as JPEG. */
const QUALITY = 0.85;

export interface Picture {
  jpeg: ArrayBuffer;
  width: number;
  height: number;
}

export class Camera {
  state: CameraState = "off";
  problem: MicrophoneProblem | null = null;
  /** What is seen; null while it is off. */
  stream: MediaStream | null = null;
  private owned = false;
  private readonly video = document.createElement("video");
  /** Counts openings, so that one that was closed meanwhile stops. */
  private attempt = 0;

  /** `changed` is called after each change of the state. */
  constructor(private readonly changed: () => void) {
    this.video.muted = true;
    this.video.playsInline = true;
  }

  /** Size of what is seen, in pixels; 0 before anything is. */
  get width(): number {
    return this.video.videoWidth;
  }

  get height(): number {
    return this.video.videoHeight;
  }

  get label(): string {
    return this.stream?.getVideoTracks()[0]?.label ?? "";
  }

  /** Opens a source; call it from a click. Never throws: a failure is stored in `problem`. */
  async open(source: VideoSource, given: () => Promise<MediaStream>): Promise<void> {
    if (this.state === "opening" || this.state === "on") return;
    const attempt = ++this.attempt;
    this.problem = null;
    this.set("opening");
    let stream: MediaStream | null = null;
    try {
      stream = await this.streamOf(source, given);
      if (attempt !== this.attempt) return this.stopTracks(stream, source !== "stream");
      const track = stream.getVideoTracks()[0];
      if (!track) {
        this.stopTracks(stream, source !== "stream");
        return this.fail(videoProblem("no_picture"));
      }
      track.addEventListener("ended", () => {
        if (attempt === this.attempt) this.fail(videoProblem("ended"));
      });
      this.stream = stream;
      this.owned = source !== "stream";
      this.video.srcObject = stream;
      await this.video.play();
      if (attempt === this.attempt) this.set("on");
    } catch (error) {
      if (attempt === this.attempt) this.fail(videoProblemOf(source, error));
    }
  }

  /** Switches it off: its light goes out. */
  close(): void {
    this.attempt++;
    this.release();
    if (this.state === "off") return;
    this.problem = null;
    this.set("off");
  }

  /** Returns a picture of now, its longer side at most `longest` pixels; null if nothing is seen. */
  async picture(longest: number): Promise<Picture | null> {
    if (this.state !== "on" || !this.width) return null;
    const { width, height } = fitted(this.width, this.height, longest);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")!.drawImage(this.video, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((made) => canvas.toBlob(made, "image/jpeg", QUALITY));
    return blob && { jpeg: await blob.arrayBuffer(), width, height };
  }

  /** Returns a small grey copy of now; null if nothing is seen. */
  grey(): Uint8Array | null {
    if (this.state !== "on" || !this.width) return null;
    const canvas = document.createElement("canvas");
    canvas.width = GREY_WIDTH;
    canvas.height = GREY_HEIGHT;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(this.video, 0, 0, GREY_WIDTH, GREY_HEIGHT);
    return grey(context.getImageData(0, 0, GREY_WIDTH, GREY_HEIGHT).data);
  }

  private async streamOf(source: VideoSource, given: () => Promise<MediaStream>): Promise<MediaStream> {
    if (source === "stream") return given();
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!globalThis.isSecureContext) throw this.known("insecure");
    if (!devices?.getUserMedia || (source === "screen" && !devices.getDisplayMedia)) {
      throw this.known("no_media_devices");
    }
    return source === "screen"
      ? devices.getDisplayMedia({ video: true })
      : devices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
  }

  /** Stores a problem that is known already; returns an error that leads to nothing else. */
  private known(code: "insecure" | "no_media_devices"): Error {
    this.fail(videoProblem(code));
    return new Error(code);
  }

  private fail(why: MicrophoneProblem): void {
    this.attempt++;
    this.release();
    this.problem = why;
    this.set("error");
  }

  private set(state: CameraState): void {
    this.state = state;
    this.changed();
  }

  private release(): void {
    this.video.srcObject = null;
    if (this.stream) this.stopTracks(this.stream, this.owned);
    this.stream = null;
  }

  private stopTracks(stream: MediaStream, owned: boolean): void {
    if (owned) for (const track of stream.getTracks()) track.stop();
  }
}
