/** The page's end of the playback worklet. */

import { acquireContext, loadWorklets, PLAYBACK_PROCESSOR, releaseContext } from "../context";
import type { SpeakerCommand, SpeakerEvent } from "./protocol";

/** The player as the port uses it. */
export interface Speaker {
  /** Sample rate of the output, in hertz. */
  readonly rate: number;
  /** Whether the audio context runs; false while the browser waits for a click in the page. */
  readonly running: boolean;
  send(command: SpeakerCommand): void;
  /** Tries to start the sound; a browser allows it after a click or key press in the page. */
  resume(): Promise<void>;
  /** Plays on the loudspeaker of this id, the system's own if it is empty; rejects if that cannot be. */
  playOn(id: string): Promise<void>;
  /** Returns what it plays as a stream, always the same. */
  stream(): MediaStream;
  close(): void;
}

export interface SpeakerEvents {
  event(event: SpeakerEvent): void;
  /** Called when `running` has changed. */
  stateChanged(): void;
}

/** What Chromium's audio contexts have, and TypeScript's types do not. */
interface Sinks {
  setSinkId(id: string): Promise<void>;
}

/** Whether a page can choose its loudspeaker. */
export const canChooseLoudspeaker = () =>
  typeof AudioContext !== "undefined" && "setSinkId" in AudioContext.prototype;

export type OpenSpeaker = (events: SpeakerEvents) => Promise<Speaker>;

/** Opens the player in the page's shared context. */
export const openSpeaker: OpenSpeaker = async (events) => {
  const context = acquireContext();
  try {
    await loadWorklets();
  } catch (error) {
    releaseContext();
    throw error;
  }
  const node = new AudioWorkletNode(context, PLAYBACK_PROCESSOR, {
    numberOfInputs: 0,
    numberOfOutputs: 1,
    outputChannelCount: [1],
  });
  node.port.onmessage = (message: MessageEvent<SpeakerEvent>) => events.event(message.data);
  node.connect(context.destination);
  let copy: MediaStreamAudioDestinationNode | null = null;
  const resume = async () => {
    if (context.state !== "running" && context.state !== "closed") await context.resume();
  };
  const onGesture = () => void resume();
  const onState = () => events.stateChanged();
  const gestures = ["pointerdown", "keydown"] as const;
  for (const gesture of gestures) document.addEventListener(gesture, onGesture, { capture: true });
  context.addEventListener("statechange", onState);
  void resume();
  return {
    rate: context.sampleRate,
    get running() {
      return context.state === "running";
    },
    send(command) {
      node.port.postMessage(command, command.type === "play" ? [command.pcm] : []);
    },
    resume,
    async playOn(id) {
      const { setSinkId } = context as Partial<Sinks>;
      if (setSinkId) await setSinkId.call(context, id);
      else if (id) throw new Error("this browser plays on the system's loudspeaker only");
    },
    stream() {
      if (!copy) node.connect((copy = context.createMediaStreamDestination()));
      return copy.stream;
    },
    close() {
      for (const gesture of gestures) document.removeEventListener(gesture, onGesture, { capture: true });
      context.removeEventListener("statechange", onState);
      node.port.onmessage = null;
      node.disconnect();
      releaseContext();
    },
  };
};
