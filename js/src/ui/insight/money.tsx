/** The part about money: limits as bars, tokens and money by kind, and by turn. */

import type { Money, ShownLimit } from "../../messages";

/** From this share on a limit is nearly used up. */
const NEARLY = 0.8;

export function Limit({ limit }: { limit: ShownLimit }) {
  const level = limit.share >= 1 ? " rw-limit-over" : limit.share >= NEARLY ? " rw-limit-near" : "";
  return (
    <div class={`rw-limit${level}`}>
      <span class="rw-limit-name">{limit.name}</span>
      <span class="rw-limit-text">{limit.text}</span>
      <span
        class="rw-limit-bar"
        role="meter"
        aria-label={limit.name}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={limit.share}
        aria-valuetext={limit.text}
      >
        <i style={{ width: `${limit.share * 100}%` }} />
      </span>
    </div>
  );
}

export function MoneyPart({ money }: { money: Money | null }) {
  if (!money?.lines.length && !money?.limits.length)
    return (
      <div class="rw-insight-empty">
        {money?.total ? money.total : "What is used appears with the first answer."}
      </div>
    );
  return (
    <div class="rw-money">
      <p class="rw-money-total">
        <strong>{money.total}</strong>
        {money.prices && <span> prices: {money.prices}</span>}
      </p>
      {money.limits.map((limit) => (
        <Limit key={limit.name} limit={limit} />
      ))}
      {money.lines.length > 0 && (
        <table>
          <caption>By kind</caption>
          <tbody>
            {money.lines.map((line) => (
              <tr key={line.what}>
                <th scope="row">{line.what}</th>
                <td>{line.quantity}</td>
                <td>{line.amount}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {money.turns.length > 0 && (
        <table>
          <caption>By turn, the newest first</caption>
          <tbody>
            {[...money.turns].reverse().map((turn, index) => (
              <tr key={money.turns.length - index}>
                <th scope="row" dir="auto">
                  {turn.question || "…"}
                </th>
                <td>{turn.tokens.toLocaleString("en")} tokens</td>
                <td>{turn.amount}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
