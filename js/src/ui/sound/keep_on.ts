/** A conversation that begins anew keeps the microphone on: the end of the one before closes it, for a moment. */

import { effect, type ReadonlySignal } from "@preact/signals";
import type { AudioPort } from "../../audio/port/port";
import type { PortState } from "../../audio/port/state";
import type { KnownStatus } from "../statuses";

/** How long the new conversation may take to begin (ms). */
const PATIENCE_MS = 15_000;

/** Opens a microphone again that is on now, as soon as its session has begun anew; call it from a click. */
export function keepOn(
  port: Pick<AudioPort, "openMicrophone">,
  state: ReadonlySignal<PortState | null>,
  status: ReadonlySignal<KnownStatus>,
): void {
  if (state.peek()?.microphone !== "on") return;
  const end = effect(() => {
    const { microphone, closed } = state.value ?? {};
    const session = status.value.status.state;
    // Word of the end may come to the page before the session's state does: then it is closed, and opened, once more.
    if (microphone === "off" && closed === "closed" && session !== "closed") void port.openMicrophone();
  });
  setTimeout(end, PATIENCE_MS);
}
