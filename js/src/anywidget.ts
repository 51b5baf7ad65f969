/** The parts of anywidget's front-end interface that the widgets use. */

export interface Model<Traits extends object> {
  get<K extends keyof Traits & string>(name: K): Traits[K];
  set<K extends keyof Traits & string>(name: K, value: Traits[K]): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback?: (...args: never[]) => void): void;
}

export interface RenderContext<Traits extends object> {
  model: Model<Traits>;
  el: HTMLElement;
}

export type Cleanup = () => void;

/** Listens to the kernel's custom messages; returns the function that ends it. */
export function onMessage<Message>(
  model: Pick<Model<object>, "on" | "off">,
  callback: (message: Message, buffers: DataView[]) => void,
): Cleanup {
  model.on("msg:custom", callback);
  return () => model.off("msg:custom", callback);
}
