/** What went wrong, and its cure: a panel that screen readers announce at once, or one quiet line. */

import type { ComponentChildren } from "preact";
import { AlertIcon, InfoIcon } from "./icons";

/** `listed` is for a panel in the transcript, which announces its new lines by itself. */
export function ProblemPanel(props: { message: string; cure?: string; warning?: boolean; listed?: boolean }) {
  return (
    <div
      class={`rw-problem${props.warning ? " rw-problem-warning" : ""}`}
      role={props.listed ? undefined : "alert"}
    >
      <AlertIcon />
      <div dir="auto">
        <div class="rw-problem-message">{props.message}</div>
        {props.cure && <div class="rw-problem-cure">{props.cure}</div>}
      </div>
    </div>
  );
}

/** One line about the page, with the buttons that lead on. */
export function QuietLine(props: { text: string; title?: string; children?: ComponentChildren }) {
  return (
    <div class="rw-line" role="status" title={props.title}>
      <InfoIcon />
      <span class="rw-line-text" dir="auto">
        {props.text}
      </span>
      {props.children}
    </div>
  );
}
