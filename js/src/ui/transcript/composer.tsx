/** The field to type into: Enter sends, Shift+Enter makes a line, and what cannot be sent now stays. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { SendIcon } from "../icons";

/** Makes the field as high as its text; the stylesheet bounds it. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  // The border counts to the height that is set, and not to the one that is measured.
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

export function Composer(props: {
  draft: Signal<string>;
  placeholder: string;
  /** Why nothing can be typed any more; empty if it can. */
  why: string;
  /** Why what is typed stays in the field for now; empty if it would be sent. */
  whyNotYet: string;
  /** What else there is to say of what is typed; empty if nothing. */
  note: string;
  say: (text: string) => void;
  children?: ComponentChildren;
}) {
  const { draft, placeholder, why, whyNotYet, note } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = !draft.value.trim();
  useLayoutEffect(() => fit(field.current!), [draft.value]);
  const send = (event: Event) => {
    event.preventDefault();
    const said = field.current!.value.trim();
    if (!said || why || whyNotYet) return;
    props.say(said);
    draft.value = "";
  };
  // The reason stands in the empty field; over it, if the user has typed something.
  const told = why ? (empty ? "" : `${why}. What you typed is kept here.`) : empty ? "" : whyNotYet || note;
  // A disabled button would swallow an Enter key that is pressed before the next render.
  return (
    <form class="rw-composer" onSubmit={send}>
      <div class="rw-composer-note" role="status">
        {told}
      </div>
      <div class="rw-composer-row">
        {props.children}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          placeholder={why || placeholder || "Type a message"}
          aria-label="Message"
          title={why || undefined}
          disabled={why !== ""}
          value={draft.value}
          onInput={(event) => (draft.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            // In JupyterLab the browser does not submit the form on Enter while a cell runs.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
          }}
        />
        <button
          type="submit"
          aria-label="Send"
          title="Send (Enter)"
          disabled={why !== ""}
          aria-disabled={empty || why !== "" || whyNotYet !== ""}
        >
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
