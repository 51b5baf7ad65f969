"""Formulas of a page that is sent to somebody: drawn by a script in it, as the transcript draws them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: As in `js/src/ui/transcript/markdown.tsx`; what stands between ` is code.
_FORMULA = re.compile(r"\$\$[^$]+?\$\$|\\\[[\s\S]+?\\\]|\$(?![\s$])(?:[^$\n\\]|\\.)+?(?<!\s)\$(?!\d)|\\\(.+?\\\)")
_EXPORT = re.compile(r"export\s*\{\s*([\w$]+) as toMathML\s*\};?\s*$")
#: Replaces formulas in what was said, in runs of text and line breaks; what cannot be drawn stays as it was said.
_DRAW = r"""
const code = "```[\\s\\S]*?```|`[^`\\n]*`";
const block = "\\$\\$([^$]+?)\\$\\$|\\\\\\[([\\s\\S]+?)\\\\\\]";
const inline = "\\$(?![\\s$])((?:[^$\\n\\\\]|\\\\.)+?)(?<!\\s)\\$(?!\\d)|\\\\\\((.+?)\\\\\\)";
const rule = new RegExp(`${code}|${block}|${inline}`, "g");
const isText = (node) => node.nodeType === 3 || node.nodeName === "BR";
const put = (run, text) => text.split("\n").forEach((line, index) =>
  run.before(...(index ? [document.createElement("br")] : []), line));
for (const place of document.querySelectorAll(".rw-said p, .rw-said del")) {
  const runs = [];
  for (const node of [...place.childNodes]) {
    if (!isText(node)) runs.push([]);
    else if (runs.length) runs.at(-1).push(node);
    else runs.push([node]);
  }
  for (const run of runs.filter((each) => each.length)) {
    const text = run.map((node) => (node.nodeType === 3 ? node.data : "\n")).join("");
    const found = [...text.matchAll(rule)].filter((each) => each.slice(1).some((part) => part !== undefined));
    if (!found.length) continue;
    let last = 0;
    for (const each of found) {
      const drawn = toMathML(each.slice(1).find((part) => part !== undefined), (each[1] ?? each[2]) !== undefined);
      if (!drawn) continue;
      put(run[0], text.slice(last, each.index));
      const formula = document.createElement("span");
      formula.innerHTML = drawn;
      run[0].before(formula);
      last = each.index + each[0].length;
    }
    put(run[0], text.slice(last));
    for (const node of run) node.remove();
  }
}
"""


def drawing_script(texts: Iterable[str]) -> str:
    """Return the script of a page that draws the formulas of these texts, a module; empty if they have none."""
    if not any(_FORMULA.search(text) for text in texts):
        return ""
    from realtime_widgets.widgets.base import bundle  # brings the widgets' base

    module = bundle("math.js").read_text("utf-8")
    named = _EXPORT.search(module)
    assert named, "the bundle exports what draws formulas"
    return f"{module[: named.start()]}\nconst toMathML = {named[1]};{_DRAW}"
