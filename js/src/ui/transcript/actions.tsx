/** What can be done with an entry: copy it, hear it again, edit it, delete it. */

import { useState } from "preact/hooks";
import type { Entry, TranscriptReport } from "../../messages";
import { CheckIcon, CopyIcon, EditIcon, PlayIcon, TrashIcon } from "../icons";

/** How long a button says that it has copied (ms). */
const COPIED_MS = 1500;

/** Writes a value of JSON as Python does. */
export function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, each]) => `${JSON.stringify(name)}: ${python(each)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

/** Returns a tool call as a line of Python. */
export function callAsCode(name: string, json: string): string {
  let given: unknown;
  try {
    given = JSON.parse(json || "{}");
  } catch {
    return `${name}()  # ${json}`;
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) return `${name}(${python(given)})`;
  const entries = Object.entries(given);
  if (entries.some(([key]) => !/^[A-Za-z_]\w*$/.test(key))) return `${name}(**${python(given)})`;
  return `${name}(${entries.map(([key, value]) => `${key}=${python(value)}`).join(", ")})`;
}

/** Returns an entry as text to copy; empty if there is nothing to copy. */
export function asText(entry: Entry): string {
  return entry.tool ? callAsCode(entry.tool.name, entry.tool.arguments) : entry.text;
}

/** Returns a talk as markdown to copy. */
export function talkAsText(entries: readonly Entry[]): string {
  const lines = entries.flatMap((entry) => {
    if (entry.tool) {
      const result = entry.tool.error || entry.tool.result;
      return [`    ${asText(entry)}${result ? `\n    # ${result.split("\n").join("\n    # ")}` : ""}`];
    }
    if (entry.kind !== "user" && entry.kind !== "assistant") return [];
    return [`**${entry.kind === "user" ? "You" : "Assistant"}:** ${entry.text}`];
  });
  return lines.join("\n\n") + "\n";
}

/** A button that copies; it says so for a moment, or that it could not. */
export function CopyButton(props: { text: () => string; title: string; children?: string }) {
  const [state, setState] = useState<"" | "copied" | "failed">("");
  const copy = () => {
    const done = (after: "copied" | "failed") => {
      setState(after);
      setTimeout(() => setState(""), COPIED_MS);
    };
    if (!navigator.clipboard) return done("failed"); // not a secure page
    navigator.clipboard.writeText(props.text()).then(
      () => done("copied"),
      () => done("failed"),
    );
  };
  const said = { "": props.title, copied: "Copied", failed: "The browser does not let this page copy" }[
    state
  ];
  return (
    <button type="button" title={said} aria-label={said} onClick={copy}>
      {state === "copied" ? <CheckIcon /> : <CopyIcon />}
      {props.children}
    </button>
  );
}

export function Actions(props: {
  entry: Entry;
  /** Whether the session takes changes. */
  live: boolean;
  edit: () => void;
  send: (report: TranscriptReport) => void;
}) {
  const { entry, live, send } = props;
  const [sure, setSure] = useState(false);
  const said = (entry.kind === "user" || entry.kind === "assistant") && !entry.shown;
  const done = said && entry.state !== "in_progress" && !entry.id.startsWith("unsent");
  const text = asText(entry);
  if (!text && !entry.sound) return null;
  return (
    <div class="rw-actions" role="group" aria-label="This entry" onMouseLeave={() => setSure(false)}>
      {text && <CopyButton text={() => asText(entry)} title={entry.tool ? "Copy as code" : "Copy"} />}
      {live && (entry.sound || entry.sound_gone) && (
        <button
          type="button"
          disabled={!entry.sound}
          title={entry.sound ? "Hear it again" : "Its sound is not kept any more"}
          aria-label={entry.sound ? "Hear it again" : "Its sound is not kept any more"}
          onClick={() => send({ type: "play_entry", id: entry.id })}
        >
          <PlayIcon />
        </button>
      )}
      {live && done && !entry.images?.length && (
        <button
          type="button"
          title="Edit: the model has the new words"
          aria-label="Edit"
          onClick={props.edit}
        >
          <EditIcon />
        </button>
      )}
      {live && done && (
        <button
          type="button"
          class={sure ? "rw-sure" : undefined}
          title={sure ? "Click again: the model forgets it too" : "Delete, for the model too"}
          aria-label={sure ? "Really delete" : "Delete"}
          onClick={() => (sure ? send({ type: "delete_entry", id: entry.id }) : setSure(true))}
        >
          <TrashIcon />
          {sure && "Sure?"}
        </button>
      )}
    </div>
  );
}

/** The field in which an entry is edited. */
export function Editor(props: { entry: Entry; end: () => void; send: (report: TranscriptReport) => void }) {
  const { entry, end, send } = props;
  const [text, setText] = useState(entry.text);
  const save = () => {
    if (text.trim() && text.trim() !== entry.text) send({ type: "edit_entry", id: entry.id, text });
    end();
  };
  return (
    <div class="rw-editor">
      <textarea
        aria-label="New words"
        rows={Math.min(8, text.split("\n").length + 1)}
        value={text}
        ref={(field) => {
          if (field && document.activeElement !== field) field.focus();
        }}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") end();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
        }}
      />
      <div>
        <button type="button" class="rw-line-button rw-line-main" disabled={!text.trim()} onClick={save}>
          Save
        </button>
        <button type="button" class="rw-line-button" onClick={end}>
          Cancel
        </button>
        <span class="rw-source">The model will have these words instead.</span>
      </div>
    </div>
  );
}
