/** The line at the foot of the panel: how the way of the sound is. */

import type { Health } from "../../messages";
import { duration } from "../format";

/** A way to the kernel and back that is heard as a delay (ms). */
const SLOW_MS = 150;

/** Says how the way of the sound is, each with what it means and whether it is bad. */
export function healthWords(health: Health | null, roundTrip: number | null): [string, string, boolean][] {
  const found: [string, string, boolean][] = [];
  if (roundTrip !== null)
    found.push([
      `round trip ${Math.round(roundTrip)} ms`,
      "From this page to the kernel and back",
      roundTrip > SLOW_MS,
    ]);
  if (!health) return found;
  if (health.queued_ms !== null)
    found.push([
      `buffer ${health.queued_ms} ms (starts at ${health.startup_ms})`,
      "Sound that waits to be played, and how much is gathered before an answer begins",
      false,
    ]);
  found.push(
    health.lane_ms === null
      ? ["sound on the notebook's connection", "The direct lane cannot be had, or is asked for", false]
      : [`sound on the direct lane, ${Math.round(health.lane_ms)} ms`, "Past the kernel's messages", false],
  );
  const bad: [number, string, string, string][] = [
    [health.underruns, "gap", "gaps", "Times the player had nothing to play in the middle of an answer"],
    [health.dropped, "block dropped", "blocks dropped", "Sound that came too late to be played"],
    [health.lost, "block lost", "blocks lost", "Messages of your microphone that never reached the kernel"],
  ];
  for (const [count, one, many, title] of bad)
    found.push([`${count} ${count === 1 ? one : many}`, title, count > 0]);
  if (health.cell_s >= 1)
    found.push([
      `a cell runs for ${duration(health.cell_s)}`,
      health.heard
        ? "You are heard meanwhile"
        : "You are not heard until it ends: this front end has no subshells",
      !health.heard,
    ]);
  return found;
}

export function HealthLine(props: { health: Health | null; roundTrip: number | null }) {
  return (
    <div class="rw-health" aria-label="How the sound's way is">
      {healthWords(props.health, props.roundTrip).map(([words, title, bad]) => (
        <span key={title} title={title} class={bad ? "rw-health-bad" : undefined}>
          {words}
        </span>
      ))}
    </div>
  );
}
