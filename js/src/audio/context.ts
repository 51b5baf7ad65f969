/**
 * The page's one AudioContext, shared by every port in it, with the worklets loaded.
 *
 * Each widget bundles its own copy of this module, so the shared state is stored on `globalThis`. A page may also
 * hold widgets of two versions: processor names contain the build, and each build loads its own worklets.
 */

import captureSource from "worklet:./worklets/capture.ts";
import playbackSource from "worklet:./worklets/playback.ts";

export const CAPTURE_PROCESSOR = `realtime-widgets-capture-${__BUILD__}`;
export const PLAYBACK_PROCESSOR = `realtime-widgets-playback-${__BUILD__}`;

/** The worklets could not be loaded, for example because the page's security policy forbids it. */
export class WorkletError extends Error {}

interface SharedAudio {
  context: AudioContext;
  users: number;
  /** Loaded worklets, keyed by build. */
  worklets: Map<string, Promise<void>>;
}

const KEY = Symbol.for("realtime_widgets.audio");
type Page = typeof globalThis & { [KEY]?: SharedAudio | undefined };
const page = globalThis as Page;

/** Returns the shared context, created on the first call. Pair each call with one of `releaseContext`. */
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

/** Releases the shared context; the last release closes it. */
export function releaseContext(): void {
  const shared = page[KEY];
  if (!shared || --shared.users > 0) return;
  page[KEY] = undefined;
  void shared.context.close();
}

/** Loads this build's worklets into the shared context, once. After a failure the next call tries again. */
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

/** Tries a blob URL first, then a data URL if the page's policy forbids blobs. */
async function addModule(context: AudioContext, source: string): Promise<void> {
  if (!context.audioWorklet) {
    throw new WorkletError(
      "this page has no AudioWorklet; it needs https or localhost, and a current browser",
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
