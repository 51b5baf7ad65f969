/** The card of a tool call: name, arguments and outcome, with details that can be folded away. */

import type { Decide, ToolCard, TranscriptReport } from "../../messages";
import { callLine, duration, prettyJson } from "../format";
import { CheckIcon, ChevronIcon, AlertIcon, Spinner, ToolIcon } from "../icons";
import { Again } from "./again";
import { Outputs } from "./outputs";
import { TerminalText } from "./terminal";

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
      {tool.beside && <span class="rw-tool-seconds">{tool.beside}</span>}
      {tool.version !== null && tool.version > 1 && (
        <span class="rw-tool-seconds" title={tool.change || undefined}>
          version {tool.version}
        </span>
      )}
      {tool.consent && <span class="rw-tool-seconds">{tool.consent}</span>}
    </span>
  );
}

function Section(props: { title: string; text: string; kind?: string }) {
  if (!props.text) return null;
  return (
    <div class={`rw-tool-section ${props.kind ?? ""}`}>
      <div class="rw-tool-label">{props.title}</div>
      <pre tabIndex={0} aria-label={props.title}>
        <TerminalText text={props.text} />
      </pre>
    </div>
  );
}

/** The way back from a tool that is always allowed. */
function AskAgain({ tool, decide }: { tool: ToolCard; decide?: ((message: Decide) => void) | undefined }) {
  if (!decide || !tool.always || !tool.call_id) return null;
  return (
    <div class="rw-tool-buttons">
      <button
        type="button"
        title={`Ask before each further call of ${tool.name}`}
        onClick={() => decide({ type: "decide", call_id: tool.call_id, decision: "ask" })}
      >
        Ask me again
      </button>
    </div>
  );
}

/** The progress of a call, and the button that cancels it; one that asks is answered where it is pinned. */
function Working({ tool, decide }: { tool: ToolCard; decide?: ((message: Decide) => void) | undefined }) {
  if (tool.state === "done" || tool.state === "error") return null;
  return (
    <div class="rw-tool-working">
      {tool.state === "approval" && <div class="rw-tool-note">Waits for your consent, below.</div>}
      {typeof tool.fraction === "number" && (
        <progress value={tool.fraction} max={1} aria-label={`Progress of ${tool.name}`} />
      )}
      {tool.note && (
        <div class="rw-tool-note" role="status">
          {tool.note}
        </div>
      )}
      {decide && tool.call_id && tool.state !== "approval" && (
        <div class="rw-tool-buttons">
          <button
            type="button"
            aria-label={`Cancel ${tool.name}`}
            onClick={() => decide({ type: "decide", call_id: tool.call_id, decision: "cancel" })}
          >
            Cancel
          </button>
        </div>
      )}
    </div>
  );
}

export function ToolCardView({
  tool,
  decide,
  send,
}: {
  tool: ToolCard;
  decide?: ((message: Decide) => void) | undefined;
  /** Takes calls by hand; none on a card that no session stands behind. */
  send?: ((report: TranscriptReport) => void) | undefined;
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
          {tool.state === "error" && tool.error && (
            <span class="rw-tool-error">
              {tool.error}
              {tool.place && <i> ({tool.place})</i>}
            </span>
          )}
          {tool.state === "done" && tool.result && (
            <span class="rw-tool-result">{callLine(tool.result)}</span>
          )}
        </summary>
        <div class="rw-tool-body">
          <Section title="Arguments" text={prettyJson(tool.arguments)} />
          {tool.read_as && <Section title="Read as" text={prettyJson(tool.read_as)} />}
          <Section title="Result" text={prettyJson(tool.result)} />
          <Section title="Traceback" text={tool.traceback} kind="rw-tool-traceback" />
          {tool.change && <Section title="Changed" text={tool.change} />}
          <AskAgain tool={tool} decide={decide} />
          {send && <Again tool={tool} send={send} />}
        </div>
      </details>
      <Working tool={tool} decide={decide} />
      <Outputs tool={tool} />
    </div>
  );
}
