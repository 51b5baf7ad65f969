/** The status line: what the session does now, which endpoint and model it talks to, and what is wrong. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { sender } from "../../anywidget";
import type { PortState } from "../../audio/port/state";
import type { Status, StatusReport } from "../../messages";
import { Scope } from "../../ui/bind";
import { ChartIcon, GearIcon, ToolIcon } from "../../ui/icons";
import { leadTo, type Place, placeOf } from "../../ui/page/place";
import { ProblemPanel, QuietLine } from "../../ui/problem";
import { shareStatus } from "../../ui/statuses";
import { sessionWords } from "../../ui/words";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  port_id: string;
  status: Partial<Status>;
}

/** The kernel's name for the local endpoint. */
const LOCAL = "local";

/** How often the banner looks where the newer session's console is (ms): cells are moved, run and scrolled away. */
const LOOK_MS = 1000;

const YOURS_IS: Record<Place, string> = {
  above: "This is an earlier session; yours is above.",
  below: "This is an earlier session; yours is below.",
  elsewhere: "This is an earlier session; yours is in another output.",
};

function endpointTitle(endpoint: string): string {
  return endpoint === LOCAL
    ? "Endpoint: runs on the kernel's machine; nothing that is said leaves it"
    : `Endpoint: ${endpoint}`;
}

/** Says that a newer session has replaced this one, and leads to it. */
function Earlier(props: { successor: string; send: (report: StatusReport) => void }) {
  const { successor, send } = props;
  const here = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>("elsewhere");
  useEffect(() => {
    const look = () => setPlace(placeOf(successor, here.current!));
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [successor]);
  return (
    <div class="rw-earlier" ref={here}>
      <QuietLine text={YOURS_IS[place]}>
        {place !== "elsewhere" && (
          <button type="button" class="rw-line-button" onClick={() => leadTo(successor)}>
            Show it
          </button>
        )}
        <button type="button" class="rw-line-button" onClick={() => send({ type: "talk_here" })}>
          Talk here anyway
        </button>
      </QuietLine>
    </div>
  );
}

const toolWords = (tools: readonly string[]) => (tools.length === 1 ? "1 tool" : `${tools.length} tools`);

function Facts({ status, send }: { status: Partial<Status>; send: (report: StatusReport) => void }) {
  const { endpoint, model, voice, tools = [], usage, panel } = status;
  return (
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
      {tools.length > 0 &&
        (panel ? (
          <button
            type="button"
            class="rw-fact"
            title={`Tools: ${tools.join(", ")}. Show them, switch them, try them`}
            onClick={() => send({ type: "show_panel", tab: "tools", turn: null })}
          >
            <ToolIcon />
            {toolWords(tools)}
          </button>
        ) : (
          <span class="rw-fact" title={`Tools: ${tools.join(", ")}`}>
            <ToolIcon />
            {toolWords(tools)}
          </span>
        ))}
      {usage && panel && (
        <button
          type="button"
          class="rw-fact rw-fact-usage"
          title={`Used so far: ${usage}. Show money and limits`}
          onClick={() => send({ type: "show_panel", tab: "money", turn: null })}
        >
          {usage}
        </button>
      )}
      {usage && !panel && (
        <span class="rw-fact rw-fact-usage" title={`Used so far: ${usage}`}>
          {usage}
        </span>
      )}
    </span>
  );
}

export function StatusView(props: {
  status: ReadonlySignal<Partial<Status>>;
  port: ReadonlySignal<PortState | null>;
  portId: string;
  send: (report: StatusReport) => void;
}) {
  const status = props.status.value;
  const { state, word, detail } = sessionWords(status, props.port.value);
  const { problem, successor } = status;
  return (
    <div class="rw-status-box" data-rw-port={props.portId}>
      <div class="rw-status-row">
        <span class={`rw-state rw-state-${state}`} role="status">
          <span class="rw-dot" aria-hidden="true" />
          <span class="rw-state-word">{word}</span>
          {detail && detail !== problem && <span class="rw-state-detail">{detail}</span>}
        </span>
        <Facts status={status} send={props.send} />
        {status.panel && (
          <button
            type="button"
            class="rw-fact rw-fact-insight"
            title="Show where the time goes, every event, and money"
            onClick={() => props.send({ type: "show_panel", tab: "time", turn: null })}
          >
            <ChartIcon />
            <span>Insight</span>
          </button>
        )}
        {status.panel && (
          <button
            type="button"
            class="rw-fact rw-fact-insight"
            aria-label="Settings"
            title="Voice, speed, instructions, turn detection …"
            onClick={() => props.send({ type: "show_panel", tab: "settings", turn: null })}
          >
            <GearIcon />
          </button>
        )}
      </div>
      {problem && <ProblemPanel message={problem} />}
      {successor && <Earlier successor={successor} send={props.send} />}
    </div>
  );
}

export default {
  /** The status belongs to the model: the other widgets of the session need it also while no status line is shown. */
  initialize({ model }) {
    saveWithoutCode(model);
    const portId = model.get("port_id");
    const send = sender<StatusReport>(model);
    let end = () => {};
    const share = () => {
      end = shareStatus(portId, { status: model.get("status"), send });
    };
    share();
    model.on("change:status", share);
    return () => {
      model.off("change:status", share);
      end();
    };
  },
  render({ model, el }) {
    const scope = new Scope();
    const { state } = scope.port(model);
    const status = scope.trait(model, "status");
    return scope.show(
      el,
      "rw-status",
      <StatusView
        status={status}
        port={state}
        portId={model.get("port_id")}
        send={sender<StatusReport>(model)}
      />,
    );
  },
} satisfies AnyWidget<Traits>;
