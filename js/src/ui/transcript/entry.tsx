/** One line of the transcript: what somebody said, a tool's card, a notice, or what went wrong. */

import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Speaking } from "../../audio/port/state";
import type { Entry, ShownCard, ShownImage, TranscriptReport } from "../../messages";
import { duration } from "../format";
import { CutIcon, EyeIcon, InfoIcon, KeyboardIcon, MicrophoneIcon } from "../icons";
import { isPicture } from "../pictures";
import { ProblemPanel } from "../problem";
import { ToolCardView } from "../tools/card";
import { Actions, Editor } from "./actions";
import { saidLength } from "./in_step";
import { holdsMarkdown, Markdown } from "./markdown";

/** What all entries of a transcript share. */
export interface Talk {
  /** Whether the session takes changes: it runs, and the kernel is there. */
  live: ReadonlySignal<boolean>;
  speaking: ReadonlySignal<Speaking | null>;
  /** Whether there is a panel that shows where the time of a turn went. */
  panel: ReadonlySignal<boolean>;
  send: (report: TranscriptReport) => void;
}

function cutWords({ heard_ms }: Entry): string {
  if (heard_ms === null) return "interrupted";
  if (heard_ms <= 0) return "interrupted before a word was heard";
  return `interrupted after ${duration(heard_ms / 1000)}`;
}

/** Words with the part that was not heard marked, and where the voice is. */
function Spoken({ text, said, cut }: { text: string; said: number; cut: boolean }) {
  return (
    <span class="rw-text">
      {text.slice(0, said)}
      {cut ? (
        <del class="rw-unheard" title="not heard (estimated from how much of the sound was played)">
          {text.slice(said)}
        </del>
      ) : (
        <>
          <span class="rw-voice-here" aria-hidden="true" />
          <span class="rw-unsaid">{text.slice(said)}</span>
        </>
      )}
    </span>
  );
}

/** The words of an entry: in step with the voice while it is said, and as markdown if they are that. */
function Words({ entry, speaking }: { entry: Entry; speaking: Talk["speaking"] }) {
  const { id, text, heard_length } = entry;
  const now = useComputed(() => (speaking.value?.id === id ? speaking.value : null)).value;
  if (heard_length !== null && heard_length !== undefined) {
    // The kernel counts characters, where JavaScript counts two units for one beyond the first 65,536.
    const said = Array.from(text).slice(0, heard_length).join("").length;
    if (said < text.length) return <Spoken text={text} said={said} cut />;
  }
  if (now) {
    const said = saidLength(text, now, entry.state === "completed");
    if (said < text.length) return <Spoken text={text} said={said} cut={false} />;
  }
  const written = entry.kind === "assistant" && entry.source === "text";
  if (text && (written || (entry.state === "completed" && holdsMarkdown(text))))
    return <Markdown text={text} />;
  return <span class="rw-text">{text || "…"}</span>;
}

/** When an entry began, as it is read. */
function Time({ at }: { at: number | null }) {
  if (at === null) return null;
  const date = new Date(at * 1000);
  return (
    <time class="rw-at" dateTime={date.toISOString()} title={date.toLocaleString()}>
      {date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
    </time>
  );
}

/** The images of a message: small copies, each with its size and estimated cost. */
function Images({ images = [] }: { images?: ShownImage[] | undefined }) {
  return images.map(({ thumbnail, text }, index) => (
    <figure key={index} class="rw-image">
      {isPicture(thumbnail) && <img src={thumbnail} alt={text} />}
      <figcaption>{text}</figcaption>
    </figure>
  ));
}

/** What the user waited for an answer; a click shows where the time went. */
function Delay({ entry: { delay, turn }, talk }: { entry: Entry; talk: Talk }) {
  if (delay === null || turn === null) return null;
  const waited = `You waited ${duration(delay)} for this answer`;
  if (!talk.panel.value)
    return (
      <span class="rw-delay" title={waited}>
        {duration(delay)}
      </span>
    );
  return (
    <button
      type="button"
      class="rw-delay"
      title={`${waited}: show where the time went`}
      onClick={() => talk.send({ type: "show_panel", tab: "time", turn })}
    >
      {duration(delay)}
    </button>
  );
}

function Bubble({ entry, talk }: { entry: Entry; talk: Talk }) {
  const [editing, setEditing] = useState(false);
  const mine = entry.kind === "user";
  const streaming = entry.state === "in_progress";
  const waiting = streaming && !entry.text && !entry.images?.length;
  return (
    <div class={`rw-turn rw-turn-${entry.kind}${entry.preamble ? " rw-preamble" : ""}`}>
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
        {entry.preamble && <span class="rw-source">before the answer</span>}
        {entry.edited && <span class="rw-source">edited</span>}
        {!mine && <Delay entry={entry} talk={talk} />}
        <Time at={entry.at} />
      </div>
      <div class="rw-bubble" aria-busy={streaming}>
        {editing ? (
          <Editor entry={entry} end={() => setEditing(false)} send={talk.send} />
        ) : waiting ? (
          <span class="rw-dots" role="img" aria-label={mine ? "listening" : "thinking"}>
            <i />
            <i />
            <i />
          </span>
        ) : (
          <>
            {(entry.text || !entry.images?.length) && (
              <div class="rw-words" dir="auto">
                <Words entry={entry} speaking={talk.speaking} />
                {streaming && <span class="rw-caret" aria-hidden="true" />}
              </div>
            )}
            <Images images={entry.images} />
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
      {!editing && (
        <Actions entry={entry} live={talk.live.value} edit={() => setEditing(true)} send={talk.send} />
      )}
    </div>
  );
}

/** An object of the notebook that was shown to the model: its text is folded, its images are small. */
function ShownObject({ entry, shown }: { entry: Entry; shown: ShownCard }) {
  return (
    <div class={`rw-shown${shown.forgotten ? " rw-forgotten" : ""}`}>
      <div class="rw-shown-head">
        <EyeIcon />
        <strong dir="auto">{shown.title}</strong>
        <span class="rw-source">about {shown.tokens.toLocaleString("en")} tokens (estimated)</span>
      </div>
      {shown.note && (
        <div class="rw-text" dir="auto">
          {shown.note}
        </div>
      )}
      <Images images={entry.images} />
      {entry.text && (
        <details>
          <summary>What the model got</summary>
          <pre class="rw-code" tabIndex={0} dir="auto">
            {entry.text}
          </pre>
        </details>
      )}
      {shown.left_out && <div class="rw-cut">{shown.left_out}</div>}
      {shown.forgotten && <div class="rw-cut">the model does not have this any more</div>}
    </div>
  );
}

export function EntryView(props: { entry: ReadonlySignal<Entry>; talk: Talk }) {
  const { talk } = props;
  const value = props.entry.value;
  switch (value.kind) {
    case "tool":
      return value.tool ? (
        <>
          <ToolCardView tool={value.tool} decide={talk.send} send={talk.live.value ? talk.send : undefined} />
          <Actions entry={value} live={false} edit={() => undefined} send={talk.send} />
        </>
      ) : null;
    case "error": {
      const [message, ...cure] = value.text.split("\n");
      return <ProblemPanel message={message!} cure={cure.join("\n")} listed />;
    }
    case "notice":
      return (
        <div class="rw-notice">
          <InfoIcon />
          <span class="rw-text" dir="auto">
            {value.text}
          </span>
        </div>
      );
    default:
      return value.shown ? (
        <ShownObject entry={value} shown={value.shown} />
      ) : (
        <Bubble entry={value} talk={talk} />
      );
  }
}
