/**
 * Numbered messages to the kernel and from it, over whichever connection lives at the moment.
 *
 * What was not acknowledged is sent again when the connection changes, and what comes twice is dropped: a switch in
 * mid-sentence loses nothing and repeats nothing. Twin of `realtime_widgets/lane/channel.py`.
 */

/** A message that has not come for this long is given up, and the later ones are delivered (ms). */
const GAP_MS = 2000;
/** How much is kept to be sent again, in bytes of sound: 40 s of PCM16 at 24 kHz. */
const KEPT_BYTES = 40 * 48_000;
/** How many messages are kept, or wait for an earlier one. */
const KEPT_MESSAGES = 4000;

/** A message that was sent and not acknowledged so far. */
export interface Sent<Out> {
  number: number;
  message: Out;
  pcm: ArrayBuffer | undefined;
  sentAt: number;
}

export interface Received<In> {
  message: In;
  pcm: ArrayBuffer | undefined;
}

/** Both directions of one page's messages. Times are in milliseconds. */
export class NumberedChannel<Out, In> {
  private next = 0;
  private kept: Sent<Out>[] = [];
  private keptBytes = 0;
  private expected = 0;
  private readonly early = new Map<number, Received<In>>();
  private gapSince = 0;

  /** How many messages of the other side have come without a gap: what it need not keep. */
  get received(): number {
    return this.expected;
  }

  /** Numbers a message and keeps it until it is acknowledged. */
  send(message: Out, pcm: ArrayBuffer | undefined, now: number): Sent<Out> {
    const sent = { number: this.next++, message, pcm, sentAt: now };
    this.kept.push(sent);
    this.keptBytes += pcm?.byteLength ?? 0;
    while (this.keptBytes > KEPT_BYTES || this.kept.length > KEPT_MESSAGES) this.forget();
    return sent;
  }

  /** Forgets what the other side has: every message below that number. */
  acknowledge(received: number): void {
    while (this.kept[0] && this.kept[0].number < received) this.forget();
  }

  /** Returns what was not acknowledged, to be sent over another connection. */
  resend(now: number): Sent<Out>[] {
    for (const sent of this.kept) sent.sentAt = now;
    return [...this.kept];
  }

  /** Returns for how long the oldest message has waited for its acknowledgement. */
  unanswered(now: number): number {
    return this.kept[0] ? now - this.kept[0].sentAt : 0;
  }

  /** Applies a message, and returns what can be delivered now, in order and each once. */
  receive(number: number, message: In, pcm: ArrayBuffer | undefined, now: number): Received<In>[] {
    if (number < this.expected || this.early.has(number)) return [];
    if (!this.early.size) this.gapSince = now;
    this.early.set(number, { message, pcm });
    const late = now - this.gapSince > GAP_MS || this.early.size > KEPT_MESSAGES;
    if (!this.early.has(this.expected) && late) {
      this.expected = Math.min(...this.early.keys());
    }
    const ready: Received<In>[] = [];
    for (let found = this.early.get(this.expected); found; found = this.early.get(this.expected)) {
      this.early.delete(this.expected++);
      ready.push(found);
    }
    if (ready.length) this.gapSince = now;
    return ready;
  }

  private forget(): void {
    this.keptBytes -= this.kept.shift()?.pcm?.byteLength ?? 0;
  }
}
