/** Makes the models that the kernel mirrors and renders their widgets, as a notebook's front end does. */

import type { AnyWidget, Host } from "@anywidget/types";
import { joined } from "../audio/pcm";
import type { ModelMessage, PageCommand, PageModel as ModelState } from "../messages";
import { PageModel, withBuffers, type WidgetMessage } from "./models";

type Definition = Exclude<AnyWidget, (...args: any) => any>;

/** What a host needs of its page. */
export interface HostPage {
  /** Loads a module beside the page. */
  load(name: string): Promise<{ default: AnyWidget }>;
  /** Has a style beside the page apply; the same one once. */
  style(name: string): void;
  send(message: ModelMessage, payload: ArrayBuffer): void;
}

interface Made {
  model: PageModel;
  definition: Promise<Definition>;
}

const experimental = {
  invoke: () => Promise.reject(new Error("this page calls no functions of the kernel")),
};

export class WidgetHost implements Host {
  private readonly made = new Map<string, Made>();
  private readonly life = new AbortController();

  constructor(private readonly page: HostPage) {}

  /** Handles what the kernel says of the models. */
  handle(command: PageCommand, payload: ArrayBuffer): void {
    switch (command.type) {
      case "page_welcome":
      case "page_models": {
        let rest = payload;
        for (const state of command.models) {
          const length = state.buffers.reduce((sum, each) => sum + each, 0);
          this.open(state, split(rest.slice(0, length), state.buffers));
          rest = rest.slice(length);
        }
        return;
      }
      case "model_message": {
        const message = command.data as WidgetMessage;
        this.made.get(command.model_id)?.model.receive(message, split(payload, command.buffers));
      }
    }
  }

  async getModel(ref: string): Promise<any> {
    return this.find(ref).model;
  }

  async getWidget(ref: string): Promise<any> {
    const { model, definition } = this.find(ref);
    const { render } = await definition;
    return {
      exports: {},
      render: async ({ el, signal = this.life.signal }: { el: HTMLElement; signal?: AbortSignal }) => {
        const end = await render?.({ model: model as any, el, signal, host: this, experimental });
        if (!end) return;
        if (signal.aborted) await end();
        else signal.addEventListener("abort", () => void end(), { once: true });
      },
    };
  }

  private find(ref: string): Made {
    const found = this.made.get(ref.replace(/^anywidget:/, ""));
    if (!found) throw new Error("this page does not have that widget; it is in the notebook");
    return found;
  }

  private open(shown: ModelState, buffers: ArrayBuffer[]): void {
    const state = withBuffers(shown.state, shown.buffer_paths, buffers);
    const before = this.made.get(shown.model_id);
    if (before) return before.model.renew(state);
    const model = new PageModel(state, (data, parts) =>
      this.page.send(
        {
          type: "model_message",
          model_id: shown.model_id,
          data: data as any,
          buffers: parts.map((part) => part.byteLength),
        },
        joined(parts),
      ),
    );
    this.page.style(shown.style);
    this.made.set(shown.model_id, { model, definition: this.define(shown.module, model) });
  }

  private async define(module: string, model: PageModel): Promise<Definition> {
    const { default: given } = await this.page.load(module);
    const definition = typeof given === "function" ? await given() : given;
    await definition.initialize?.({ model: model as any, signal: this.life.signal, experimental });
    return definition;
  }
}

function split(payload: ArrayBuffer, lengths: number[]): ArrayBuffer[] {
  let at = 0;
  return lengths.map((length) => payload.slice(at, (at += length)));
}
