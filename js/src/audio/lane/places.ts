/** Where a page may find its kernel's lane: the Jupyter server's relay, or the kernel itself on the same machine. */

import type { LaneOffer } from "../../messages";

/** What a page says of its Jupyter server. */
export interface Server {
  baseUrl: string;
  /** Where its WebSockets are, if not where the page is; empty otherwise. */
  wsUrl: string;
  token: string;
}

/** Names of the browser's own machine. */
export const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Returns what this page says of its Jupyter server, null if it says nothing: JupyterLab, Notebook 7, Voila, nbclassic. */
export function serverOf(page: Document): Server | null {
  const config = page.getElementById("jupyter-config-data")?.textContent;
  try {
    const { baseUrl, wsUrl, token } = JSON.parse(config ?? "{}") as Partial<Server>;
    if (typeof baseUrl === "string") return { baseUrl, wsUrl: wsUrl || "", token: token || "" };
  } catch {
    // Another program's element of that name.
  }
  const { baseUrl } = page.body.dataset;
  return baseUrl ? { baseUrl, wsUrl: "", token: page.body.dataset["jupyterApiToken"] ?? "" } : null;
}

/** Returns the addresses to try, in order. */
export function placesOf(
  offer: Pick<LaneOffer, "lane_id" | "port">,
  server: Server | null,
  page: Pick<Location, "protocol" | "host" | "hostname">,
): string[] {
  const places: string[] = [];
  if (server && offer.lane_id) {
    // The setting may hold the whole address, base URL included.
    const base = new URL(server.wsUrl || server.baseUrl, `${page.protocol}//${page.host}`);
    const relay = new URL(
      `${base.pathname.replace(/\/*$/, "/")}realtime-widgets/lane/${offer.lane_id}`,
      base,
    );
    relay.protocol = /^(https|wss):$/.test(base.protocol) ? "wss:" : "ws:";
    if (server.token) relay.searchParams.set("token", server.token);
    places.push(relay.href);
  }
  if (LOOPBACK.includes(page.hostname)) places.push(`ws://127.0.0.1:${offer.port}/lane`);
  return places;
}
