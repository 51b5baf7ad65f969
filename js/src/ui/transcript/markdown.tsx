/** Words of a model or a user as markdown: sanitised, nothing is loaded, and formulas become MathML once they can. */

import DOMPurify from "dompurify";
import { Marked, type TokenizerAndRendererExtension } from "marked";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formulas } from "./formulas";
import { visible } from "../visible";

/** What tells that spoken words hold markdown, which is rare and looks bad as it is. */
const MARKS = [
  /```/,
  /`[^`\n]+`/,
  /\*\*[^*\n]+\*\*/,
  /^#{1,6} /m,
  /^\s*([-*]|\d+\.) .+\n\s*([-*]|\d+\.) /m,
  /^\|.+\|\s*\n\|[-: |]+\|/m,
  /\[[^\]\n]+\]\(https?:/,
  /\$\$[^$]+\$\$|\\\(.+?\\\)|\\\[[\s\S]+?\\\]/,
  /(^|[\s(])\$[^\s$\d][^$\n]*[^\s$\\]?\$(?!\d)/,
];

export function holdsMarkdown(text: string): boolean {
  return MARKS.some((mark) => mark.test(text));
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (each) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[each]!);

/** Makes a rule for formulas between two marks; their source stands in the page until MathML is there. */
function formula(name: string, level: "block" | "inline", rule: RegExp): TokenizerAndRendererExtension {
  return {
    name,
    level,
    start: (source) => source.search(level === "block" ? /^(\$\$|\\\[)/m : /\$|\\\(/),
    tokenizer(source) {
      const found = rule.exec(source);
      return found ? { type: name, raw: found[0], text: (found[1] ?? found[2] ?? "").trim() } : undefined;
    },
    renderer: (token) =>
      `<span class="rw-math" data-display="${level === "block"}">${escape(String(token["text"]))}</span>`,
  };
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [
    formula("formulas", "block", /^\$\$([^$]+?)\$\$(?:\n|$)|^\\\[([\s\S]+?)\\\](?:\n|$)/),
    // Not money: no space after the first mark or before the last one, and no digit after it.
    formula("formula", "inline", /^\$\$?(?![\s$])((?:[^$\n\\]|\\.)+?)(?<!\s)\$\$?(?!\d)|^\\\((.+?)\\\)/),
  ],
  renderer: {
    // An image would be loaded from wherever the text says.
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,
    html: ({ text }) => escape(text),
  },
});

const TAGS = (
  "a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i input li ol p pre s span strong sub sup table tbody td th " +
  "thead tr ul"
).split(" ");

const purify = (() => {
  let made: ReturnType<typeof DOMPurify> | null = null;
  return () => {
    if (made) return made;
    made = DOMPurify(window);
    made.addHook("afterSanitizeAttributes", (node) => {
      if (node.tagName === "A") {
        node.setAttribute("target", "_blank");
        node.setAttribute("rel", "noopener noreferrer");
      }
    });
    return made;
  };
})();

/** Returns safe HTML of a text; `purified` makes it safe. */
export function html(text: string, purified: (dirty: string) => string): string {
  return purified(marked.parse(visible(text), { async: false }));
}

/** Returns HTML with nothing in it that runs or loads. */
export function purified(dirty: string): string {
  return purify().sanitize(dirty, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "class", "data-display", "start", "align", "type", "checked", "disabled"],
    ALLOWED_URI_REGEXP: /^(https?|mailto):/i,
  });
}

export function Markdown({ text }: { text: string }) {
  const element = useRef<HTMLDivElement>(null);
  const made = useMemo(() => html(text, purified), [text]);
  useLayoutEffect(() => {
    element.current!.innerHTML = made;
  }, [made]);
  useEffect(() => {
    const places = [...element.current!.querySelectorAll<HTMLElement>(".rw-math")];
    if (!places.length) return;
    void formulas()?.then((toMathML) => {
      for (const place of places) {
        const drawn = toMathML(place.textContent ?? "", place.dataset["display"] === "true");
        if (drawn) place.innerHTML = purify().sanitize(drawn, { USE_PROFILES: { mathMl: true } });
      }
    });
  }, [made]);
  return <div class="rw-markdown" dir="auto" ref={element} />;
}
