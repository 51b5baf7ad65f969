/**
 * The notebook's outputs hold a copy of each talk, to read without a kernel (`realtime_widgets/widgets/saved`). It is
 * hidden as long as the page shows the talk itself, and shown again when the last view of that is gone.
 */

import type { Cleanup } from "../../anywidget";

/** Hides the copy of that name in the whole page. Returns a function that ends it. */
export function hideCopy(name: string): Cleanup {
  const id = `${name}-hidden`;
  const style = document.getElementById(id) ?? document.head.appendChild(document.createElement("style"));
  style.id = id;
  style.textContent = `.${name}, .jp-OutputArea-child:has(.${name}) { display: none !important; }`;
  const views = () => Number(style.dataset["views"] ?? 0);
  style.dataset["views"] = String(views() + 1);
  return () => {
    style.dataset["views"] = String(views() - 1);
    if (views() === 0) style.remove();
  };
}
