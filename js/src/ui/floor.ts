/** Who has the floor: people raise a hand, and get it one after another. Pure, but for the names that a browser keeps. */

import { computed, type Signal, signal } from "@preact/signals";

/** A microphone of the browser's computer, as the class knows it. */
export interface Table {
  deviceId: string;
  name: string;
}

const KEPT = "realtime_widgets.tables";

export class Floor {
  readonly tables: Signal<Table[]> = signal([]);
  /** Devices of those who raised a hand, in order. */
  readonly hands: Signal<string[]> = signal([]);
  /** The device of the table that has the floor. */
  readonly holder: Signal<string | null> = signal(null);
  readonly holding = computed(
    () => this.tables.value.find((table) => table.deviceId === this.holder.value) ?? null,
  );

  /** `given` is called with the table that gets the floor, and with null when nobody has it. */
  constructor(
    private readonly given: (table: Table | null) => void,
    private readonly kept: Pick<Storage, "getItem" | "setItem"> | null,
  ) {}

  /** Applies the list of the browser's microphones; a table whose device is gone loses its hand and the floor. */
  devices(found: { deviceId: string; label: string }[]): void {
    const names = this.names();
    this.tables.value = found.map(({ deviceId, label }, index) => ({
      deviceId,
      name: names[deviceId] ?? (label ? `Table ${index + 1} (${label})` : `Table ${index + 1}`),
    }));
    const there = new Set(found.map(({ deviceId }) => deviceId));
    this.hands.value = this.hands.value.filter((hand) => there.has(hand));
    if (this.holder.value !== null && !there.has(this.holder.value)) this.done();
  }

  rename(deviceId: string, name: string): void {
    const names = { ...this.names(), [deviceId]: name };
    this.kept?.setItem(KEPT, JSON.stringify(names));
    this.tables.value = this.tables.value.map((table) =>
      table.deviceId === deviceId ? { ...table, name } : table,
    );
  }

  /** Raises a hand, or takes it down; who raises one gets the floor at once if nobody has it. */
  raise(deviceId: string): void {
    if (deviceId === this.holder.value) return;
    const hands = this.hands.value;
    this.hands.value = hands.includes(deviceId)
      ? hands.filter((hand) => hand !== deviceId)
      : [...hands, deviceId];
    if (this.holder.value === null) this.next();
  }

  /** The table that has the floor is done: the next one gets it. */
  done(): void {
    this.holder.value = null;
    if (!this.next()) this.given(null);
  }

  private next(): boolean {
    const [first, ...others] = this.hands.value;
    const table = this.tables.value.find(({ deviceId }) => deviceId === first);
    if (!table) return false;
    this.hands.value = others;
    this.holder.value = table.deviceId;
    this.given(table);
    return true;
  }

  private names(): Record<string, string> {
    try {
      return JSON.parse(this.kept?.getItem(KEPT) ?? "{}") as Record<string, string>;
    } catch {
      return {};
    }
  }
}
