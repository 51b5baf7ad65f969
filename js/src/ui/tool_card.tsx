/** A tool call: name, arguments, what came of it; details fold away. */

import type { Decide, ToolCard } from "../messages";
import { callLine, duration, prettyJson } from "./format";
import { CheckIcon, ChevronIcon, AlertIcon, Spinner, ToolIcon } from "./icons";
import { isPicture } from "./pictures";

const WORDS: Record<ToolCard["state"], string> = {
  waiting: "waiting",
  approval: "asks you",
  running: "running",
  done: "done",
  error: "failed",
};

function Badge({ tool }: { tool: ToolCard }) {
  const working = tool.state === "running" || tool.state === "waiting";
  return (
    <span class={`rw-tool-state rw-tool-state-${tool.state}`}>
      {working ? <Spinner /> : tool.state === "done" ? <CheckIcon /> : <AlertIcon />}
      {WORDS[tool.state]}
      {tool.seconds !== null && <span class="rw-tool-seconds">{duration(tool.seconds)}</span>}
    </span>
  );
}

function Section(props: { title: string; text: string; kind?: string }) {
  if (!props.text) return null;
  return (
    <div class={`rw-tool-section ${props.kind ?? ""}`}>
      <div class="rw-tool-label">{props.title}</div>
      <pre tabIndex={0} aria-label={props.title}>
        {props.text}
      </pre>
    </div>
  );
}

function Pictures({ tool }: { tool: ToolCard }) {
  // A card saved by an older version has none.
  const pictures = (tool.pictures ?? []).filter(isPicture);
  if (!pictures.length) return null;
  return (
    <div class="rw-tool-pictures">
      {pictures.map((uri, index) => (
        <img key={index} src={uri} alt={`Picture ${index + 1} of ${tool.name}`} />
      ))}
    </div>
  );
}

/** What the person can do about a call that asks or runs, and how far it is. */
function Working({ tool, decide }: { tool: ToolCard; decide?: ((message: Decide) => void) | undefined }) {
  if (tool.state === "done" || tool.state === "error") return null;
  const act = (decision: Decide["decision"]) => () =>
    decide?.({ type: "decide", call_id: tool.call_id, decision });
  const asking = tool.state === "approval";
  return (
    <div
      class="rw-tool-working"
      role={asking ? "alertdialog" : undefined}
      aria-label={asking ? "Approval" : undefined}
    >
      {asking && <div class="rw-tool-question">Let the model run {tool.name} with these arguments?</div>}
      {asking && <pre class="rw-tool-asked">{prettyJson(tool.arguments)}</pre>}
      {typeof tool.fraction === "number" && (
        <progress value={tool.fraction} max={1} aria-label={`Progress of ${tool.name}`} />
      )}
      {tool.note && (
        <div class="rw-tool-note" role="status">
          {tool.note}
        </div>
      )}
      {decide && tool.call_id && (
        <div class="rw-tool-buttons">
          {asking && (
            <button type="button" class="rw-tool-approve" onClick={act("approve")}>
              Allow
            </button>
          )}
          {asking && (
            <button type="button" onClick={act("deny")}>
              Refuse
            </button>
          )}
          {!asking && (
            <button type="button" aria-label={`Cancel ${tool.name}`} onClick={act("cancel")}>
              Cancel
            </button>
          )}
        </div>
      )}
    </div>
  );
}

export function ToolCardView({
  tool,
  decide,
}: {
  tool: ToolCard;
  decide?: ((message: Decide) => void) | undefined;
}) {
  return (
    <div class={`rw-tool rw-tool-${tool.state}`}>
      <details class="rw-tool-fold">
        <summary class="rw-tool-head">
          <ChevronIcon />
          <ToolIcon />
          <span class="rw-tool-call">
            <span class="rw-tool-name">{tool.name}</span>
            <span class="rw-tool-line">({callLine(tool.arguments)})</span>
          </span>
          <Badge tool={tool} />
          {tool.state === "error" && tool.error && <span class="rw-tool-error">{tool.error}</span>}
          {tool.state === "done" && tool.result && (
            <span class="rw-tool-result">{callLine(tool.result)}</span>
          )}
        </summary>
        <div class="rw-tool-body">
          <Section title="Arguments" text={prettyJson(tool.arguments)} />
          <Section title="Result" text={prettyJson(tool.result)} />
          <Section title="Printed" text={tool.printed} />
          <Section title="Traceback" text={tool.traceback} kind="rw-tool-traceback" />
        </div>
      </details>
      <Working tool={tool} decide={decide} />
      <Pictures tool={tool} />
    </div>
  );
}
