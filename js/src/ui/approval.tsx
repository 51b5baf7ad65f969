/** The call that asks the user: pinned over the composer, with its countdown, so that it is seen wherever one reads. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Decide, Entry, ToolCard } from "../messages";
import { duration, prettyJson } from "./format";
import { AlertIcon } from "./icons";

/** The countdown is shown this often (ms). */
const TICK_MS = 500;

interface Entries {
  order: ReadonlySignal<string[]>;
  entry(id: string): ReadonlySignal<Entry> | undefined;
}

function asks(entry: ReadonlySignal<Entry> | undefined): boolean {
  // Only cards are followed: what is being spoken changes many times a second.
  return entry?.peek().kind === "tool" && entry.value.tool?.state === "approval";
}

/** Returns the ids of the entries whose calls ask, oldest first; their signal changes only when they do. */
function useAsking(store: Entries): string[] {
  const ids = useMemo(
    () => computed(() => JSON.stringify(store.order.value.filter((id) => asks(store.entry(id))))),
    [store],
  );
  return JSON.parse(ids.value) as string[];
}

/** Seconds that are left, counted on in the page from what the kernel said. */
function useCountdown({ call_id, seconds_left }: ToolCard): number | null {
  const deadline = useMemo(
    () => (seconds_left === null ? null : performance.now() + seconds_left * 1000),
    [call_id, seconds_left],
  );
  const [, tick] = useState(0);
  useEffect(() => {
    if (deadline === null) return;
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [deadline]);
  return deadline === null ? null : Math.max(0, (deadline - performance.now()) / 1000);
}

function Countdown({ tool }: { tool: ToolCard }) {
  const left = useCountdown(tool);
  if (left === null || !tool.limit_s) return null;
  return (
    <div class="rw-countdown" aria-hidden="true">
      <progress value={left} max={tool.limit_s} />
      <span>refused in {duration(Math.ceil(left))}</span>
    </div>
  );
}

/** The question of one call, and its answers. */
export function Approval(props: { tool: ToolCard; more: number; decide: (message: Decide) => void }) {
  const { tool, more, decide } = props;
  const act = (decision: Decide["decision"]) => () =>
    decide({ type: "decide", call_id: tool.call_id, decision });
  const limit = tool.limit_s ? ` Without an answer it is refused after ${duration(tool.limit_s)}.` : "";
  return (
    <div class="rw-approval" role="group" aria-label={`Approval of ${tool.name}`}>
      <div class="rw-approval-head">
        <AlertIcon />
        <div class="rw-approval-question">
          Let the model run <bdi>{tool.name}</bdi> with these arguments?
        </div>
        {more > 0 && <span class="rw-approval-more">{more === 1 ? "1 more asks" : `${more} more ask`}</span>}
      </div>
      <span class="rw-spoken" role="alert">
        {`The model asks to run ${tool.name}.${limit}`}
      </span>
      <pre class="rw-approval-arguments" tabIndex={0} aria-label="Arguments">
        {prettyJson(tool.arguments)}
      </pre>
      {tool.read_as && (
        <>
          <div class="rw-tool-label">Read as</div>
          <pre class="rw-approval-arguments">{prettyJson(tool.read_as)}</pre>
        </>
      )}
      <div class="rw-approval-foot">
        <button type="button" class="rw-approve" onClick={act("approve")}>
          Allow
        </button>
        <button type="button" onClick={act("deny")}>
          Refuse
        </button>
        <button
          type="button"
          title={`Allow this and all later calls of ${tool.name}, until the session ends or the tool changes`}
          onClick={act("always")}
        >
          Always allow this tool
        </button>
        {tool.by_voice && <span class="rw-approval-words">or say or type yes or no</span>}
        <Countdown tool={tool} />
      </div>
    </div>
  );
}

/** The oldest call that asks, if one does. */
export function Pinned(props: { store: Entries; decide: (message: Decide) => void }) {
  const { store, decide } = props;
  const ids = useAsking(store);
  const tool = ids.length ? store.entry(ids[0]!)?.value.tool : undefined;
  return (
    <div class="rw-pinned">
      {tool && <Approval key={tool.call_id} tool={tool} more={ids.length - 1} decide={decide} />}
    </div>
  );
}
