/**
 * A page that shows every view in made-up states (`?scene=speaking&theme=dark`), or only a real port: with
 * `?scene=sound` for `check_sound.py`, with `?scene=bare&socket=ADDRESS` on a plain WebSocket for benchmarks.
 */

import { startCapture } from "../src/audio/capture";
import { pageEnvironment } from "../src/audio/microphone";
import { AudioPort } from "../src/audio/port";
import type { PortState } from "../src/audio/port_state";
import { registerPort, watchPort } from "../src/audio/registry";
import { openSpeaker } from "../src/audio/speaker";
import { bareLane } from "./bare_lane";
import { PlayedModel } from "./played_model";
import { SoundChecks } from "./sound_checks";
import { REPLIES, type Scene, SCENES } from "./scenes";

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

/** Loads a widget as anywidget does; gives its played model. */
async function mount<Traits extends object>(name: string, traits: Traits, parent?: Element) {
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

/** Stands where a port would: shows a state and does nothing. */
function playedPort(scene: Scene): AudioPort {
  const state: PortState = {
    active: true,
    mode: scene.mode,
    microphone: "off",
    problem: null,
    talking: false,
    sound: "ready",
    soundProblem: "",
    playing: false,
    elapsed: 0,
    outputLevel: 0,
    volume: 1,
    ...scene.port,
  };
  const nothing = () => undefined;
  const played = { state, inputLevel: { rms: scene.level, peak: scene.level }, subscribe: () => nothing };
  return new Proxy(played, { get: (of, name) => Reflect.get(of, name) ?? nothing }) as unknown as AudioPort;
}

async function show(scene: Scene): Promise<void> {
  const page = document.getElementById("page")!;
  const console = box(page, "rw-console");
  registerPort("played", playedPort(scene));
  await mount("status", { status: scene.status }, console);
  const transcript = { entries: scene.entries, placeholder: "", can_say: scene.can_say ?? true };
  await mount("transcript", transcript, console);
  const controls = box(console, "rw-controls");
  await mount("microphone", { port_id: "played", mode: scene.mode }, controls);
  const player = { port_id: "played", now_playing: scene.now_playing, volume: 0.8 };
  await mount("player", player, controls);
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
    // Asked for in the address: what a driver evaluates counts as a click, and would let the sound start.
    if (parameters.has("suspended")) void checks.suspended();
  });
  endWatch();
}
if (name === "bare") {
  const lane = await bareLane(parameters.get("socket")!);
  registerPort("bare", new AudioPort(lane, { openSpeaker, microphone: pageEnvironment(startCapture) }));
}
document.body.dataset.ready = "true";
