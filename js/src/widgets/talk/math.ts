/** What draws formulas; a module of its own, which the kernel sends to a page that shows one. */

import temml from "temml";

/** Returns the MathML of a formula in TeX; empty if it is none. */
export function toMathML(tex: string, display: boolean): string {
  try {
    return temml.renderToString(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxExpand: 100,
    });
  } catch {
    return "";
  }
}
