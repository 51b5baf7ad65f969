/**
 * JupyterLab's commands to talk, mute, stop and dock, with shortcuts that the user can set; and its side panel.
 *
 * This is what JupyterLab loads as a prebuilt extension: a container of one module. It needs nothing of JupyterLab at
 * build time, and the widgets find it by a symbol on the page.
 */

import type { AudioPort } from "../audio/port/port";
import { ports } from "../audio/port/registry";

/** As much of JupyterLab as is used here. */
interface App {
  commands: {
    addCommand(
      id: string,
      command: {
        label: string;
        execute: () => unknown;
        isEnabled?: () => boolean;
        isToggled?: () => boolean;
      },
    ): unknown;
  };
  shell: {
    add(widget: Panel, area: string): void;
    activateById(id: string): void;
  };
}

/** A Lumino widget. */
export interface Panel {
  id: string;
  title: { label: string; caption: string; closable: boolean };
  isDisposed: boolean;
  disposed: { connect(slot: () => void): unknown };
  dispose(): void;
}

/** What the widgets find in a page of JupyterLab. */
export interface Lab {
  /** Puts a widget into the right side panel, and shows it. */
  dock(panel: Panel, label: string): void;
  /** Its shortcuts, unless the user has set others in JupyterLab: these the widgets leave to it. */
  readonly keys: Readonly<Partial<Record<string, string>>>;
}

const NAME = "realtime-widgets";
const KEY = Symbol.for("realtime_widgets.lab");
type Page = typeof globalThis & {
  [KEY]?: Lab;
  _JUPYTERLAB?: Record<string, unknown>;
};
const page = globalThis as Page;

/** Returns JupyterLab, if this is a page of it. */
export function lab(): Lab | null {
  return page[KEY] ?? null;
}

/** Returns the session that a key is meant for: the one whose microphone is on, else the newest that has a console. */
function current(): AudioPort | null {
  const all = ports();
  return all.find((port) => port.state.microphone === "on") ?? all.at(-1) ?? null;
}

const plugin = {
  id: `${NAME}:commands`,
  description: "Commands and shortcuts to talk, mute and stop, and a console in the side panel.",
  autoStart: true,
  activate(app: App) {
    page[KEY] = {
      keys: { talk: "Alt+Shift+T", mute: "Alt+Shift+M", stop: "Alt+Shift+S" },
      dock(panel, label) {
        panel.id ||= `${NAME}-${Math.random().toString(36).slice(2)}`;
        panel.title.label = label;
        panel.title.caption = "The console of a realtime_widgets session";
        panel.title.closable = true;
        app.shell.add(panel, "right");
        app.shell.activateById(panel.id);
      },
    };
    const there = () => current() !== null;
    app.commands.addCommand(`${NAME}:talk`, {
      label: "Talk: switch the microphone on or off",
      isEnabled: there,
      isToggled: () => current()?.state.microphone === "on",
      execute: () => {
        const port = current();
        if (port?.state.microphone === "on") port.closeMicrophone();
        else void port?.openMicrophone();
      },
    });
    app.commands.addCommand(`${NAME}:mute`, {
      label: "Talk: mute the microphone, or send again",
      isEnabled: () => current()?.state.microphone === "on",
      isToggled: () => current()?.state.muted ?? false,
      execute: () => {
        const port = current();
        port?.mute(!port.state.muted);
      },
    });
    app.commands.addCommand(`${NAME}:stop`, {
      label: "Talk: stop the answer",
      isEnabled: there,
      execute: () => current()?.stop(),
    });
  },
};

/** Offers the plugin to JupyterLab, which asks for it by these names. */
export function offer(): void {
  (page._JUPYTERLAB ??= {})[NAME] = {
    init: () => Promise.resolve(),
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
}
