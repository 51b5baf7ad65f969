/**
 * This page among those that show the session: it says that it lives and what it shows, and hears which page sounds.
 *
 * Twin of `realtime_widgets/core/presence/pages.py`, which decides.
 */

import type { PortReport } from "../../messages";
import type { ProblemCode } from "../capture/problems";
import type { StateStore, ViewKind } from "./state";

/** A running kernel names the page within this time after a click (ms). */
const ACTIVATE_MS = 4000;
/** How long a console that is shown again, as by a cell that runs again, may be away (ms). */
export const VIEWS_GONE_MS = 1000;
/** A console's views come one after the other; the kernel is told once (ms). */
const VIEWS_CAME_MS = 50;

export interface PresenceEvents {
  send(report: PortReport): void;
  /** No console is left in this page that would show the microphone. */
  unseen(): void;
  /** No view at all is left in it. */
  empty(): void;
  /** The microphone is wanted, and no kernel makes this the page that sounds. */
  refused(why: ProblemCode): void;
}

export class Presence {
  /** Views of the session in this page; before anybody counts them, one is on its way. */
  private readonly counts: Record<ViewKind, number> = { console: 1, reply: 0 };
  private told: { views: number; sound: string };
  private claiming: ReturnType<typeof setTimeout> | undefined;
  private counting: ReturnType<typeof setTimeout> | undefined;
  private readonly endFollowing: () => void;

  constructor(
    private readonly pageId: string,
    private readonly store: StateStore,
    private readonly events: PresenceEvents,
  ) {
    this.told = { views: this.views, sound: store.state.sound };
    this.endFollowing = store.subscribe(() => this.followSound());
  }

  /** Whether a view of the session is in this page. */
  get seen(): boolean {
    return this.views > 0;
  }

  private get views(): number {
    return this.counts.console + this.counts.reply;
  }

  /** Introduces this page; until the kernel names it nothing else is sent. */
  hello(): void {
    const { views, store } = this;
    this.told = { views, sound: store.state.sound };
    this.events.send({ type: "hello", page_id: this.pageId, views, sound: store.state.sound });
  }

  /** Says that this page lives. */
  here(): void {
    const { views, store } = this;
    this.told = { views, sound: store.state.sound };
    this.events.send({ type: "here", page_id: this.pageId, views, sound: store.state.sound });
  }

  /** This page is being closed or reloaded, or the notebook is closed in it. */
  bye(): void {
    this.events.send({ type: "bye", page_id: this.pageId });
  }

  /** Stores that the kernel has named a page, or none. Returns whether it is this one. */
  named(pageId: string): boolean {
    const active = pageId === this.pageId;
    if (active) clearTimeout(this.claiming);
    this.store.update({ active, elsewhere: pageId !== "" && !active });
    return active;
  }

  /** Asks the kernel to let this page play and capture, if it does not. */
  claim(): void {
    if (this.store.state.active) return;
    this.events.send({ type: "claim", page_id: this.pageId });
    clearTimeout(this.claiming);
    this.claiming = setTimeout(() => {
      const { active, elsewhere, microphone } = this.store.state;
      if (!active && microphone !== "off") this.events.refused(elsewhere ? "other_page" : "kernel");
    }, ACTIVATE_MS);
  }

  /** Introduces this page again after the transport was interrupted. */
  rejoin(): void {
    this.store.update({ active: false, elsewhere: false });
    this.hello();
  }

  /** Notes how many views of a kind are in this page. */
  setViews(kind: ViewKind, views: number): void {
    if (views === this.counts[kind]) return;
    this.counts[kind] = views;
    clearTimeout(this.counting);
    this.counting = setTimeout(
      () => {
        if (!this.counts.console) this.events.unseen();
        if (!this.seen) this.events.empty();
        if (this.views !== this.told.views) this.here();
      },
      this.counts.console ? VIEWS_CAME_MS : VIEWS_GONE_MS,
    );
  }

  dispose(): void {
    clearTimeout(this.claiming);
    clearTimeout(this.counting);
    this.endFollowing();
  }

  private followSound(): void {
    if (this.store.state.sound !== this.told.sound) this.here();
  }
}
