/** Whether the kernel would hear: it beats while a page shows the session, and the front end tells of its end. */

import type { KernelState, StateStore } from "./state";

/** Without a beat for this long the kernel counts as silent (ms); it beats every 500. */
export const KERNEL_SILENT_MS = 1800;
/** The same on the direct lane, which keeps what is said while one call of C holds the interpreter (ms). */
const LANE_SILENT_MS = 5000;
/** A watch that wakes up this late was asleep, and beats may wait to be handled (ms). */
const LATE_MS = 500;
/** A silent kernel is asked again after this time, and each further time after twice as long, up to a minute (ms). */
const ASK_MS = 2000;
const ASK_AT_MOST_MS = 60_000;

export interface KernelEvents {
  /** The kernel's state has changed. */
  changed(state: KernelState, before: KernelState): void;
  /** A silent kernel may have forgotten this page. */
  ask(): void;
}

export class KernelWatch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: StateStore,
    private readonly events: KernelEvents,
  ) {}

  /**
   * Handles a beat. Not `heard` means that what this page sends waits for a running cell; without a view in this page
   * no more beats are expected.
   */
  beat(heard: boolean, more: boolean): void {
    this.become(heard ? "alive" : "busy");
    clearTimeout(this.timer);
    if (more) this.wait(this.store.state.laneMs === null ? KERNEL_SILENT_MS : LANE_SILENT_MS);
  }

  /** The front end has lost the connection to the kernel. */
  lost(): void {
    this.become("silent");
  }

  /** The kernel was restarted, has died or was shut down: what runs now knows nothing of this session. */
  gone(): void {
    clearTimeout(this.timer);
    this.become("gone");
  }

  /** No view is in this page any more, so no beats are expected. */
  pause(): void {
    clearTimeout(this.timer);
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearTimeout(this.asking);
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    if (this.store.state.kernel === "gone") return;
    const due = Date.now() + ms;
    this.timer = setTimeout(() => {
      if (Date.now() - due > LATE_MS) this.wait(LATE_MS);
      else this.become("silent");
    }, ms);
  }

  private become(kernel: KernelState): void {
    const before = this.store.state.kernel;
    if (kernel === before || before === "gone") return;
    clearTimeout(this.asking);
    this.store.update({ kernel });
    if (kernel === "silent") this.askAfter(ASK_MS);
    this.events.changed(kernel, before);
  }

  private askAfter(ms: number): void {
    this.asking = setTimeout(() => {
      this.events.ask();
      this.askAfter(Math.min(ms * 2, ASK_AT_MOST_MS));
    }, ms);
  }
}
