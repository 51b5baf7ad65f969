/** One reply as a card: its text, its sound to play again, the tools it called, what it used. */

import type { ReadonlySignal } from "@preact/signals";
import type { Cleanup, Model, RenderContext } from "./anywidget";
import { onMessage } from "./anywidget";
import { ClipPlayer } from "./audio/clip";
import { randomId } from "./audio/random_id";
import type { ReplyReport, ReplySound, ToolCard } from "./messages";
import { Scope } from "./ui/bind";
import { duration } from "./ui/format";
import { PlayIcon, StopIcon } from "./ui/icons";
import { ToolCardView } from "./ui/tool_card";

interface Traits {
  text: string;
  seconds: number;
  tools: ToolCard[];
  usage: string;
  has_audio: boolean;
  playing: boolean;
}

/** Traits that no view shows. */
interface Hidden {
  /** Whether this page asks for the sound by itself; only where no session's player plays it. */
  plays_itself?: boolean;
}

type Signals = { [Name in keyof Traits]: ReadonlySignal<Traits[Name]> };

/** Under which name this page asks for a sound: other pages show the reply too, and keep silent. */
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
  /** Once a page: plays what the kernel sends for a reply that has no session's player. */
  initialize({ model }: { model: Model<Traits & Hidden> }): Cleanup {
    const player = new ClipPlayer(() => model.send({ type: "ended" } satisfies ReplyReport));
    const end = onMessage<ReplySound>(model, (message, buffers) => {
      if (message.type === "silence") player.stop();
      else if (message.page_id === PAGE_ID) player.play(buffers[0]!);
    });
    if (model.get("plays_itself")) model.send(playReply());
    return () => {
      end();
      player.stop();
    };
  },
  render({ model, el }: RenderContext<Traits>) {
    const scope = new Scope();
    const view = (
      <ReplyView
        text={scope.trait(model, "text")}
        seconds={scope.trait(model, "seconds")}
        tools={scope.trait(model, "tools")}
        usage={scope.trait(model, "usage")}
        has_audio={scope.trait(model, "has_audio")}
        playing={scope.trait(model, "playing")}
        send={(type) => model.send(type === "play" ? playReply() : { type })}
      />
    );
    return scope.show(el, "rw-reply", view);
  },
};
