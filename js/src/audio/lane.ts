/** The way between a port and its kernel: a comm today, a WebSocket or WebRTC later. */

import type { PortCommand, PortReport } from "../messages";

export interface LaneHandlers {
  command(command: PortCommand, pcm?: ArrayBuffer): void;
  /** The connection to the kernel was lost or came back; who listens at the other end is unknown. */
  interrupted(): void;
}

export interface Lane {
  send(report: PortReport, pcm?: ArrayBuffer): void;
  /** Starts to deliver; returns the function that ends it. */
  listen(handlers: LaneHandlers): () => void;
}
