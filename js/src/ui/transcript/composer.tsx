/** The field to type into: Enter sends, Shift+Enter makes a line, and what cannot be sent now stays. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { SendIcon } from "../icons";
import { attach, type Attached, AttachedImages, detach, imagesIn } from "./attached";

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
  /** Images of the message that is being written. */
  images: Signal<readonly Attached[]>;
  say: (text: string, images: ArrayBuffer[]) => void;
  children?: ComponentChildren;
}) {
  const { draft, images, placeholder, why, whyNotYet, note } = props;
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = !draft.value.trim() && !images.value.length;
  useLayoutEffect(() => fit(field.current!), [draft.value]);
  const send = (event: Event) => {
    event.preventDefault();
    const said = field.current!.value.trim();
    const attached = images.value;
    if (!(said || attached.length) || why || whyNotYet) return;
    draft.value = "";
    setProblem("");
    if (!attached.length) return props.say(said, []);
    void Promise.all(attached.map(({ blob }) => blob.arrayBuffer())).then((files) => props.say(said, files));
    detach(images, attached);
  };
  const take = (event: Event, data: DataTransfer | null) => {
    const files = imagesIn(data);
    if (!files.length || why) return;
    event.preventDefault();
    void attach(images, files).then(setProblem);
  };
  // The reason stands in the empty field; over it, if the user has typed something.
  const told = why ? (empty ? "" : `${why}. What you typed is kept here.`) : empty ? "" : whyNotYet || note;
  // A disabled button would swallow an Enter key that is pressed before the next render.
  return (
    <form
      class={`rw-composer${over ? " rw-composer-over" : ""}`}
      onSubmit={send}
      onDragOver={(event) => {
        if (why || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the page would open the file
        take(event, event.dataTransfer);
      }}
    >
      <div class="rw-composer-note" role="status">
        {problem || told}
      </div>
      <AttachedImages images={images} />
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
          onPaste={(event) => take(event, event.clipboardData)}
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
