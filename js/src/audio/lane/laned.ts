/**
 * A transport that begins on the notebook's connection (the comm) and moves to the direct lane by itself, once that
 * works. When the lane is cut it goes on over the comm, and asks for another one.
 *
 * Until the first move the comm carries plain messages. The move numbers both directions; from then on a message goes
 * over whichever connection lives, and none is lost or delivered twice. A `hello` begins plainly again. Twin of
 * `realtime_widgets/widgets/sound/lanes.py`.
 */

import type { CommCommand, CommReport, LaneOffer, LaneReport, PortCommand, PortReport } from "../../messages";
import type { Transport, TransportHandlers } from "../port/transport";
import { NumberedChannel, type Sent } from "./channel";
import { type Lane, type LaneMessage, NoLane, type OpenLane } from "./socket";

/** The first pause after a lane was cut or could not be had; each further one is twice as long (ms). */
const RETRY_MS = 1000;
const RETRY_AT_MOST_MS = 60_000;
/** How often a lane is asked for in a row, unless it lived for long enough in between (ms). */
const TRIES = 8;
const LIVED_MS = 5000;
/** How long the word that a message has come may wait for a report that carries it (ms). */
const ACKNOWLEDGE_MS = 200;
/** A lane on which nothing is acknowledged for this long is given up (ms). */
const STALLED_MS = 5000;
const CHECK_MS = 1000;

/** The notebook's connection; it also carries what is said about lanes. */
export interface Comm {
  send(report: CommReport, pcm?: ArrayBuffer): void;
  listen(handlers: CommHandlers): () => void;
}

export interface CommHandlers extends Omit<TransportHandlers, "command" | "lane"> {
  command(command: CommCommand, pcm?: ArrayBuffer): void;
}

/** How this page gets to a lane. */
export interface LaneEnvironment {
  /** Returns the addresses to try, in order. */
  places(offer: LaneOffer): string[];
  open: OpenLane;
}

export class LanedTransport implements Transport {
  private handlers: TransportHandlers | null = null;
  /** The messages' numbers; null before the first move. */
  private channel: NumberedChannel<PortReport, PortCommand> | null = null;
  /** Whether the kernel has sent its last message without a number. */
  private moved = false;
  /** What came on the lane before that. */
  private held: [LaneMessage, ArrayBuffer | undefined][] = [];
  private lane: Lane | null = null;
  private opening = new AbortController();
  private asked = false;
  private tries = 0;
  private movedAt = 0;
  /** Addresses at which the kernel was not reached, although something answered. */
  private readonly useless = new Set<string>();
  private lostComm = false;
  private retrying: ReturnType<typeof setTimeout> | undefined;
  private acknowledging: ReturnType<typeof setTimeout> | undefined;
  private checking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly comm: Comm,
    private readonly pageId: string,
    private readonly environment: LaneEnvironment,
  ) {}

  send(report: PortReport, pcm?: ArrayBuffer): void {
    if (report.type === "hello") this.beginPlainly();
    if (this.channel) this.pass(this.channel.send(report, pcm, Date.now()));
    // The kernel may hear the goodbye over one of the two only: it counts once.
    if (!this.channel || report.type === "bye") this.comm.send(report, pcm);
  }

  listen(handlers: TransportHandlers): () => void {
    this.handlers = handlers;
    const end = this.comm.listen({
      command: (command, pcm) => this.hear(command, pcm),
      interrupted: () => {
        this.lostComm = false;
        handlers.interrupted();
      },
      lost: () => {
        this.lostComm = true;
        if (!this.lane) handlers.lost();
      },
      gone: () => {
        this.beginPlainly();
        this.tries = TRIES;
        handlers.gone();
      },
    });
    return () => {
      end();
      this.beginPlainly();
      this.tries = TRIES;
      this.handlers = null;
    };
  }

  /** Goes on over the comm without numbers: whoever is at the other end hears of this page for the first time. */
  private beginPlainly(): void {
    this.opening.abort();
    this.opening = new AbortController();
    clearTimeout(this.retrying);
    clearTimeout(this.acknowledging);
    clearInterval(this.checking);
    this.lane?.close();
    this.acknowledging = undefined;
    this.channel = null;
    this.moved = this.asked = false;
    this.held = [];
    this.tries = 0;
    this.use(null);
  }

  private hear(command: CommCommand, pcm?: ArrayBuffer): void {
    this.lostComm = false;
    switch (command.type) {
      case "lane_offer":
        if (command.page_id === this.pageId) void this.take(command);
        return;
      case "lane_moved":
        if (command.page_id === this.pageId && this.channel) this.kernelMoved();
        return;
      case "numbered":
      case "acknowledged":
        if (command.page_id === this.pageId) this.numbered(command, pcm);
        return;
    }
    if (this.moved) return; // for pages whose messages have no numbers
    if (!this.asked) this.ask();
    this.handlers?.command(command, pcm);
  }

  private ask(): void {
    this.asked = true;
    this.comm.send({ type: "lane_ask", page_id: this.pageId });
  }

  private async take(offer: LaneOffer): Promise<void> {
    const { signal } = this.opening;
    for (const url of this.environment.places(offer)) {
      if (this.useless.has(url) || this.lane) continue;
      let lane: Lane | null = null;
      const events = {
        message: (message: LaneMessage, pcm?: ArrayBuffer) => {
          if (!signal.aborted && lane && lane === this.lane) this.arrived(message, pcm);
        },
        closed: () => {
          if (lane && lane === this.lane) this.cut();
        },
      };
      try {
        lane = await this.environment.open(url, this.pageId, offer.token, events, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof NoLane && error.joined)) continue;
        this.useless.add(url);
        break; // the token is used up
      }
      if (signal.aborted || this.lane) return lane.close();
      return this.move(lane);
    }
    if (!this.lane) this.askAgain();
  }

  /** Goes on over a lane that works. */
  private move(lane: Lane): void {
    if (!this.channel) {
      this.channel = new NumberedChannel();
      this.comm.send({ type: "lane_move", page_id: this.pageId });
    }
    this.movedAt = Date.now();
    lane.send({ type: "lane_use", page_id: this.pageId, round_trip_ms: lane.roundTripMs });
    this.use(lane);
    this.resend();
    clearInterval(this.checking);
    this.checking = setInterval(() => this.check(), CHECK_MS);
  }

  private use(lane: Lane | null): void {
    if (lane === this.lane) return;
    this.lane = lane;
    this.handlers?.lane(lane ? lane.roundTripMs : null);
  }

  private kernelMoved(): void {
    this.moved = true;
    const { held } = this;
    this.held = [];
    for (const [message, pcm] of held) this.numbered(message, pcm);
  }

  /** Handles what came on the lane; the last plain commands, which go over the comm, come first. */
  private arrived(message: LaneMessage, pcm?: ArrayBuffer): void {
    if (this.moved) this.numbered(message, pcm);
    else this.held.push([message, pcm]);
  }

  private numbered(message: LaneMessage, pcm?: ArrayBuffer): void {
    const { channel } = this;
    if (!channel) return;
    channel.acknowledge(message.received);
    if (message.type === "acknowledged") return;
    this.acknowledging ??= setTimeout(() => this.acknowledge(), ACKNOWLEDGE_MS);
    for (const received of channel.receive(message.number, message.message, pcm, Date.now()))
      this.handlers?.command(received.message, received.pcm);
  }

  private acknowledge(): void {
    this.acknowledging = undefined;
    if (this.channel)
      this.deliver({ type: "acknowledged", page_id: this.pageId, received: this.channel.received });
  }

  private pass({ number, message, pcm }: Sent<PortReport>): void {
    clearTimeout(this.acknowledging);
    this.acknowledging = undefined;
    const received = this.channel?.received ?? 0;
    this.deliver({ type: "numbered", page_id: this.pageId, number, received, message }, pcm);
  }

  private deliver(report: Extract<LaneReport, CommReport>, pcm?: ArrayBuffer): void {
    (this.lane ?? this.comm).send(report, pcm);
  }

  private resend(): void {
    for (const sent of this.channel?.resend(Date.now()) ?? []) this.pass(sent);
  }

  private cut(): void {
    clearInterval(this.checking);
    if (Date.now() - this.movedAt > LIVED_MS) this.tries = 0;
    this.lane?.close();
    this.use(null);
    this.resend();
    if (this.lostComm) this.handlers?.lost();
    this.askAgain();
  }

  private check(): void {
    if (this.moved && this.lane && (this.channel?.unanswered(Date.now()) ?? 0) > STALLED_MS) this.cut();
  }

  private askAgain(): void {
    if (this.tries >= TRIES) return;
    clearTimeout(this.retrying);
    const pause = Math.min(RETRY_MS * 2 ** this.tries++, RETRY_AT_MOST_MS);
    this.retrying = setTimeout(() => this.ask(), pause);
  }
}
