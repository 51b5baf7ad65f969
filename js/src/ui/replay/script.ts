/** What a recorded talk looked like at some moment: its lines by then. */

import type { Entry, ReplayStep, ReplayTurn } from "../../messages";

/** Returns the number of steps that have happened by a time; they are in the order of time. */
export function stepsBy(steps: readonly ReplayStep[], at: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the lines after the first `count` steps, in reading order. */
export function linesAfter(steps: readonly ReplayStep[], count: number): Entry[] {
  const entries = new Map<string, Entry>();
  const order: string[] = [];
  for (const { id, entry, after } of steps.slice(0, count)) {
    const stands = order.indexOf(id);
    if (stands >= 0) order.splice(stands, 1);
    if (!entry) {
      entries.delete(id);
      continue;
    }
    entries.set(id, entry);
    const before = after === null ? -1 : order.indexOf(after);
    order.splice(after !== null && before < 0 ? order.length : before + 1, 0, id);
  }
  return order.map((id) => entries.get(id)!);
}

/** Returns the turn that was going on at a time; null before the first. */
export function turnAt(turns: readonly ReplayTurn[], at: number): ReplayTurn | null {
  return turns.filter((turn) => turn.at <= at).at(-1) ?? null;
}
