/** The card of one reply: its text, its audio to play again, the tools that it called, and its usage. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { bufferOf, holdPort, onMessage, sender } from "../../anywidget";
import { ClipPlayer } from "../../audio/playback/clip";
import { randomId } from "../../audio/port/random_id";
import type { ReplyCommand, ReplyReport, ToolCard } from "../../messages";
import { Scope } from "../../ui/bind";
import { countView } from "../../audio/port/registry";
import { duration } from "../../ui/format";
import { PlayIcon, StopIcon } from "../../ui/icons";
import { ToolCardView } from "../../ui/tools/card";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  text: string;
  seconds: number;
  tools: ToolCard[];
  usage: string;
  has_audio: boolean;
  playing: boolean;
  /** Whether this page requests the audio by itself; only if no session's player plays it. */
  plays_itself?: boolean;
  /** Of the session whose player plays it; empty if there is none. */
  port_id?: string;
  /** Reference to the port, which the front end has to make; null if there is none. */
  port: string | null;
}

type Shown = Omit<Traits, "plays_itself" | "port_id" | "port">;
type Signals = { [Name in keyof Shown]: ReadonlySignal<Shown[Name]> };

/** Identifies this page in requests for audio: other pages that show the reply stay silent. */
const PAGE_ID = randomId();

function playReply(): ReplyReport {
  return { type: "play", page_id: PAGE_ID };
}

export function ReplyView(props: Signals & { send: (type: "play" | "stop") => void }) {
  const playing = props.playing.value;
  return (
    <div class="rw-reply-box">
      {props.tools.value.map((tool, index) => (
        <ToolCardView key={index} tool={tool} />
      ))}
      <div class="rw-reply-row">
        {props.has_audio.value && (
          <button
            type="button"
            class={`rw-play-button${playing ? " rw-playing" : ""}`}
            aria-label={playing ? "Stop" : "Play the reply"}
            title={playing ? "Stop" : "Play the reply"}
            onClick={() => props.send(playing ? "stop" : "play")}
          >
            {playing ? <StopIcon /> : <PlayIcon />}
          </button>
        )}
        <div class="rw-reply-main">
          <div class="rw-reply-text">{props.text.value || "(no words)"}</div>
          <div class="rw-reply-foot">
            {props.has_audio.value && <span>{duration(props.seconds.value)}</span>}
            {props.usage.value && <span>{props.usage.value}</span>}
          </div>
        </div>
      </div>
    </div>
  );
}

export default {
  /** Runs once per page: plays the kernel's audio of a reply that no session's player plays. */
  initialize({ model }) {
    saveWithoutCode(model);
    const send = sender<ReplyReport>(model);
    const player = new ClipPlayer(() => send({ type: "ended" }));
    const end = onMessage<ReplyCommand>(model, (message, buffers) => {
      if (message.type === "silence") player.stop();
      else if (message.page_id === PAGE_ID) player.play(bufferOf(buffers, "sound"));
    });
    if (model.get("plays_itself")) send(playReply());
    return () => {
      end();
      player.stop();
    };
  },
  render({ model, el, host }) {
    const scope = new Scope();
    const send = sender<ReplyReport>(model);
    const portId = model.get("port_id");
    holdPort(host, model.get("port"));
    if (portId) scope.add(countView(portId, "reply"));
    const view = (
      <ReplyView
        text={scope.trait(model, "text")}
        seconds={scope.trait(model, "seconds")}
        tools={scope.trait(model, "tools")}
        usage={scope.trait(model, "usage")}
        has_audio={scope.trait(model, "has_audio")}
        playing={scope.trait(model, "playing")}
        send={(type) => send(type === "play" ? playReply() : { type })}
      />
    );
    return scope.show(el, "rw-reply", view);
  },
} satisfies AnyWidget<Traits>;
