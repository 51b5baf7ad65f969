/** The bar above a talk: search in it, copy it, begin a new one. */

import type { ReadonlySignal, Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Entry } from "../../messages";
import { NewIcon, SearchIcon } from "../icons";
import { CopyButton, talkAsText } from "./actions";

/** Everything that can be read of an entry. */
function wordsOf({ text, tool }: Entry): string {
  return tool ? [tool.name, tool.arguments, tool.result, tool.error, tool.printed].join(" ") : text;
}

/** Returns the ids of the entries in which all words of a search stand. */
export function matching(entries: readonly Entry[], search: string): Set<string> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return new Set(
    entries
      .filter((entry) => {
        const text = wordsOf(entry).toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .map(({ id }) => id),
  );
}

export function TalkBar(props: {
  search: Signal<string | null>;
  found: number;
  live: ReadonlySignal<boolean>;
  entries: () => Entry[];
  begin: () => void;
}) {
  const { search, found, live } = props;
  const [sure, setSure] = useState(false);
  const searching = search.value !== null;
  return (
    <div class="rw-talk-bar" role="toolbar" aria-label="The talk" onMouseLeave={() => setSure(false)}>
      {searching && (
        <>
          <input
            type="search"
            aria-label="Search in the talk"
            placeholder="Search in the talk"
            value={search.value ?? ""}
            ref={(field) => {
              if (field && document.activeElement !== field && !field.value) field.focus();
            }}
            onInput={(event) => (search.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") search.value = null;
            }}
          />
          <span class="rw-source" role="status">
            {search.value ? `${found} found` : ""}
          </span>
        </>
      )}
      <button
        type="button"
        aria-pressed={searching}
        aria-label="Search"
        title="Search in the talk"
        onClick={() => (search.value = searching ? null : "")}
      >
        <SearchIcon />
      </button>
      <CopyButton text={() => talkAsText(props.entries())} title="Copy the whole talk" />
      {live.value && (
        <button
          type="button"
          class={sure ? "rw-sure" : undefined}
          aria-label={sure ? "Really begin a new conversation" : "New conversation"}
          title={sure ? "Click again: the model forgets all of this" : "New conversation"}
          onClick={() => {
            if (sure) props.begin();
            setSure(!sure);
          }}
        >
          <NewIcon />
          {sure && "Begin anew?"}
        </button>
      )}
    </div>
  );
}
