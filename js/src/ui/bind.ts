/** From traits and audio ports to signals that views read. */

import { type Signal, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { render } from "preact";
import type { Cleanup, Model } from "../anywidget";
import type { AudioPort } from "../audio/port";
import type { PortState } from "../audio/port_state";
import { watchPort } from "../audio/registry";

/** Collects what a view has to undo when it goes. */
export class Scope {
  private readonly cleanups: Cleanup[] = [];

  add(cleanup: Cleanup): void {
    this.cleanups.push(cleanup);
  }

  end(): void {
    for (const cleanup of this.cleanups.splice(0).reverse()) cleanup();
  }

  /** A trait as a signal that follows the kernel. */
  trait<Traits extends object, Name extends keyof Traits & string>(
    model: Model<Traits>,
    name: Name,
  ): Signal<Traits[Name]> {
    const value = signal(model.get(name));
    const follow = () => {
      value.value = model.get(name);
    };
    model.on(`change:${name}`, follow);
    this.add(() => model.off(`change:${name}`, follow));
    return value;
  }

  /** The audio port that the model names, and its state; both null until it is there. */
  port(model: Model<{ port_id: string }>): {
    port: Signal<AudioPort | null>;
    state: Signal<PortState | null>;
  } {
    const port = signal<AudioPort | null>(null);
    const state = signal<PortState | null>(null);
    let endState: Cleanup = () => undefined;
    this.add(
      watchPort(model.get("port_id"), (found) => {
        endState();
        endState = () => undefined;
        port.value = found;
        state.value = found?.state ?? null;
        if (found) endState = found.subscribe(() => (state.value = found.state));
      }),
    );
    this.add(() => endState());
    return { port, state };
  }

  /**
   * Keeps JupyterLab's one-key shortcuts away from a widget that has the focus: the space bar talks, and `b`
   * makes no cell. Keys with Ctrl, Alt or Command stay the notebook's. Its shortcuts match the focused element
   * itself, so that is where the mark has to be.
   */
  private keepKeys(el: HTMLElement): void {
    const mark = (event: KeyboardEvent) => {
      const [target] = event.composedPath();
      if (!(target instanceof Element) || !el.contains(target)) return;
      target.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.altKey || event.metaKey));
    };
    window.addEventListener("keydown", mark, true);
    this.add(() => window.removeEventListener("keydown", mark, true));
  }

  /** Shows `view` in `el`, with the classes that every widget of ours carries. */
  show(el: HTMLElement, name: string, view: ComponentChild): Cleanup {
    el.classList.add("rw-root", name);
    this.keepKeys(el);
    render(view, el);
    this.add(() => render(null, el));
    return () => this.end();
  }
}
