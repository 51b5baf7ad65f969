/** The recorder: a button that records until it is pressed again; the kernel gets the complete recording. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { signal } from "@preact/signals";
import { sender } from "../../anywidget";
import { startCapture } from "../../audio/capture/capture";
import { Microphone, pageEnvironment } from "../../audio/capture/microphone";
import { SAMPLE_RATE } from "../../audio/pcm";
import type { MicrophoneProblem, MicrophoneState, Recording } from "../../messages";
import { Scope } from "../../ui/bind";
import { duration } from "../../ui/format";
import { MicrophoneIcon, MicrophoneOffIcon, Spinner, StopIcon } from "../../ui/icons";
import { ProblemPanel } from "../../ui/problem";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  seconds: number;
}

const BLOCK_MS = 20;
/** Longest recording; a larger message would be too large for some servers between page and kernel (s). */
const LONGEST_S = 180;

/** Records the microphone between two clicks. */
export class Recorder {
  readonly state: Signal<MicrophoneState> = signal("off");
  readonly problem: Signal<MicrophoneProblem | null> = signal(null);
  readonly seconds = signal(0);
  private blocks: ArrayBuffer[] = [];
  private readonly microphone = new Microphone(
    pageEnvironment(startCapture),
    {
      changed: () => {
        this.state.value = this.microphone.state;
        this.problem.value = this.microphone.problem;
        if (this.microphone.state === "error") this.deliver(); // unplugged: keep what was said
      },
      block: ({ pcm }) => {
        this.blocks.push(pcm);
        this.seconds.value = (this.blocks.length * BLOCK_MS) / 1000;
        if (this.seconds.value >= LONGEST_S) this.stop();
      },
    },
    BLOCK_MS,
  );

  /** `recorded` receives the recording as PCM16, mono, 24 kHz. */
  constructor(private readonly recorded: (pcm: ArrayBuffer) => void) {}

  start(): void {
    this.blocks = [];
    this.seconds.value = 0;
    void this.microphone.open();
  }

  stop(): void {
    this.microphone.close();
    this.deliver();
  }

  /** Closes the microphone and drops the recording. */
  close(): void {
    this.blocks = [];
    this.microphone.close();
  }

  private deliver(): void {
    const blocks = this.blocks.splice(0).map((block) => new Uint8Array(block));
    const pcm = new Uint8Array(blocks.reduce((length, block) => length + block.length, 0));
    let at = 0;
    for (const block of blocks) {
      pcm.set(block, at);
      at += block.length;
    }
    if (pcm.length) this.recorded(pcm.buffer);
  }
}

function words(state: MicrophoneState, running: number, kept: number): [string, string] {
  if (state === "opening") return ["Opening…", "Your browser may ask for permission"];
  if (state === "error") return ["Microphone not open", "Click to try again"];
  if (state === "on") return [`Recording ${duration(running)}`, "Click when you are done"];
  return [kept ? `Recorded ${duration(kept)}` : "Recorder", "Click to record"];
}

export function RecorderView(props: { recorder: Recorder; kept: ReadonlySignal<number> }) {
  const { recorder } = props;
  const state = recorder.state.value;
  const on = state === "on";
  const [title, hint] = words(state, recorder.seconds.value, props.kept.value);
  const icons = { off: MicrophoneIcon, opening: Spinner, on: StopIcon, error: MicrophoneOffIcon };
  const Icon = icons[state];
  const problem = recorder.problem.value;
  return (
    <div class={`rw-mic rw-mic-${state}`}>
      <div class="rw-mic-row">
        <button
          type="button"
          class="rw-mic-button"
          aria-label={on ? "Stop recording" : "Record"}
          aria-pressed={on}
          onClick={() => (on || state === "opening" ? recorder.stop() : recorder.start())}
        >
          <Icon />
        </button>
        <div class="rw-mic-words" aria-live="polite">
          <div class="rw-mic-title">{title}</div>
          <div class="rw-mic-hint">{hint}</div>
        </div>
      </div>
      {problem && <ProblemPanel message={problem.message} cure={problem.cure} warning={on} />}
    </div>
  );
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
  },
  render({ model, el }) {
    const scope = new Scope();
    const send = sender<Recording>(model);
    const recorder = new Recorder((pcm) => send({ type: "recording", rate: SAMPLE_RATE }, pcm));
    scope.add(() => recorder.close());
    const view = <RecorderView recorder={recorder} kept={scope.trait(model, "seconds")} />;
    return scope.show(el, "rw-microphone", view);
  },
} satisfies AnyWidget<Traits>;
