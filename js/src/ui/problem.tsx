/** A problem and its cure, in a panel that screen readers speak at once. */

import { AlertIcon } from "./icons";

export function ProblemPanel(props: { message: string; cure?: string; warning?: boolean }) {
  return (
    <div class={`rw-problem${props.warning ? " rw-problem-warning" : ""}`} role="alert">
      <AlertIcon />
      <div>
        <div class="rw-problem-message">{props.message}</div>
        {props.cure && <div class="rw-problem-cure">{props.cure}</div>}
      </div>
    </div>
  );
}
