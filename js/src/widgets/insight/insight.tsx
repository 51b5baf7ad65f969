/** The panel of a console that shows where the time goes, every event, and money and limits. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { onMessage, sender } from "../../anywidget";
import { randomId } from "../../audio/port/random_id";
import type { InsightCommand, InsightReport, InsightTab } from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";
import { EventsPart } from "../../ui/insight/events";
import { HealthLine } from "../../ui/insight/health";
import { MoneyPart } from "../../ui/insight/money";
import { SettingsPart } from "../../ui/insight/settings";
import { InsightStore } from "../../ui/insight/store";
import { TimePart } from "../../ui/insight/time";
import { ToolsPart } from "../../ui/insight/tools";

interface Traits {
  port_id: string;
  tab: InsightTab;
  turn: number;
}

const PAGE_ID = randomId();
const TABS: [InsightTab, string][] = [
  ["time", "Time"],
  ["events", "Events"],
  ["money", "Money"],
  ["tools", "Tools"],
  ["settings", "Settings"],
];
/** How often the way to the kernel and back is measured (ms). */
const PING_MS = 2000;

export function InsightView(props: {
  store: InsightStore;
  tab: ReadonlySignal<InsightTab>;
  turn: ReadonlySignal<number>;
  /** Shows another part or turn; the kernel has to know, for it may ask for the same one again. */
  show: (change: { tab?: InsightTab; turn?: number }) => void;
  send: (report: InsightReport) => void;
}) {
  const { store, tab, turn, show, send } = props;
  const shown = tab.value;
  useEffect(() => {
    send({ type: "watch", page_id: PAGE_ID, tab: shown });
  }, [shown]);
  useEffect(() => () => send({ type: "watch", page_id: PAGE_ID, tab: "" }), []);
  const choose = (number: number) => send({ type: "turn", number });
  const showTurn = (number: number) => show({ tab: "time", turn: number });
  return (
    <section class="rw-insight-box" aria-label="Insight">
      <div class="rw-insight-head" role="tablist">
        {TABS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={shown === name}
            onClick={() => show({ tab: name })}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          class="rw-insight-close"
          aria-label="Close"
          title="Close"
          onClick={() => send({ type: "close" })}
        >
          ✕
        </button>
      </div>
      <div class="rw-insight-part" role="tabpanel">
        {shown === "time" && (
          <TimePart
            store={store}
            chosen={turn.value}
            choose={(number) => {
              if (number !== turn.peek() && (number !== store.newest.peek() || turn.peek()))
                show({ turn: number });
              choose(number);
            }}
          />
        )}
        {shown === "events" && (
          <EventsPart
            store={store}
            search={(text, since) => send({ type: "search", page_id: PAGE_ID, text, since })}
            read={(number) => send({ type: "payload", number })}
            askTest={() => send({ type: "test" })}
            showTurn={showTurn}
          />
        )}
        {shown === "tools" && (
          <ToolsPart
            tools={store.tools.value}
            tried={store.tried.value}
            switched={(name, on) => send({ type: "switch", name, on })}
            run={(name, json) => send({ type: "try", name, arguments: json })}
          />
        )}
        {shown === "settings" && (
          <SettingsPart
            settings={store.settings.value}
            answer={store.answer.value}
            code={store.code.value}
            change={(changes) => send({ type: "change", changes })}
            askCode={() => send({ type: "code" })}
          />
        )}
        {shown === "money" && <MoneyPart money={store.money.value} />}
      </div>
      <HealthLine health={store.health.value} roundTrip={store.roundTrip.value} />
    </section>
  );
}

/** A factory, because each model has its own store, which outlives its views. */
export default (() => {
  const store = new InsightStore();
  const pings = new Map<number, number>();
  let pinged = 0;
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      return onMessage<InsightCommand>(model, (message) => {
        if (message.type === "found" && message.page_id !== PAGE_ID) return;
        if (message.type !== "pong") return store.apply(message);
        const sent = message.page_id === PAGE_ID ? pings.get(message.number) : undefined;
        if (sent !== undefined) store.roundTrip.value = performance.now() - sent;
        pings.delete(message.number);
      });
    },
    render({ model, el }) {
      const scope = new Scope();
      const send = sender<InsightReport>(model);
      const ping = () => {
        pings.clear(); // one that was not answered by now is no measure
        pings.set(++pinged, performance.now());
        send({ type: "ping", page_id: PAGE_ID, number: pinged });
      };
      const timer = setInterval(ping, PING_MS);
      scope.add(() => clearInterval(timer));
      ping();
      return scope.show(
        el,
        "rw-insight",
        <InsightView
          store={store}
          tab={scope.trait(model, "tab")}
          turn={scope.trait(model, "turn")}
          show={({ tab, turn }) => {
            if (tab !== undefined) model.set("tab", tab);
            if (turn !== undefined) model.set("turn", turn);
            model.save_changes();
          }}
          send={send}
        />,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
