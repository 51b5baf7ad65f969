/** The transcript: who said what, what the tools did, what went wrong; and a line to type into. */

import type { ReadonlySignal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Cleanup, type Model, onMessage, type RenderContext } from "./anywidget";
import type { Decide, Entry, Remove, SayText, ShownImage, Upsert } from "./messages";
import { TranscriptStore } from "./transcript_store";
import { Scope } from "./ui/bind";
import { duration } from "./ui/format";
import { CutIcon, InfoIcon, KeyboardIcon, MicrophoneIcon, SendIcon } from "./ui/icons";
import { isPicture } from "./ui/pictures";
import { ProblemPanel } from "./ui/problem";
import { ToolCardView } from "./ui/tool_card";

interface Traits {
  entries: Entry[];
  placeholder: string;
  can_say: boolean;
}

/** Within this many pixels of the end a reader counts as being at the end. */
const NEAR_END = 48;

function cutWords({ heard_ms }: Entry): string {
  if (heard_ms === null) return "interrupted";
  if (heard_ms <= 0) return "interrupted before a word was heard";
  return `interrupted after ${duration(heard_ms / 1000)}`;
}

/** The words, those that were cut off before they were heard apart; where that begins is an estimate. */
function Words({ entry: { text, heard_length } }: { entry: Entry }) {
  if (heard_length === null || heard_length === undefined || heard_length >= text.length) {
    return <span class="rw-text">{text || "…"}</span>;
  }
  return (
    <span class="rw-text">
      {text.slice(0, heard_length)}
      <del class="rw-unheard" title="not heard (estimated from how much of the sound was played)">
        {text.slice(heard_length)}
      </del>
    </span>
  );
}

/** What a message shows: small copies, each with its size and what it may cost. */
function Images({ images = [] }: { images?: ShownImage[] | undefined }) {
  return images.map(({ thumbnail, text }, index) => (
    <figure key={index} class="rw-image">
      {isPicture(thumbnail) && <img src={thumbnail} alt={text} />}
      <figcaption>{text}</figcaption>
    </figure>
  ));
}

function Bubble({ entry }: { entry: Entry }) {
  const mine = entry.kind === "user";
  const streaming = entry.state === "in_progress";
  const waiting = streaming && !entry.text && !entry.images?.length;
  return (
    <div class={`rw-turn rw-turn-${entry.kind}`}>
      <div class="rw-who">
        {mine ? "You" : "Assistant"}
        {mine && entry.source === "speech" && (
          <span class="rw-source" title="spoken">
            <MicrophoneIcon />
            spoken
          </span>
        )}
        {mine && entry.source === "text" && (
          <span class="rw-source" title="typed">
            <KeyboardIcon />
            typed
          </span>
        )}
      </div>
      <div class="rw-bubble" aria-busy={streaming}>
        {waiting ? (
          <span class="rw-dots" role="img" aria-label={mine ? "listening" : "thinking"}>
            <i />
            <i />
            <i />
          </span>
        ) : (
          <>
            {(entry.text || !entry.images?.length) && <Words entry={entry} />}
            <Images images={entry.images} />
            {streaming && <span class="rw-caret" aria-hidden="true" />}
          </>
        )}
        {entry.cut && (
          <div class="rw-cut">
            <CutIcon />
            {cutWords(entry)}
          </div>
        )}
        {!entry.cut && entry.state === "incomplete" && <div class="rw-cut">incomplete</div>}
      </div>
    </div>
  );
}

function EntryView(props: { entry: ReadonlySignal<Entry>; decide: (message: Decide) => void }) {
  const value = props.entry.value;
  switch (value.kind) {
    case "tool":
      return value.tool ? <ToolCardView tool={value.tool} decide={props.decide} /> : null;
    case "error": {
      const [message, ...cure] = value.text.split("\n");
      return <ProblemPanel message={message!} cure={cure.join("\n")} />;
    }
    case "notice":
      return (
        <div class="rw-notice">
          <InfoIcon />
          <span class="rw-text">{value.text}</span>
        </div>
      );
    default:
      return <Bubble entry={value} />;
  }
}

/** Follows the end of the list while the reader is there, and leaves a reader who has scrolled up alone. */
function useFollowEnd() {
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  useLayoutEffect(() => {
    const element = list.current!;
    const onScroll = () => {
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
      setAway(!following.current);
    };
    const follow = () => following.current && toEnd();
    const observer = new MutationObserver(follow);
    const resized = new ResizeObserver(follow);
    element.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    resized.observe(element);
    toEnd();
    return () => {
      observer.disconnect();
      resized.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);
  return { list, away, toEnd };
}

function Composer(props: { placeholder: string; canSay: boolean; say: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState(true);
  const send = (event: Event) => {
    event.preventDefault();
    const said = input.current!.value.trim();
    if (!said || !props.canSay) return;
    props.say(said);
    input.current!.value = "";
    setEmpty(true);
  };
  // A disabled button would swallow an Enter that comes faster than the next rendering.
  return (
    <form class="rw-composer" onSubmit={send}>
      <input
        ref={input}
        type="text"
        placeholder={props.canSay ? props.placeholder || "Type a message" : "The session is closed"}
        aria-label="Message"
        disabled={!props.canSay}
        onInput={(event) => setEmpty(!event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          // The browser's own submission by Enter does not come in JupyterLab while a cell runs.
          if (event.key === "Enter" && !event.isComposing) send(event);
        }}
      />
      <button
        type="submit"
        aria-label="Send"
        title="Send"
        disabled={!props.canSay}
        aria-disabled={empty || !props.canSay}
      >
        <SendIcon />
      </button>
    </form>
  );
}

export function TranscriptView(props: {
  store: TranscriptStore;
  placeholder: ReadonlySignal<string>;
  canSay: ReadonlySignal<boolean>;
  send: (message: SayText | Decide) => void;
}) {
  const { list, away, toEnd } = useFollowEnd();
  const order = props.store.order.value;
  return (
    <div class="rw-transcript-box">
      <div class="rw-list" ref={list} role="log" aria-label="Transcript" tabIndex={0}>
        {order.length === 0 && (
          <div class="rw-empty">
            <MicrophoneIcon />
            <div>Say something, or type it below.</div>
            <div class="rw-empty-hint">What you both say appears here, with every tool call.</div>
          </div>
        )}
        {order.map((id) => (
          <EntryView key={id} entry={props.store.entry(id)!} decide={props.send} />
        ))}
      </div>
      {away && (
        <button type="button" class="rw-to-end" onClick={toEnd}>
          Newest ↓
        </button>
      )}
      <Composer
        placeholder={props.placeholder.value}
        canSay={props.canSay.value}
        say={(text) => props.send({ type: "say", text })}
      />
    </div>
  );
}

/** A factory, for each model has a store of its own: messages count while no view is in the page, too. */
export default () => {
  let store: TranscriptStore | null = null;
  return {
    initialize({ model }: { model: Model<Traits> }): Cleanup {
      const own = (store = new TranscriptStore(model.get("entries")));
      const replace = () => own.replace(model.get("entries"));
      const endMessages = onMessage<Upsert | Remove>(model, (message) => own.apply(message));
      model.on("change:entries", replace);
      return () => {
        endMessages();
        model.off("change:entries", replace);
      };
    },
    render({ model, el }: RenderContext<Traits>): Cleanup {
      const scope = new Scope();
      return scope.show(
        el,
        "rw-transcript",
        <TranscriptView
          store={store!}
          placeholder={scope.trait(model, "placeholder")}
          canSay={scope.trait(model, "can_say")}
          send={(message) => model.send(message)}
        />,
      );
    },
  };
};
