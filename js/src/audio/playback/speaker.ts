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
  /** Returns what it plays as a stream, always the same. */
  stream(): MediaStream;
  close(): void;
}

export interface SpeakerEvents {
  event(event: SpeakerEvent): void;
  /** Called when `running` has changed. */
  stateChanged(): void;
}

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
