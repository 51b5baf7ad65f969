/** One line of the transcript: what somebody said, a tool's card, a notice, or what went wrong. */

import type { ReadonlySignal } from "@preact/signals";
import type { Decide, Entry, ShownCard, ShownImage } from "../../messages";
import { duration } from "../format";
import { CutIcon, EyeIcon, InfoIcon, KeyboardIcon, MicrophoneIcon } from "../icons";
import { isPicture } from "../pictures";
import { ProblemPanel } from "../problem";
import { ToolCardView } from "../tools/card";

/** Shows where the time of a turn went. */
export type ShowTurn = (turn: number) => void;

function cutWords({ heard_ms }: Entry): string {
  if (heard_ms === null) return "interrupted";
  if (heard_ms <= 0) return "interrupted before a word was heard";
  return `interrupted after ${duration(heard_ms / 1000)}`;
}

/** The text, with the part that was not heard marked; where that part begins is an estimate. */
function Words({ entry: { text, heard_length } }: { entry: Entry }) {
  // The kernel counts characters, where JavaScript counts two units for one beyond the first 65,536.
  const characters = Array.from(text);
  if (heard_length === null || heard_length === undefined || heard_length >= characters.length) {
    return <span class="rw-text">{text || "…"}</span>;
  }
  return (
    <span class="rw-text">
      {characters.slice(0, heard_length).join("")}
      <del class="rw-unheard" title="not heard (estimated from how much of the sound was played)">
        {characters.slice(heard_length).join("")}
      </del>
    </span>
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
function Delay({ entry: { delay, turn }, showTurn }: { entry: Entry; showTurn: ShowTurn | null }) {
  if (delay === null || turn === null) return null;
  const waited = `You waited ${duration(delay)} for this answer`;
  if (!showTurn)
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
      onClick={() => showTurn(turn)}
    >
      {duration(delay)}
    </button>
  );
}

function Bubble({ entry, showTurn }: { entry: Entry; showTurn: ShowTurn | null }) {
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
        {!mine && <Delay entry={entry} showTurn={showTurn} />}
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
            {(entry.text || !entry.images?.length) && (
              <div dir="auto">
                <Words entry={entry} />
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

export function EntryView(props: {
  entry: ReadonlySignal<Entry>;
  decide: (message: Decide) => void;
  showTurn?: ShowTurn | null;
}) {
  const { showTurn = null } = props;
  const value = props.entry.value;
  switch (value.kind) {
    case "tool":
      return value.tool ? <ToolCardView tool={value.tool} decide={props.decide} /> : null;
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
        <Bubble entry={value} showTurn={showTurn} />
      );
  }
}
