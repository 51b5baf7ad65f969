/**
 * The page's one AudioContext, shared by every port in it, with the worklets loaded.
 *
 * Each widget brings its own copy of this module, so what is shared hangs on `globalThis`. A page may also
 * hold widgets of two versions: processor names carry the build, and each build loads its own worklets.
 */

import captureSource from "worklet:./worklets/capture.ts";
import playbackSource from "worklet:./worklets/playback.ts";
import { WorkletError } from "./errors";

export const CAPTURE_PROCESSOR = `realtime-widgets-capture-${__BUILD__}`;
export const PLAYBACK_PROCESSOR = `realtime-widgets-playback-${__BUILD__}`;

interface SharedAudio {
  context: AudioContext;
  users: number;
  /** Worklets by build. */
  worklets: Map<string, Promise<void>>;
}

const KEY = Symbol.for("realtime_widgets.audio");
type Page = typeof globalThis & { [KEY]?: SharedAudio | undefined };
const page = globalThis as Page;

/** Takes part in the shared context; pair each call with one of `releaseContext`. */
export function acquireContext(): AudioContext {
  let shared = page[KEY];
  if (!shared) {
    shared = page[KEY] = {
      context: new AudioContext({ latencyHint: "interactive" }),
      users: 0,
      worklets: new Map(),
    };
  }
  shared.users++;
  return shared.context;
}

/** Gives the shared context back; the last one closes it. */
export function releaseContext(): void {
  const shared = page[KEY];
  if (!shared || --shared.users > 0) return;
  page[KEY] = undefined;
  void shared.context.close();
}

/** Loads this build's worklets into the shared context, once. A failure is not remembered. */
export function loadWorklets(): Promise<void> {
  const shared = page[KEY];
  if (!shared) throw new Error("acquire the audio context before its worklets are loaded");
  let loading = shared.worklets.get(__BUILD__);
  if (!loading) {
    loading = Promise.all([
      addModule(shared.context, captureSource),
      addModule(shared.context, playbackSource),
    ]).then(() => undefined);
    shared.worklets.set(__BUILD__, loading);
    loading.catch(() => shared.worklets.delete(__BUILD__));
  }
  return loading;
}

/** A blob URL first; where the page's policy forbids that, a data URL. */
async function addModule(context: AudioContext, source: string): Promise<void> {
  if (!context.audioWorklet) {
    throw new WorkletError(
      "this page has no AudioWorklet; that takes https or localhost, and a browser of today",
    );
  }
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(url);
  } catch (blobError) {
    try {
      await context.audioWorklet.addModule(
        `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`,
      );
    } catch (dataError) {
      throw new WorkletError(`by blob URL: ${String(blobError)}; by data URL: ${String(dataError)}`);
    }
  } finally {
    URL.revokeObjectURL(url);
  }
}
