/** The page's WebSocket to its kernel: shows a token, comes back by a key after a cut, and says when it cannot. */

import { pack, unpack } from "../audio/lane/frames";
import type { PageCommand, PageFrame } from "../messages";

/** Waits before each attempt to come back (ms): two minutes in all. */
const WAITS_MS = [300, 1000, 2000, 4000, 8000, 15000, 30000, 60000];
/** How the kernel closes a connection whose token is none. */
const REFUSED = 1008;

/** Connected; not for the moment; the link is used or too old; the kernel is gone. */
export type Contact = "connecting" | "connected" | "lost" | "refused" | "gone";

export interface ConnectionEvents {
  contact(contact: Contact): void;
  command(command: PageCommand, payload: ArrayBuffer): void;
}

/** Where the key is kept while the tab lives, so that a reload comes back. */
export type KeyStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;
const KEY = "realtime_widgets.page_key";

/** Returns where the socket is, for the address of a page that the kernel serves or that its Jupyter server relays. */
export function socketOf(page: string): string {
  const url = new URL(page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = url.search = "";
  const relayed = /^(.*\/realtime-widgets\/)page\/([0-9a-f]{32})\/$/.exec(url.pathname);
  url.pathname = relayed ? `${relayed[1]}lane/${relayed[2]}` : url.pathname.replace(/page\/$/, "lane");
  return url.href;
}

/** Returns the base URL of the Jupyter server that relays the page of this path; null if none does. */
export function relayBase(path: string): string | null {
  return /^(.*\/)realtime-widgets\/page\/[0-9a-f]{32}\/$/.exec(path)?.[1] ?? null;
}

export class PageConnection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: string,
    private token: string,
    private readonly keys: KeyStore,
    private readonly events: ConnectionEvents,
  ) {}

  /** Connects, by the link's token or by the key of an earlier time. */
  open(): void {
    clearTimeout(this.timer);
    const token = this.token || this.keys.getItem(KEY);
    if (!token) return this.events.contact("refused");
    this.events.contact(this.attempt ? "lost" : "connecting");
    const socket = (this.socket = new WebSocket(this.address));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.frame(socket, { type: "page_join", token });
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const { message, pcm } = unpack<PageCommand>(data);
      if (message.type === "page_welcome") this.welcomed(message.key);
      this.events.command(message, pcm ?? new ArrayBuffer(0));
    };
    socket.onclose = ({ code }) => this.closed(code);
  }

  /** Tries again after it has given up. */
  again(): void {
    this.attempt = 0;
    this.open();
  }

  /** Sends a frame; throws if there is no connection. */
  send(frame: PageFrame, payload?: ArrayBuffer): void {
    if (this.socket?.readyState !== WebSocket.OPEN) throw new Error("the kernel is not connected");
    this.frame(this.socket, frame, payload);
  }

  private frame(socket: WebSocket, frame: PageFrame, payload?: ArrayBuffer): void {
    socket.send(pack(frame, payload));
  }

  private welcomed(key: string): void {
    this.token = "";
    this.attempt = 0;
    this.keys.setItem(KEY, key);
    this.events.contact("connected");
  }

  private closed(code: number): void {
    this.socket = null;
    if (code === REFUSED) {
      // A link that was opened before, as by the back button: the key of that time may still be good.
      const fromLink = Boolean(this.token);
      this.token = "";
      if (fromLink && this.keys.getItem(KEY)) return this.open();
      this.keys.removeItem(KEY);
      return this.events.contact("refused");
    }
    const wait = WAITS_MS[this.attempt++];
    if (wait === undefined) return this.events.contact("gone");
    this.events.contact("lost");
    this.timer = setTimeout(() => this.open(), wait);
  }
}
