/**
 * JupyterLab's commands to talk, mute, stop and dock, in its palette and with shortcuts that the user can set; and its
 * side panel and splits.
 *
 * This is what JupyterLab loads as a prebuilt extension: a container of one module. It needs nothing of JupyterLab at
 * build time, and the widgets find it by a symbol on the page.
 */

import type { AudioPort } from "../audio/port/port";
import { idOf, ports } from "../audio/port/registry";
import type { DockPlace } from "../messages";
import { type KnownStatus, knownStatus } from "../ui/statuses";

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
    add(widget: Panel, area: string, options?: { mode: string }): void;
    activateById(id: string): void;
  };
}

/** JupyterLab's palette of commands. */
interface Palette {
  addItem(item: { command: string; category: string }): unknown;
}

/** The modules that JupyterLab shares with its extensions, by name and version. */
type Shared = Record<string, Record<string, { get(): Promise<() => unknown> }>>;

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
  /** Puts a widget into the right side panel or a split beside the notebook, and shows it. */
  dock(panel: Panel, label: string, place: DockPlace): void;
}

const NAME = "realtime-widgets";
const KEY = Symbol.for("realtime_widgets.lab");
type Page = typeof globalThis & {
  [KEY]?: Lab;
  _JUPYTERLAB?: Record<string, unknown>;
};
const page = globalThis as Page;

/** JupyterLab's own shortcuts, unless the user has set others there: these the widgets leave to it. */
export const LAB_KEYS: Readonly<Partial<Record<string, string>>> = {
  talk: "Alt+Shift+T",
  mute: "Alt+Shift+M",
  stop: "Alt+Shift+S",
};

/** Returns JupyterLab, if this is a page of it. */
export function lab(): Lab | null {
  return page[KEY] ?? null;
}

/** Returns the session that a key is meant for: the one whose microphone is on, else the newest that has a console. */
function current(): AudioPort | null {
  const all = ports();
  return all.find((port) => port.state.microphone === "on") ?? all.at(-1) ?? null;
}

/** Returns what is known of that session, if its console may stand beside the code. */
function dockable(): KnownStatus | null {
  const port = current();
  const known = port && knownStatus(idOf(port));
  return known?.status.panel && known.status.state !== "closed" ? known : null;
}

const plugin = {
  id: `${NAME}:commands`,
  description: "Commands and shortcuts to talk, mute and stop, and a console in the side panel or a split.",
  autoStart: true,
  /** The token of JupyterLab's palette, if this JupyterLab shares it. */
  optional: [] as unknown[],
  activate(app: App, palette?: Palette | null) {
    page[KEY] = {
      dock(panel, label, place) {
        panel.id ||= `${NAME}-${Math.random().toString(36).slice(2)}`;
        panel.title.label = label;
        panel.title.caption = "The console of a realtime_widgets session";
        panel.title.closable = true;
        if (place === "split") app.shell.add(panel, "main", { mode: "split-right" });
        else app.shell.add(panel, "right");
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
    const dock = (place: DockPlace, label: string) =>
      app.commands.addCommand(`${NAME}:${place}`, {
        label,
        isEnabled: () => dockable() !== null,
        execute: () => dockable()?.send({ type: "show_dock", place }),
      });
    dock("panel", "Talk: show the console in the side panel");
    dock("split", "Talk: show the console beside the notebook");
    for (const name of ["talk", "mute", "stop", "panel", "split"]) {
      palette?.addItem({ command: `${NAME}:${name}`, category: "Talk" });
    }
  },
};

/** Finds the palette's token among the modules that JupyterLab shares; without it the commands are in no palette. */
async function findPalette(shared: Shared | undefined): Promise<void> {
  const [module] = Object.values(shared?.["@jupyterlab/apputils"] ?? {});
  if (!module) return;
  const { ICommandPalette } = (await module.get())() as { ICommandPalette?: unknown };
  if (ICommandPalette) plugin.optional.push(ICommandPalette);
}

/** Offers the plugin to JupyterLab, which asks for it by these names. */
export function offer(): void {
  (page._JUPYTERLAB ??= {})[NAME] = {
    init: (shared?: Shared) => findPalette(shared).catch(() => undefined),
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
}
