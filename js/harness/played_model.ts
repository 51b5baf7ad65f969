/** A model without a kernel: it records what widgets send, and delivers the messages that the page makes up. */

import type { AnyModel } from "@anywidget/types";

type Listener = (...args: never[]) => void;

export class PlayedModel<Traits extends Record<string, any>> implements Pick<
  AnyModel<Traits>,
  "get" | "set" | "save_changes" | "send" | "on"
> {
  readonly sent: { message: Record<string, unknown>; buffers: ArrayBuffer[] }[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(private readonly traits: Traits) {}

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.traits[name];
  }

  set<K extends keyof Traits>(name: K, value: Traits[K]): void {
    this.traits[name] = value;
    this.emit(`change:${String(name)}`);
  }

  save_changes(): void {}

  send(message: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    this.sent.push({ message: message as Record<string, unknown>, buffers });
    this.emit("sent", message);
  }

  on(event: string, callback: Listener): void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(callback));
  }

  off(event: string, callback: Listener): void {
    this.listeners.get(event)?.delete(callback);
  }

  /** Delivers a custom message, with its buffers as a comm passes them: views into a larger buffer. */
  receive(message: object, ...buffers: ArrayBuffer[]): void {
    const views = buffers.map((buffer) => {
      const whole = new Uint8Array(buffer.byteLength + 7);
      whole.set(new Uint8Array(buffer), 3);
      return new DataView(whole.buffer, 3, buffer.byteLength);
    });
    this.emit("msg:custom", message, views);
  }

  private emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...(args as never[]));
  }
}
