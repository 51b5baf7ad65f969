/** A scale of seconds: where they stand in a drawing, and at which ones to put marks. */

/** Steps between marks that are read at a glance (s). */
const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300];

export interface Scale {
  begin: number;
  end: number;
  ticks: number[];
  /** Where a time stands, in per cent of the width. */
  at: (seconds: number) => number;
}

/** Returns a scale from `begin` to `end` with at most `most` marks. */
export function scaleOf(begin: number, end: number, most = 7): Scale {
  const length = Math.max(end - begin, 0.1);
  const from = begin - length * 0.02;
  const to = begin + length * 1.02;
  const step = STEPS.find((each) => length / each <= most) ?? 600;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step); tick * step <= to; tick += 1)
    ticks.push(Math.round(tick * step * 1000) / 1000);
  return { begin: from, end: to, ticks, at: (seconds) => ((seconds - from) / (to - from)) * 100 };
}
