/** Several widgets as one card: their views below each other, and at the foot those of the controls. */

import type { AnyModel, AnyWidget, Host } from "@anywidget/types";
import { holdPort, reference } from "../anywidget";
import type { PageError } from "../messages";
import { saveWithoutCode } from "../saved_state";

interface Traits {
  parts: string[];
  controls: string[];
  port: string | null;
  height: string | null;
}

/** The views of a list of widgets in one element, in their order. */
class Views {
  private readonly shown = new Map<string, { el: HTMLElement; end: AbortController }>();

  constructor(
    private readonly host: Host,
    private readonly box: HTMLElement,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Shows these widgets in place of those that were shown; views that stay are not made again. */
  show(references: string[]): void {
    for (const [name, { el, end }] of this.shown) {
      if (references.includes(name)) continue;
      end.abort();
      el.remove();
      this.shown.delete(name);
    }
    references.forEach((name, at) => {
      const view = this.shown.get(name) ?? this.make(name);
      if (this.box.children[at] !== view.el) this.box.insertBefore(view.el, this.box.children[at] ?? null);
    });
  }

  end(): void {
    this.show([]);
  }

  private make(name: string) {
    const view = { el: document.createElement("div"), end: new AbortController() };
    this.shown.set(name, view);
    const { signal } = view.end;
    this.host
      .getWidget(reference(name))
      .then((widget) => (signal.aborted ? undefined : widget.render({ el: view.el, signal })))
      .catch((error: unknown) => {
        if (!signal.aborted) this.failed(error);
      });
    return view;
  }
}

/** Says that a part is not there, in the card and to the kernel. */
function failure(model: AnyModel<Traits>, el: HTMLElement): (error: unknown) => void {
  return (error) => {
    console.error("realtime_widgets: a part of the card cannot be shown", error);
    const line = document.createElement("div");
    line.className = "rw-problem";
    line.setAttribute("role", "alert");
    line.textContent = "A part of this cannot be shown. Reload the page and run the cell again.";
    el.append(line);
    const report: PageError = { type: "page_error", message: "show", problem: String(error) };
    model.send(report);
  };
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
  },
  render({ model, el, host }) {
    el.classList.add("rw-console");
    const foot = el.appendChild(document.createElement("div"));
    foot.className = "rw-controls";
    const failed = failure(model, el);
    const parts = new Views(host, el, failed); // the foot stays behind them
    const controls = new Views(host, foot, failed);
    holdPort(host, model.get("port"));
    const follow = () => {
      el.style.height = model.get("height") ?? "";
      parts.show(model.get("parts"));
      controls.show(model.get("controls"));
      foot.hidden = model.get("controls").length === 0;
    };
    follow();
    const names = ["parts", "controls", "height"] as const;
    for (const name of names) model.on(`change:${name}`, follow);
    return () => {
      for (const name of names) model.off(`change:${name}`, follow);
      parts.end();
      controls.end();
    };
  },
} satisfies AnyWidget<Traits>;
