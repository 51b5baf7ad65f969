/**
 * A page that shows all views in made-up states (`?scene=speaking&theme=dark`), or only a real port: with
 * `?scene=sound` for `check_sound.py`, with `?scene=bare&socket=ADDRESS` on a plain WebSocket for benchmarks.
 */

import { startCapture } from "../src/audio/capture/capture";
import { pageEnvironment } from "../src/audio/capture/microphone";
import { openSpeaker } from "../src/audio/playback/speaker";
import { AudioPort } from "../src/audio/port/port";
import { registerPort, watchPort } from "../src/audio/port/registry";
import type { PortState } from "../src/audio/port/state";
import { bareTransport } from "./bare_transport";
import { PlayedModel } from "./played_model";
import { REPLIES, type Scene, SCENES } from "./scenes";
import { SoundChecks } from "./sound_checks";

interface Widget {
  initialize?(context: { model: unknown }): unknown;
  render?(context: { model: unknown; el: HTMLElement }): unknown;
}

async function load(name: string): Promise<Widget> {
  const module = (await import(new URL(`./${name}.js`, location.href).href)) as {
    default: Widget | (() => Widget);
  };
  return typeof module.default === "function" ? module.default() : module.default;
}

/** Loads a widget as anywidget does. Returns its played model. */
async function mount<Traits extends Record<string, any>>(name: string, traits: Traits, parent?: Element) {
  const widget = await load(name);
  const model = new PlayedModel(traits);
  const dispose = widget.initialize?.({ model });
  if (parent && widget.render) {
    const el = document.createElement("div");
    parent.append(el);
    widget.render({ model, el });
  }
  return { model, dispose: dispose as (() => void) | undefined };
}

function box(parent: Element, name: string): Element {
  const element = document.createElement("div");
  element.className = name;
  parent.append(element);
  return element;
}

/** Returns a stand-in for a port, which has a state and does nothing. */
function playedPort(scene: Scene): AudioPort {
  const state: PortState = {
    active: true,
    elsewhere: false,
    kernel: "alive",
    laneMs: null,
    mode: scene.mode,
    microphone: "off",
    muted: false,
    closed: "",
    problem: null,
    talking: false,
    sound: "ready",
    soundProblem: "",
    loudspeaker: "",
    notice: "",
    granted: null,
    advice: "",
    playing: false,
    elapsed: 0,
    speaking: null,
    outputLevel: 0,
    volume: 1,
    ...scene.port,
  };
  const nothing = () => undefined;
  const listeners = new Set<() => void>();
  const update = (change: Partial<PortState>) => {
    played.state = { ...played.state, ...change };
    for (const listener of listeners) listener();
  };
  const played = {
    state,
    inputLevel: { rms: scene.level, peak: scene.level },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    update,
    openMicrophone: () => update({ microphone: "on", closed: "" }),
    closeMicrophone: () => update({ microphone: "off", muted: false, talking: false, closed: "user" }),
    mute: (on: boolean) => update({ muted: on }),
    claim: () => update({ active: true, elsewhere: false }),
    press: () => update({ talking: true }),
    release: () => update({ talking: false }),
    resume: () => update({ sound: "ready" }),
  };
  return new Proxy(played, { get: (of, name) => Reflect.get(of, name) ?? nothing }) as unknown as AudioPort;
}

async function show(scene: Scene): Promise<void> {
  const page = document.getElementById("page")!;
  const console = box(page, "rw-console");
  const port = playedPort(scene);
  registerPort("played", port);
  const { model: status } = await mount("status", { port_id: "played", status: scene.status }, console);
  const said = {
    port_id: "played",
    entries: scene.entries,
    placeholder: "",
    can_say: scene.can_say ?? true,
    saved_as: "rw-saved",
  };
  const { model: transcript } = await mount("transcript", said, console);
  const controls = box(console, "rw-controls");
  const microphone = {
    port_id: "played",
    mode: scene.mode,
    muted: scene.port.muted ?? false,
    idle_off: 10,
    hidden_off: 5,
    shortcuts: { hold: "Alt+Shift+H", talk: "Alt+Shift+T", mute: "Alt+Shift+M", stop: "Alt+Shift+S" },
  };
  await mount("microphone", microphone, controls);
  const player = { port_id: "played", now_playing: scene.now_playing, volume: 0.8 };
  await mount("player", player, controls);
  Object.assign(window, { played: { status, transcript, port } });
}

const parameters = new URLSearchParams(location.search);
const name = parameters.get("scene") ?? "speaking";
if (parameters.has("theme")) document.body.dataset.jpThemeLight = String(parameters.get("theme") !== "dark");
if (name === "replies")
  for (const reply of REPLIES) await mount("reply", reply, document.getElementById("page")!);
else if (name in SCENES) await show(SCENES[name]!);
if (name === "sound") {
  const { model } = await mount("port", { port_id: "sound" });
  const endWatch = watchPort("sound", (port) => {
    const checks = new SoundChecks(model, port!);
    Object.assign(window, { checks });
    // Requested by the URL: code that a driver evaluates counts as a click, and would let the sound start.
    if (parameters.has("suspended")) void checks.suspended();
  });
  endWatch();
}
if (name === "bare") {
  const transport = await bareTransport(parameters.get("socket")!);
  registerPort(
    "bare",
    new AudioPort(transport, {
      openSpeaker,
      onDevices: () => () => undefined,
      visibility: document,
      microphone: pageEnvironment(startCapture),
    }),
  );
}
document.body.dataset.ready = "true";
