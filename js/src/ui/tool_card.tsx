/** A tool call: name, arguments, what came of it; details fold away. */

import type { ToolCard } from "../messages";
import { callLine, duration, prettyJson } from "./format";
import { CheckIcon, ChevronIcon, AlertIcon, Spinner, ToolIcon } from "./icons";

const WORDS: Record<ToolCard["state"], string> = {
  waiting: "waiting",
  running: "running",
  done: "done",
  error: "failed",
};

function Badge({ tool }: { tool: ToolCard }) {
  const working = tool.state === "running" || tool.state === "waiting";
  return (
    <span class={`rw-tool-state rw-tool-state-${tool.state}`}>
      {working ? <Spinner /> : tool.state === "error" ? <AlertIcon /> : <CheckIcon />}
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

export function ToolCardView({ tool }: { tool: ToolCard }) {
  return (
    <details class={`rw-tool rw-tool-${tool.state}`}>
      <summary class="rw-tool-head">
        <ChevronIcon />
        <ToolIcon />
        <span class="rw-tool-call">
          <span class="rw-tool-name">{tool.name}</span>
          <span class="rw-tool-line">({callLine(tool.arguments)})</span>
        </span>
        <Badge tool={tool} />
        {tool.state === "error" && tool.error && <span class="rw-tool-error">{tool.error}</span>}
        {tool.state === "done" && tool.result && <span class="rw-tool-result">{callLine(tool.result)}</span>}
      </summary>
      <div class="rw-tool-body">
        <Section title="Arguments" text={prettyJson(tool.arguments)} />
        <Section title="Result" text={prettyJson(tool.result)} />
        <Section title="Printed" text={tool.printed} />
        <Section title="Traceback" text={tool.traceback} kind="rw-tool-traceback" />
      </div>
    </details>
  );
}
