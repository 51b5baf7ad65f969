/** The status line: what the session does now, with whom it talks, and what is wrong. */

import type { ReadonlySignal } from "@preact/signals";
import type { RenderContext } from "./anywidget";
import { Scope } from "./ui/bind";
import { ToolIcon } from "./ui/icons";
import { ProblemPanel } from "./ui/problem";

export interface Status {
  state:
    "idle" | "connecting" | "preparing" | "listening" | "thinking" | "speaking" | "reconnecting" | "closed";
  detail: string;
  endpoint: string;
  model: string;
  voice: string;
  tools: string[];
  /** Tokens and money so far, in words; empty before there is anything to say. */
  usage: string;
  problem: string;
}

const WORDS: Record<Status["state"], string> = {
  idle: "Ready",
  connecting: "Connecting",
  preparing: "Preparing",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  reconnecting: "Reconnecting",
  closed: "Closed",
};

/** What the kernel calls the endpoint that it serves itself. */
const LOCAL = "local";

function endpointTitle(endpoint: string): string {
  return endpoint === LOCAL
    ? "Endpoint: runs on the kernel's machine; nothing of the talk leaves it"
    : `Endpoint: ${endpoint}`;
}

export function StatusView({ status }: { status: ReadonlySignal<Partial<Status>> }) {
  const { state = "idle", detail, endpoint, model, voice, tools = [], usage, problem } = status.value;
  return (
    <div class="rw-status-box">
      <div class="rw-status-row">
        <span class={`rw-state rw-state-${state}`} role="status">
          <span class="rw-dot" aria-hidden="true" />
          <span class="rw-state-word">{WORDS[state]}</span>
          {detail && detail !== problem && <span class="rw-state-detail">{detail}</span>}
        </span>
        <span class="rw-facts">
          {endpoint && (
            <span class="rw-fact rw-fact-endpoint" title={endpointTitle(endpoint)}>
              {endpoint === LOCAL ? "local endpoint" : endpoint}
            </span>
          )}
          {model && (
            <span class="rw-fact" title={`Model: ${model}`}>
              {model}
            </span>
          )}
          {voice && (
            <span class="rw-fact" title={`Voice: ${voice}`}>
              {voice}
            </span>
          )}
          {tools.length > 0 && (
            <span class="rw-fact" title={`Tools: ${tools.join(", ")}`}>
              <ToolIcon />
              {tools.length === 1 ? "1 tool" : `${tools.length} tools`}
            </span>
          )}
          {usage && (
            <span class="rw-fact rw-fact-usage" title={`Used so far: ${usage}`}>
              {usage}
            </span>
          )}
        </span>
      </div>
      {problem && <ProblemPanel message={problem} />}
    </div>
  );
}

export default {
  render({ model, el }: RenderContext<{ status: Partial<Status> }>) {
    const scope = new Scope();
    const status = scope.trait(model, "status");
    return scope.show(el, "rw-status", <StatusView status={status} />);
  },
};
