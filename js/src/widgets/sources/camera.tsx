/** The camera's view: what it sees, a button that sends a picture, what that costs, and what was sent last. */

import type { AnyWidget } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onMessage, sender } from "../../anywidget";
import { AutoOff } from "../../audio/capture/auto_off";
import { randomId } from "../../audio/port/random_id";
import { watchPort } from "../../audio/port/registry";
import type { CameraCommand, CameraMessage, CameraPicture, MicrophoneProblem } from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";
import { CameraIcon, EyeIcon, Spinner } from "../../ui/icons";
import { isPicture } from "../../ui/pictures";
import { ProblemPanel } from "../../ui/problem";
import { streamOf } from "../../ui/sound/streams";
import { Camera, type CameraState } from "../../video/camera";
import { Due } from "../../video/change";
import type { VideoSource } from "../../video/problems";

interface Traits {
  port_id: string;
  kind: VideoSource;
  /** Id of the model whose stream is seen; only if `kind` is "stream". */
  source_id: string;
  /** Longest side of a picture, in pixels. */
  size: number;
  every: number | null;
  change: number | null;
  /** Minutes until it goes off by itself; null is never. */
  idle_off: number | null;
  hidden_off: number | null;
  estimate: string;
  total: string;
  last: { thumbnail?: string; text?: string; id?: string };
}

/** How often the picture is looked at while pictures are sent by themselves (ms). */
const LOOK_MS = 500;
const PAGE_ID = randomId();
const NAMES: Record<VideoSource, string> = { camera: "Camera", screen: "Screen", stream: "Stream" };

/** What the page's camera does; views read its signals. */
interface Shown {
  state: Signal<CameraState>;
  problem: Signal<MicrophoneProblem | null>;
  stream: Signal<MediaStream | null>;
  /** Why it went off by itself; empty if it did not. */
  went: Signal<string>;
}

/** Plays a stream without sound, for the user to see what the model would. */
function Preview({ stream }: { stream: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current!;
    element.srcObject = stream;
    void element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  return <video class="rw-camera-preview" ref={video} muted playsInline aria-label="What the camera sees" />;
}

export function CameraView(props: {
  kind: VideoSource;
  shown: Shown;
  rules: ReadonlySignal<string>;
  estimate: ReadonlySignal<string>;
  total: ReadonlySignal<string>;
  last: ReadonlySignal<Traits["last"]>;
  toggle: () => void;
  send: () => void;
}) {
  const { shown } = props;
  const state = shown.state.value;
  const on = state === "on";
  const problem = shown.problem.value;
  const last = props.last.value;
  const name = NAMES[props.kind];
  return (
    <div class={`rw-camera-box rw-camera-${state}`}>
      <div class="rw-camera-row">
        <button
          type="button"
          class="rw-mic-button rw-camera-button"
          aria-label={name}
          aria-pressed={on}
          onClick={props.toggle}
        >
          {state === "opening" ? <Spinner /> : <CameraIcon />}
        </button>
        <div class="rw-mic-words">
          <div class="rw-mic-title">
            {on ? `${name} on` : state === "opening" ? "Opening…" : `${name} off`}
          </div>
          <div class="rw-mic-hint" role="status">
            {on ? props.rules.value : shown.went.value || "Click to show something"}
          </div>
        </div>
        {on && (
          <button type="button" class="rw-camera-send" onClick={props.send}>
            <EyeIcon />
            Send a picture
          </button>
        )}
      </div>
      {on && props.estimate.value && <div class="rw-source">Next: {props.estimate.value}</div>}
      {problem && <ProblemPanel message={problem.message} cure={problem.cure} />}
      <div class="rw-camera-pictures">
        {shown.stream.value && on && <Preview stream={shown.stream.value} />}
        {last.text && (
          <figure class="rw-image">
            {isPicture(last.thumbnail ?? "") && (
              <img src={last.thumbnail} alt="The picture that was sent last" />
            )}
            <figcaption>
              Last: {last.text}
              {props.total.value && <div>{props.total.value}</div>}
            </figcaption>
          </figure>
        )}
      </div>
    </div>
  );
}

/** Returns when pictures are sent, in words. */
export function rulesInWords(every: number | null, change: number | null): string {
  const parts = [
    every !== null && `every ${every} s`,
    change !== null && "when the picture changes",
    "when the model may look",
    "by the button",
  ].filter(Boolean);
  return `Pictures are sent ${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** A factory, because each model has its own camera, which is off while no view of it is in the page. */
export default (() => {
  const shown: Shown = {
    state: signal("off"),
    problem: signal(null),
    stream: signal(null),
    went: signal(""),
  };
  let toggle = () => {};
  let send = () => {};
  let views = 0;
  let close = () => {};
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      const report = sender<CameraMessage>(model);
      const due = new Due();
      let timer: ReturnType<typeof setInterval> | undefined;
      const visibility = {
        get hidden() {
          return document.hidden;
        },
      };
      const camera = new Camera(() => {
        const { state, problem, label, width, height } = camera;
        shown.state.value = state;
        shown.problem.value = problem;
        shown.stream.value = camera.stream;
        autoOff.apply(state === "on");
        clearInterval(timer);
        if (state === "on") {
          due.reset();
          timer = setInterval(() => void look(), LOOK_MS);
        }
        report({ type: "camera", page_id: PAGE_ID, state, problem, label, width, height });
      });
      const off = (why: string) => {
        shown.went.value = why;
        camera.close();
      };
      const autoOff = new AutoOff(visibility, (why) =>
        off(why === "idle" ? "Switched off: no picture for a while" : "Switched off: its tab was hidden"),
      );
      const limit = () => {
        const seconds = (minutes: number | null) => (minutes === null ? null : minutes * 60);
        autoOff.limit(seconds(model.get("idle_off")), seconds(model.get("hidden_off")));
      };
      limit();
      const take = async (why: CameraPicture["why"], number = 0) => {
        const copy = camera.grey();
        const picture = await camera.picture(model.get("size"));
        if (!picture || !copy) return;
        const { jpeg, width, height } = picture;
        due.noteSent(performance.now(), copy);
        autoOff.used();
        report({ type: "picture", page_id: PAGE_ID, width, height, why, number }, jpeg);
      };
      const look = async () => {
        const copy = camera.grey();
        const rules = { every: model.get("every"), change: model.get("change") };
        const why = copy && due.why(performance.now(), copy, rules);
        if (why) await take(why);
      };
      toggle = () => {
        if (camera.state === "on" || camera.state === "opening") return off("");
        shown.went.value = "";
        void camera.open(model.get("kind"), () => streamOf(model, model.get("source_id")));
      };
      send = () => void take("click");
      close = () => camera.close();
      const end = onMessage<CameraCommand>(model, (message) => {
        if (message.type === "off") off("");
        else return take("asked", message.number);
      });
      // A camera whose kernel is gone shows something to nobody.
      let endState = () => {};
      const endWatch = watchPort(model.get("port_id"), (port) => {
        endState();
        const look = () => {
          const { kernel } = port!.state;
          if (camera.state === "off" || (kernel !== "gone" && kernel !== "silent")) return;
          off("Switched off: the kernel does not answer");
        };
        endState = port?.subscribe(look) ?? (() => {});
      });
      model.on("change:idle_off", limit);
      model.on("change:hidden_off", limit);
      return () => {
        end();
        endWatch();
        endState();
        clearInterval(timer);
        autoOff.dispose();
        camera.close();
      };
    },
    render({ model, el }) {
      const scope = new Scope();
      views += 1;
      scope.add(() => {
        views -= 1;
        if (!views) close(); // a camera that nobody sees is off
      });
      const rules = signal(rulesInWords(model.get("every"), model.get("change")));
      return scope.show(
        el,
        "rw-camera",
        <CameraView
          kind={model.get("kind")}
          shown={shown}
          rules={rules}
          estimate={scope.trait(model, "estimate")}
          total={scope.trait(model, "total")}
          last={scope.trait(model, "last")}
          toggle={() => toggle()}
          send={() => send()}
        />,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
