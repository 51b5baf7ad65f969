/** What the front end itself can render for a card: JupyterLab's renderers and widgets, found through the model. */

import { createContext } from "preact";
import type { Cleanup } from "../../anywidget";

/** Renders into an element that is in the page. Each returns what ends it, or null if the front end cannot do it. */
export interface FrontEnd {
  mime(mime: string, source: string, place: HTMLElement): Promise<Cleanup | null>;
  widget(modelId: string, place: HTMLElement): Promise<Cleanup | null>;
}

/** A widget of Lumino, JupyterLab's toolkit: attached to its host it knows that it is shown, so that it typesets. */
interface Lumino {
  node: HTMLElement;
  constructor: { attach?: (widget: Lumino, host: HTMLElement) => void };
  dispose(): void;
}

interface Renderer extends Lumino {
  renderModel(model: unknown): Promise<void>;
}

interface Rendermime {
  preferredMimeType(bundle: object, safe?: "ensure"): string | undefined;
  createRenderer(mime: string): Renderer;
  createModel(options: { data: object; trusted: boolean }): unknown;
}

interface Manager {
  rendermime?: Rendermime;
  get_model?(id: string): Promise<unknown>;
  create_view?(model: unknown): Promise<{ el: HTMLElement; luminoWidget?: Lumino; remove(): void }>;
}

function attach(widget: Lumino, host: HTMLElement): void {
  const { attach } = widget.constructor;
  if (attach && host.isConnected) attach(widget, host);
  else host.append(widget.node);
}

/** Returns what the front end of a model offers; a front end other than JupyterLab may offer nothing. */
export function frontEndOf(model: { widget_manager?: unknown }): FrontEnd {
  const manager = (model.widget_manager ?? {}) as Manager;
  return {
    async mime(mime, source, place) {
      const { rendermime } = manager;
      const json = mime.endsWith("json");
      const data = { [mime]: json ? (JSON.parse(source) as unknown) : source };
      // Not trusted: its HTML is sanitised, and none of its scripts run.
      if (rendermime?.preferredMimeType(data, "ensure") !== mime) return null;
      const renderer = rendermime.createRenderer(mime);
      attach(renderer, place);
      await renderer.renderModel(rendermime.createModel({ data, trusted: false }));
      return () => renderer.dispose();
    },
    async widget(modelId, place) {
      if (!manager.get_model || !manager.create_view) return null;
      const view = await manager.create_view(await manager.get_model(modelId));
      if (view.luminoWidget) attach(view.luminoWidget, place);
      else place.append(view.el);
      return () => view.remove();
    },
  };
}

/** The front end of the view that a card is in; null if it offers nothing. */
export const FrontEndContext = createContext<FrontEnd | null>(null);
