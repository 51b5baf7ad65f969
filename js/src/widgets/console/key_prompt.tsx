/** A field for an API key, which is sent to the kernel once and not kept in the page. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { sender } from "../../anywidget";
import type { KeyReport } from "../../messages";
import { Scope } from "../../ui/bind";
import { CheckIcon } from "../../ui/icons";
import { ProblemPanel } from "../../ui/problem";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  service: string;
  given: boolean;
  problem: string;
}

function Field(props: { service: string; send: (key: Uint8Array<ArrayBuffer>) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const send = (event: Event) => {
    event.preventDefault();
    const key = input.current!.value;
    input.current!.value = "";
    if (key) props.send(new TextEncoder().encode(key));
  };
  return (
    <form class="rw-key-form" onSubmit={send}>
      <label class="rw-key-label">
        <span>API key for {props.service}</span>
        <input
          ref={input}
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="Paste it here"
          onKeyDown={(event) => {
            // In JupyterLab the browser does not submit the form on Enter while a cell runs.
            if (event.key === "Enter" && !event.isComposing) send(event);
          }}
        />
      </label>
      <button type="submit">Use this key</button>
    </form>
  );
}

export function KeyPromptView(props: {
  service: ReadonlySignal<string>;
  given: ReadonlySignal<boolean>;
  problem: ReadonlySignal<string>;
  send: (key: Uint8Array<ArrayBuffer>) => void;
  forget: () => void;
}) {
  const service = props.service.value;
  return (
    <div class="rw-key-box">
      {props.given.value ? (
        <div class="rw-key-given" role="status">
          <CheckIcon />
          <span>The kernel has the key for {service}.</span>
          <button type="button" onClick={props.forget}>
            Change
          </button>
        </div>
      ) : (
        <Field service={service} send={props.send} />
      )}
      <div class="rw-key-hint">It stays in the kernel's memory and is not saved in a notebook or file.</div>
      {props.problem.value && <ProblemPanel message={props.problem.value} />}
    </div>
  );
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
  },
  render({ model, el }) {
    const scope = new Scope();
    const send = sender<KeyReport>(model);
    return scope.show(
      el,
      "rw-key",
      <KeyPromptView
        service={scope.trait(model, "service")}
        given={scope.trait(model, "given")}
        problem={scope.trait(model, "problem")}
        send={(bytes) => send({ type: "key" }, bytes.buffer)}
        forget={() => send({ type: "forget" })}
      />,
    );
  },
} satisfies AnyWidget<Traits>;
