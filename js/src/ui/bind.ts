/** Turns traits and audio ports into signals that views read. */

import type { AnyModel, Host } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { render } from "preact";
import { type Cleanup, holdPort } from "../anywidget";
import type { AudioPort } from "../audio/port/port";
import { countView, watchPort } from "../audio/port/registry";
import type { PortState } from "../audio/port/state";
import { showUnseen } from "./visible";

showUnseen();

/** Collects what a view has to clean up when it is removed. */
export class Scope {
  private readonly cleanups: Cleanup[] = [];

  add(cleanup: Cleanup): void {
    this.cleanups.push(cleanup);
  }

  end(): void {
    for (const cleanup of this.cleanups.splice(0).reverse()) cleanup();
  }

  /** Returns a trait as a signal that follows the kernel. */
  trait<Traits extends Record<string, any>, Name extends keyof Traits & string>(
    model: AnyModel<Traits>,
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

  /**
   * Returns the audio port that the model names, and its state; both are null until the port exists. It counts a view.
   * With the view's `host` it makes the port that the model refers to, if the front end has not.
   */
  port(
    model: { get(name: "port_id"): string },
    host?: Host,
    reference?: string | null,
  ): {
    port: Signal<AudioPort | null>;
    state: Signal<PortState | null>;
  } {
    if (host) holdPort(host, reference ?? null);
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
    this.add(countView(model.get("port_id"), "console"));
    return { port, state };
  }

  /**
   * Suppresses JupyterLab's one-key shortcuts while a widget has the focus: the space bar talks, and `b` does not
   * insert a cell. Keys with Ctrl, Alt or Command still reach the notebook. JupyterLab checks the focused element
   * itself, so the attribute has to be set on that element.
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

  /** Renders `view` in `el`, with the CSS classes that all these widgets have. */
  show(el: HTMLElement, name: string, view: ComponentChild): Cleanup {
    el.classList.add("rw-root", name);
    this.keepKeys(el);
    render(view, el);
    this.add(() => render(null, el));
    return () => this.end();
  }
}
