/** Calls by hand on the card of a model's call: other arguments, and results that the model may have instead. */

import { useState } from "preact/hooks";
import type { ToolCard, TranscriptReport } from "../../messages";
import { callLine, duration } from "../format";
import { CheckIcon, Spinner } from "../icons";
import { fieldsOfArguments } from "./arguments";
import { ArgumentsForm } from "./form";

export function Again(props: { tool: ToolCard; send: (report: TranscriptReport) => void }) {
  const { tool, send } = props;
  const [editing, setEditing] = useState(false);
  const fields = fieldsOfArguments(tool.arguments);
  const over = tool.state === "done" || tool.state === "error";
  if (!over || !tool.call_id) return null;
  return (
    <div class="rw-again">
      {tool.again.map((run) => (
        <div key={run.number} class="rw-again-run">
          <span class="rw-tool-line">by hand ({callLine(run.arguments)})</span>
          {run.seconds === null ? (
            <Spinner />
          ) : (
            <>
              <span class={run.error ? "rw-tool-error" : "rw-tool-result"}>
                {run.error || callLine(run.result)}
              </span>
              <span class="rw-tool-seconds">{duration(run.seconds)}</span>
              {run.given ? (
                <span class="rw-tool-seconds">
                  <CheckIcon /> the model has this
                </span>
              ) : (
                <button
                  type="button"
                  class="rw-line-button"
                  title="The model gets this result in place of the first one"
                  onClick={() => send({ type: "give_result", number: run.number })}
                >
                  Give to the model
                </button>
              )}
            </>
          )}
        </div>
      ))}
      {editing && fields ? (
        <ArgumentsForm
          fields={fields}
          json={tool.arguments}
          label="Run"
          title={tool.consent ? "Your press is the consent" : "Runs here; the model is not told"}
          run={(json) => {
            send({ type: "run_again", call_id: tool.call_id, name: tool.name, arguments: json });
            setEditing(false);
          }}
          cancel={() => setEditing(false)}
        />
      ) : (
        fields && (
          <div class="rw-tool-buttons">
            <button type="button" onClick={() => setEditing(true)}>
              Run again …
            </button>
          </div>
        )
      )}
    </div>
  );
}
