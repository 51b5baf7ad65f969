/** Where a page of its own is to be reached from this browser: by a proxy, the Jupyter server, or loopback. */

import { LOOPBACK, type Server } from "../audio/lane/places";
import type { Links } from "../messages";

/** What a page knows of the ways to its kernel. */
export interface Ways {
  /** The Jupyter server of this page, null if it says nothing of one. */
  server: Server | null;
  page: Pick<Location, "protocol" | "host" | "hostname">;
  /** Whether something answers there. */
  answers(url: string): Promise<boolean>;
  /** Returns where Colab shows a port of the kernel; null elsewhere. */
  colab: ((port: number) => Promise<string>) | null;
}

/** Where the page is, and whether it is only for browsers on the kernel's own machine. */
export interface Address {
  url: string;
  local: boolean;
}

/** Returns where the page is to be reached. */
export async function addressOf(
  links: Pick<Links, "address" | "lane_id" | "port">,
  ways: Ways,
): Promise<Address> {
  if (links.address) return { url: links.address, local: false };
  if (ways.server && links.lane_id) {
    const base = new URL(
      ways.server.baseUrl.replace(/\/*$/, "/"),
      `${ways.page.protocol}//${ways.page.host}`,
    );
    const url = new URL(`realtime-widgets/page/${links.lane_id}/`, base).href;
    if (await ways.answers(url)) return { url, local: false };
  }
  if (ways.colab) {
    const proxied = await ways.colab(links.port);
    return { url: `${proxied.replace(/\/*$/, "")}/page/`, local: false };
  }
  return { url: `http://127.0.0.1:${links.port}/page/`, local: true };
}

/** Whether another device may open it and use its microphone: over https, by another name than this machine's. */
export function forPhones({ url, local }: Address): boolean {
  const { protocol, hostname } = new URL(url);
  return !local && protocol === "https:" && !LOOPBACK.includes(hostname);
}

/** Whether this page is on the kernel's own machine, or in a program that forwards links to it, as VS Code does. */
export function reachesLoopback(page: Pick<Location, "protocol" | "hostname">): boolean {
  return LOOPBACK.includes(page.hostname) || page.protocol === "vscode-webview:";
}
