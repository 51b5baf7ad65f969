/** The part about time: a list of turns with what the user waited, and the waterfall of the chosen one. */

import { useEffect, useRef } from "preact/hooks";
import type { ShownTurn } from "../../messages";
import { duration } from "../format";
import type { InsightStore } from "./store";
import { Waterfall } from "./waterfall";

function TurnLine(props: { turn: ShownTurn; longest: number; chosen: boolean; choose: () => void }) {
  const { turn, longest } = props;
  return (
    <li>
      <button
        type="button"
        class="rw-turn-line"
        aria-current={props.chosen ? "true" : undefined}
        onClick={props.choose}
      >
        <span class="rw-turn-number">{turn.number}</span>
        <span class="rw-turn-words" dir="auto">
          {turn.question || turn.answer || "…"}
        </span>
        <span class="rw-turn-delay" title="From the end of your speech to the first sound of the answer">
          {turn.delay === null ? "–" : duration(turn.delay)}
          {turn.interrupted && <i title="interrupted">✂</i>}
        </span>
        <span class="rw-turn-bar" style={{ width: `${((turn.delay ?? 0) / longest) * 100}%` }} />
      </button>
    </li>
  );
}

export function TimePart(props: { store: InsightStore; chosen: number; choose: (turn: number) => void }) {
  const { store, choose } = props;
  const turns = [...store.turns.value.values()].sort((a, b) => b.number - a.number);
  const chosen = props.chosen || store.newest.value;
  const news = store.turns.value.get(chosen);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (chosen) choose(chosen); // its bars may be longer by now
  }, [chosen, news]);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const detail = store.detail.value;
  if (!turns.length)
    return <div class="rw-insight-empty">Where the time goes appears with the first answer.</div>;
  const longest = Math.max(0.01, ...turns.map((turn) => turn.delay ?? 0));
  return (
    <div class="rw-time">
      <ol class="rw-turn-list" ref={list} aria-label="Turns, the newest first">
        {turns.map((turn) => (
          <TurnLine
            key={turn.number}
            turn={turn}
            longest={longest}
            chosen={turn.number === chosen}
            choose={() => choose(turn.number)}
          />
        ))}
      </ol>
      {detail?.number === chosen && <Waterfall turn={detail} />}
    </div>
  );
}
