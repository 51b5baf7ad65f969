/** The connection between a port and its kernel; a comm, or whatever else implements `Transport`. */

import type { PortCommand, PortReport } from "../../messages";

export interface TransportHandlers {
  command(command: PortCommand, pcm?: ArrayBuffer): void;
  /** The connection to the kernel was restored; it is unknown which kernel is at the other end. */
  interrupted(): void;
  /** The connection to the kernel is lost, as far as the front end knows. */
  lost(): void;
  /** Messages go over the direct lane, with this way to the kernel and back (ms), or over the comm again (null). */
  lane(roundTripMs: number | null): void;
  /** The kernel was restarted, has died or was shut down. */
  gone(): void;
}

export interface Transport {
  send(report: PortReport, pcm?: ArrayBuffer): void;
  /** Starts to deliver. Returns a function that ends it. */
  listen(handlers: TransportHandlers): () => void;
}
