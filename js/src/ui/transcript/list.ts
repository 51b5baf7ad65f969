/** How the list of the transcript moves: it follows its end, and the arrow keys go from entry to entry. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** A reader within this many pixels of the end counts as being at the end. */
const NEAR_END = 48;

/** What the Tab key stops at. */
const STOPS = "a[href], button, input, select, textarea, summary, pre[tabindex], [data-rw-stop]";

/** Keeps the list scrolled to its end, unless the reader has scrolled up. */
export function useFollowEnd() {
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    const element = list.current;
    following.current = true;
    if (element) element.scrollTop = element.scrollHeight;
  };
  useLayoutEffect(() => {
    const element = list.current!;
    let height = element.clientHeight;
    const onScroll = () => {
      // Without this, a list that shrinks or is filled would count as one that the reader has scrolled.
      if (element.clientHeight !== height) return;
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
      setAway(!following.current);
    };
    const follow = () => {
      height = element.clientHeight;
      if (following.current) toEnd();
    };
    const observer = new MutationObserver(follow);
    const resized = new ResizeObserver(follow);
    element.addEventListener("scroll", onScroll, { passive: true });
    // Pictures and folded details change the height without any change of the tree.
    element.addEventListener("load", follow, true);
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    resized.observe(element);
    toEnd();
    return () => {
      observer.disconnect();
      resized.disconnect();
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("load", follow, true);
    };
  }, []);
  return { list, away, toEnd };
}

/** Returns the place that a key leads to, of `count` entries from `current`; null if the key leads nowhere. */
export function nextEntry(key: string, current: number, count: number): number | null {
  const to = { ArrowUp: current - 1, ArrowDown: current + 1, Home: 0, End: count - 1 }[key];
  return to === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, to));
}

/**
 * Makes the list one stop of the Tab key: arrow keys move between the entries, Enter folds a card out and in. What
 * stands in the entry that has the focus, as its buttons, are stops as well; those of the other entries are not.
 */
export function useEntryKeys(list: { current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const element = list.current!;
    const entries = () =>
      [...element.children].filter((child) => child.matches(".rw-entry")) as HTMLElement[];
    let current: HTMLElement | null = null;
    const markEntry = (entry: HTMLElement) => {
      const here = entry === current;
      entry.tabIndex = here ? 0 : -1;
      const inside = here && entry.contains(document.activeElement);
      for (const stop of entry.querySelectorAll<HTMLElement>(STOPS)) stop.tabIndex = inside ? 0 : -1;
    };
    const choose = (chosen: HTMLElement | null) => {
      const before = current;
      current = chosen;
      for (const entry of new Set([before, current])) if (entry?.isConnected) markEntry(entry);
    };
    /** Marks what has changed: a long talk is not gone through again for each word of its last line. */
    const mark = (records: MutationRecord[]) => {
      const touched = new Set<HTMLElement>();
      for (const { target, addedNodes } of records) {
        for (const node of [target, ...addedNodes]) {
          const entry = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>(
            ".rw-entry",
          );
          if (entry && element.contains(entry)) touched.add(entry);
        }
      }
      for (const entry of touched) markEntry(entry);
      if (!current?.isConnected) choose(entries().at(-1) ?? null);
    };
    const focused = (event: FocusEvent) => {
      choose((event.target as Element).closest<HTMLElement>(".rw-entry") ?? current);
    };
    const left = (event: FocusEvent) => {
      if (!element.contains(event.relatedTarget as Node | null)) setTimeout(() => choose(current));
    };
    const pressed = (event: KeyboardEvent) => {
      const all = entries();
      const at = all.indexOf(event.target as HTMLElement);
      if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Enter" || event.key === " ") {
        all[at]!.querySelector<HTMLElement>("summary")?.click();
        return event.preventDefault();
      }
      const to = nextEntry(event.key, at, all.length);
      if (to === null) return;
      event.preventDefault();
      all[to]!.focus();
    };
    const observer = new MutationObserver(mark);
    observer.observe(element, { childList: true, subtree: true });
    element.addEventListener("focusin", focused);
    element.addEventListener("focusout", left);
    element.addEventListener("keydown", pressed);
    for (const entry of entries()) markEntry(entry);
    choose(entries().at(-1) ?? null);
    return () => {
      observer.disconnect();
      element.removeEventListener("focusin", focused);
      element.removeEventListener("focusout", left);
      element.removeEventListener("keydown", pressed);
    };
  }, []);
}
