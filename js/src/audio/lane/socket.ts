/** One connection of the lane: opens it, shows the token, and measures the way to the kernel and back. */

import type { LaneCommand, LaneReport } from "../../messages";
import { pack, unpack } from "./frames";

/** How long each step may take, from the address to the last ping (ms). */
const STEP_MS = 3000;
/** How many round trips are measured; the middle one counts. */
const PINGS = 5;
/** A lane that is slower than this is of no use (ms). */
const SLOWEST_MS = 1000;

/** Messages that arrive once the lane is in use. */
export type LaneMessage = Extract<LaneCommand, { type: "numbered" | "acknowledged" }>;

export interface LaneEvents {
  message(message: LaneMessage, pcm?: ArrayBuffer): void;
  closed(): void;
}

/** A lane that works; `events` tells of it from the moment that it is opened. */
export interface Lane {
  readonly roundTripMs: number;
  send(report: LaneReport, pcm?: ArrayBuffer): void;
  /** Closes it without an event. */
  close(): void;
}

/** A lane could not be had; `joined` if something answered and the token was shown to it. */
export class NoLane extends Error {
  constructor(readonly joined: boolean) {
    super("the direct lane cannot be had");
  }
}

export type OpenLane = (
  url: string,
  pageId: string,
  token: string,
  events: LaneEvents,
  signal: AbortSignal,
) => Promise<Lane>;

/** Opens a lane. Rejects with `NoLane` if it cannot be had, is too slow, or `signal` says so. */
export const openLane: OpenLane = (url, pageId, token, events, signal) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const trips: number[] = [];
    let pingedAt = 0;
    let joined = false;
    let open = false;
    let timer: ReturnType<typeof setTimeout>;
    const send = (report: LaneReport, pcm?: ArrayBuffer) => socket.send(pack(report, pcm));
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", fail);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    };
    const fail = () => {
      end();
      if (open) events.closed();
      else reject(new NoLane(joined));
    };
    const step = () => {
      clearTimeout(timer);
      timer = setTimeout(fail, STEP_MS);
    };
    const ping = () => {
      step();
      pingedAt = performance.now();
      send({ type: "lane_ping", page_id: pageId, count: trips.length });
    };
    const ready = () => {
      const roundTripMs = trips.sort((a, b) => a - b)[PINGS >> 1] ?? Infinity;
      if (roundTripMs > SLOWEST_MS) return fail();
      clearTimeout(timer);
      signal.removeEventListener("abort", fail);
      open = true;
      resolve({ roundTripMs, send, close: end });
    };
    step();
    signal.addEventListener("abort", fail);
    socket.onclose = fail;
    socket.onopen = () => {
      step();
      joined = true;
      send({ type: "lane_join", page_id: pageId, token });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const { message, pcm } = unpack<LaneCommand>(data);
      switch (message.type) {
        case "lane_welcome":
          return ping();
        case "lane_pong":
          trips.push(performance.now() - pingedAt);
          return trips.length < PINGS ? ping() : ready();
        default:
          events.message(message, pcm);
      }
    };
  });
