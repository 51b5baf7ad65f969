/** The models of a page of its own: a widget's state as the kernel has it, changes and messages both ways. */

import type { AnyModel } from "@anywidget/types";

type Listener = (...args: any[]) => void;
type State = Record<string, any>;

/** A message of ipywidgets between a widget and a front end. */
export type WidgetMessage =
  | { method: "update" | "echo_update"; state: State; buffer_paths?: (string | number)[][] }
  | { method: "custom"; content: unknown };

/** Sends a message of a model to the kernel; throws if it cannot be reached. */
export type SendMessage = (message: WidgetMessage, buffers: ArrayBuffer[]) => void;

/** Puts the binary values of a state where they belong. */
export function withBuffers(state: State, paths: (string | number)[][], buffers: ArrayBuffer[]): State {
  paths.forEach((path, at) => {
    let place: any = state;
    for (const key of path.slice(0, -1)) place = place[key];
    place[path.at(-1)!] = new DataView(buffers[at]!);
  });
  return state;
}

/** A widget's model; of a model of ipywidgets it has what anywidget's types name. */
export class PageModel implements AnyModel {
  readonly widget_manager = {
    get_model: () => Promise.reject(new Error("this page has no widget manager")),
  };
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly changed = new Set<string>();
  /** How often a value was sent whose echo is still to come: an older echo does not undo it. */
  private readonly unechoed = new Map<string, number>();

  constructor(
    private state: State,
    private readonly sendMessage: SendMessage,
  ) {}

  get(name: string): any {
    return this.state[name];
  }

  set(name: string, value: any): void {
    if (this.state[name] === value) return;
    this.changed.add(name);
    this.assign({ [name]: value });
  }

  save_changes(): void {
    if (!this.changed.size) return;
    const state = Object.fromEntries([...this.changed].map((name) => [name, this.state[name]]));
    this.sendMessage({ method: "update", state, buffer_paths: [] }, []);
    for (const name of this.changed) this.unechoed.set(name, (this.unechoed.get(name) ?? 0) + 1);
    this.changed.clear();
  }

  send(content: any, _callbacks?: unknown, buffers: (ArrayBuffer | ArrayBufferView)[] = []): void {
    this.sendMessage({ method: "custom", content }, buffers.map(ownBytes));
  }

  on(name: string, listener: Listener): void {
    const found = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, found.add(listener));
  }

  off(name?: string | null, listener?: Listener | null): void {
    for (const [each, found] of this.listeners) {
      if (name && each !== name) continue;
      if (listener) found.delete(listener);
      else found.clear();
    }
  }

  /** Handles a message of the kernel. */
  receive(message: WidgetMessage, buffers: ArrayBuffer[]): void {
    switch (message.method) {
      case "update":
        return this.assign(withBuffers(message.state, message.buffer_paths ?? [], buffers));
      case "echo_update":
        return this.echo(withBuffers(message.state, message.buffer_paths ?? [], buffers));
      case "custom":
        return this.emit(
          "msg:custom",
          message.content,
          buffers.map((each) => new DataView(each)),
        );
    }
  }

  /** Takes the whole state of the kernel, after a connection that was cut. */
  renew(state: State): void {
    this.changed.clear();
    this.unechoed.clear();
    this.assign(state);
    this.emit("comm_live_update");
  }

  emit(name: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        console.error("realtime_widgets: a listener failed", error);
      }
    }
  }

  private assign(state: State): void {
    const names = Object.keys(state).filter((name) => !same(this.state[name], state[name]));
    Object.assign(this.state, state);
    for (const name of names) this.emit(`change:${name}`, this, this.state[name]);
    if (names.length) this.emit("change", this);
  }

  private echo(state: State): void {
    const others: State = {};
    for (const [name, value] of Object.entries(state)) {
      const waiting = this.unechoed.get(name) ?? 0;
      if (waiting > 0) this.unechoed.set(name, waiting - 1);
      else others[name] = value;
    }
    this.assign(others);
  }
}

/** Whether two values are the same, compared as the JSON that they came as. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one instanceof DataView || other instanceof DataView) return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

function ownBytes(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (!ArrayBuffer.isView(buffer)) return buffer;
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}
