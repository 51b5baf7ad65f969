/**
 * Text from outside is shown and not obeyed: characters that turn the order of others, show nothing or control are
 * shown by their numbers in all views. `realtime_widgets/shown_text.py` does the same for what Python shows.
 */

import { options } from "preact";

/** Controls but for white space, Unicode's Default_Ignorable_Code_Point, separators of lines, lone surrogates. */
const UNSEEN =
  "[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb" +
  "\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}\\ud800-\\udfff]";
const EMOJI =
  "[0-9#*\\xa9\\xae\\u203c\\u2049\\u2100-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}]" +
  "[\\ufe0e\\ufe0f]?[\\u{1f3fb}-\\u{1f3ff}]?";
const JOINING_SCRIPTS = "[\\u0600-\\u061b\\u061d-\\u0dff\\u1000-\\u109f\\u1780-\\u17b3\\u17b6-\\u17ff]+";
/** What users write with them: flags of regions, joined emoji, Persian and Indic words, forms of Han characters. */
const WRITTEN = [
  "\\u{1f3f4}[\\u{e0020}-\\u{e007e}]{1,6}\\u{e007f}",
  `${EMOJI}(?:\\u200d${EMOJI})*`,
  `${JOINING_SCRIPTS}(?:[\\u200c\\u200d]${JOINING_SCRIPTS})+`,
  "[\\u3400-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}][\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]",
].join("|");
const PARTS = new RegExp(`${WRITTEN}|(${UNSEEN})`, "gu");
/** Attributes that a user reads or hears. */
const SPOKEN = ["title", "aria-label", "alt"];

/** The text with such characters as ⟨U+202E⟩; white space and what words and emoji are written with stay. */
export function visible(text: string): string {
  return text.replace(PARTS, (part: string, unseen?: string) =>
    unseen ? `⟨U+${unseen.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩` : part,
  );
}

/** Makes every text and spoken attribute that any view renders visible from now on. */
export function showUnseen(): void {
  const before = options.vnode;
  options.vnode = (node) => {
    const { type, props } = node as { type: unknown; props: unknown };
    if (typeof props === "string") (node as { props: unknown }).props = visible(props);
    else if (typeof type === "string") {
      const attributes = props as Record<string, unknown>;
      for (const name of SPOKEN) {
        const value = attributes[name];
        if (typeof value === "string") attributes[name] = visible(value);
      }
    }
    before?.(node);
  };
}
