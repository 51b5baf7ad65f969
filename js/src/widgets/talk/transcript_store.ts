/** A transcript as a linked list: each entry follows the one that the kernel named, in whatever order they arrive. */

import { type Signal, signal } from "@preact/signals";
import type { Entry, Remove } from "../../messages";

type Command<Line> = { type: "upsert"; entry: Line; after: string | null } | Remove;

export class TranscriptStore<Line extends { id: string } = Entry> {
  /** Ids in reading order. */
  readonly order = signal<string[]>([]);
  private readonly entries = new Map<string, Signal<Line>>();
  /** The predecessor that the kernel named for each entry. */
  private readonly after = new Map<string, string | null>();
  /** Entries whose predecessor has not arrived yet, with the id of that predecessor. */
  private readonly waiting = new Map<string, string>();

  constructor(entries: readonly Line[] = []) {
    this.replace(entries);
  }

  /** Returns the entry with that id, as a signal that changes while it is spoken. */
  entry(id: string): Signal<Line> | undefined {
    return this.entries.get(id);
  }

  /** Replaces the transcript by a saved one. */
  replace(entries: readonly Line[]): void {
    this.waiting.clear();
    this.after.clear();
    const ids = new Set(entries.map((entry) => entry.id));
    for (const id of this.entries.keys()) if (!ids.has(id)) this.entries.delete(id);
    for (const entry of entries) this.put(entry);
    this.order.value = [...ids];
  }

  apply(message: Command<Line>): void {
    if (message.type === "remove") this.remove(message.id);
    else if (message.type === "upsert") this.upsert(message.entry, message.after);
  }

  private put(entry: Line): void {
    const known = this.entries.get(entry.id);
    if (!known) this.entries.set(entry.id, signal(entry));
    // A talk that is saved comes again as a whole, and what is drawn already must not be drawn again.
    else if (JSON.stringify(known.peek()) !== JSON.stringify(entry)) known.value = entry;
  }

  private upsert(entry: Line, after: string | null): void {
    this.put(entry);
    const { id } = entry;
    this.after.set(id, after);
    const before = this.order.value;
    const stands = before.indexOf(id);
    if (stands >= 0 && (before[stands - 1] ?? null) === after) return;
    const order = before.filter((other) => other !== id);
    const predecessor = after === null ? -1 : order.indexOf(after);
    const missing = after !== null && predecessor < 0;
    if (missing) {
      this.waiting.set(id, after);
      if (stands >= 0) return;
      order.push(id);
    } else {
      this.waiting.delete(id);
      order.splice(predecessor + 1, 0, id);
    }
    this.order.value = this.adopt(id, order);
  }

  /** Moves entries that waited for `id` to the place right after it, each with the entries that follow it. */
  private adopt(id: string, order: string[]): string[] {
    for (const [orphan, wanted] of this.waiting) {
      if (wanted !== id) continue;
      this.waiting.delete(orphan);
      const start = order.indexOf(orphan);
      let end = start + 1;
      while (end < order.length && this.after.get(order[end]!) === order[end - 1]) end++;
      const run = order.splice(start, end - start);
      order.splice(order.indexOf(id) + 1, 0, ...run);
    }
    return order;
  }

  private remove(id: string): void {
    this.entries.delete(id);
    this.after.delete(id);
    this.waiting.delete(id);
    this.order.value = this.order.value.filter((other) => other !== id);
  }
}
