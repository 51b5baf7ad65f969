/** The part with the tools: signatures, docs and switches, and a form to try each. */

import { useState } from "preact/hooks";
import type { ToolRow, Tried } from "../../messages";
import { duration } from "../format";
import { Spinner } from "../icons";
import { fieldsOfSchema } from "../tools/arguments";
import { ArgumentsForm } from "../tools/form";
import { TerminalText } from "../tools/terminal";

function Outcome({ tried }: { tried: Tried }) {
  if (tried.seconds === null) return <Spinner />;
  return (
    <div class="rw-tried">
      <div class={tried.error ? "rw-tool-error" : "rw-tool-result"}>{tried.error || tried.output}</div>
      <span class="rw-tool-seconds">{duration(tried.seconds)}, not told to the model</span>
      {tried.printed && (
        <pre>
          <TerminalText text={tried.printed} />
        </pre>
      )}
      {tried.traceback && (
        <pre>
          <TerminalText text={tried.traceback} />
        </pre>
      )}
    </div>
  );
}

export function ToolLine(props: {
  tool: ToolRow;
  tried: Tried | null;
  switched: (on: boolean) => void;
  run: (json: string) => void;
}) {
  const { tool, tried } = props;
  const [open, setOpen] = useState(false);
  return (
    <li class={`rw-tool-item${tool.enabled ? "" : " rw-tool-off"}`}>
      <div class="rw-tool-item-head">
        <label title="Whether the model may call it">
          <input
            type="checkbox"
            checked={tool.enabled}
            aria-label={`${tool.name} for the model`}
            onChange={(event) => props.switched(event.currentTarget.checked)}
          />
        </label>
        <code>{tool.signature}</code>
        <span class="rw-source">
          version {tool.version}
          {tool.asks && ", asks before it runs"}
          {tool.origin && `, of ${tool.origin}`}
        </span>
        <button type="button" class="rw-line-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          Try
        </button>
      </div>
      <p class="rw-text">{tool.description}</p>
      {tool.refused && <p class="rw-tool-error">The service refuses it: {tool.refused}</p>}
      {open && tool.change && <pre class="rw-tool-change">{tool.change}</pre>}
      {open && (
        <ArgumentsForm
          fields={fieldsOfSchema(tool.parameters)}
          label="Run"
          title={tool.asks ? "Your press is the consent; the model is not told" : "The model is not told"}
          run={props.run}
        />
      )}
      {open && tried?.name === tool.name && <Outcome tried={tried} />}
    </li>
  );
}

export function ToolsPart(props: {
  tools: readonly ToolRow[] | null;
  tried: Tried | null;
  switched: (name: string, on: boolean) => void;
  run: (name: string, json: string) => void;
}) {
  const { tools } = props;
  if (!tools?.length)
    return (
      <div class="rw-insight-empty">No tools: put @session.tool before a function and run its cell.</div>
    );
  return (
    <ul class="rw-tool-list">
      {tools.map((tool) => (
        <ToolLine
          key={tool.name}
          tool={tool}
          tried={props.tried}
          switched={(on) => props.switched(tool.name, on)}
          run={(json) => props.run(tool.name, json)}
        />
      ))}
    </ul>
  );
}
