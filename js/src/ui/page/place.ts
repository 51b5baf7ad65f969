/** Finds the console of another session in this page, and leads the user to it. */

export type Place = "above" | "below" | "elsewhere";

function consoleOf(portId: string): Element | null {
  const status = document.querySelector(`[data-rw-port="${CSS.escape(portId)}"]`);
  return status && (status.closest(".rw-console") ?? status);
}

/** Returns where the console of that port stands, seen from `from`; JupyterLab removes what is far out of view. */
export function placeOf(portId: string, from: Element): Place {
  const found = consoleOf(portId);
  if (!found) return "elsewhere";
  const follows = from.compareDocumentPosition(found) & Node.DOCUMENT_POSITION_FOLLOWING;
  return follows ? "below" : "above";
}

/** Scrolls to the console of that port and lets it light up for a moment. */
export function leadTo(portId: string): void {
  const found = consoleOf(portId);
  if (!found) return;
  found.scrollIntoView({ block: "center", behavior: "smooth" });
  found.classList.add("rw-flash");
  found.addEventListener("animationend", () => found.classList.remove("rw-flash"), { once: true });
}
