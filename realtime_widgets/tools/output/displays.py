"""What a call displayed or returned, as its card shows it: the richest form that is safe, and a plain text."""

from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.tools.output.terminal import without_escapes

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of one output that is not an image; a larger one is shown as its text.
MARKUP_LIMIT = 256 * 1024
#: Characters of the plain text of an output.
TEXT_LIMIT = 16 * 1024
_WIDGET = "application/vnd.jupyter.widget-view+json"
#: Charts that extensions of the front end can draw.
_CHARTS = re.compile(r"application/vnd\.(plotly|vegalite|vega)\.v\d+(\.\d+)?\+json")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
#: Methods by which a value says how it wants to be displayed; a PNG was asked for before.
_FORMS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_latex_": "text/latex",
    "_repr_jpeg_": "image/jpeg",
    "_repr_json_": "application/json",
}
#: A text that only says where an object is.
_BARE = re.compile(r"<[\w.]+(?: object)?(?: at 0x[0-9a-f]+)?>")
_NO_SCRIPTS = "Its scripts do not run here."
_NO_NETWORK = "What it would load over the network is not shown here."
_IN_A_CELL = "Display it in a cell to see it as it is meant."

Kind = Literal["image", "html", "rendered", "widget", "text"]


@dataclass(frozen=True)
class Display:
    """One output of a call.

    Attributes
    ----------
    kind : str
        ``image``: `data` is a data URI. ``html``: `data` is HTML, which is shown where no script runs and nothing
        is loaded. ``rendered``: `data` is the source of the MIME type `mime`, which the front end may render.
        ``widget``: `data` is the id of a widget's model. ``text``: `text` is all there is.
    text : str
        The output in plain text, for what can show nothing else.
    data : str
        The output as `kind` says.
    mime : str
        MIME type of `data` for ``rendered``; empty otherwise.
    html : str
        HTML in place of ``rendered``, for a front end that cannot render it; may be empty.
    note : str
        What is not shown, in a sentence; empty if all is.
    """

    kind: Kind
    text: str
    data: str = ""
    mime: str = ""
    html: str = ""
    note: str = ""

    @property
    def size(self) -> int:
        """Number of characters."""
        return len(self.text) + len(self.data) + len(self.html)


def display_of(bundle: Mapping[str, Any]) -> Display | None:
    """Return an output from its forms by MIME type; None if it is plain text only.

    Parameters
    ----------
    bundle
        What was displayed, in each of its forms, by MIME type.
    """
    made = _richest(bundle)
    if made is None or made.kind in ("image", "text") or made.size <= MARKUP_LIMIT:
        return made
    return Display("text", made.text, note=f"An output of {made.size:,} characters is too large to be shown here.")


def seen_by_user(displays: tuple[Display, ...]) -> str:
    """Return in words for the model what the user sees of a call; empty if that is nothing."""
    images = sum(each.kind == "image" for each in displays)
    others = len(displays) - images
    counts = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((images, "image"), (others, "other output"))
        if count
    ]
    return " and ".join(counts)


def plain_text(bundle: Mapping[str, Any]) -> str:
    """Return the text of an output: its plain form, or what its markup says if that only names an object."""
    text = _joined(bundle.get("text/plain"))
    if not text or _BARE.fullmatch(text.strip()):
        for kind in ("text/markdown", "text/latex"):
            if kind in bundle:
                return _joined(bundle[kind])[:TEXT_LIMIT]
        if "text/html" in bundle:
            return _Reader.of(_joined(bundle["text/html"])).text()
        if "application/json" in bundle:
            return _indented(bundle["application/json"])[:TEXT_LIMIT]
    return _cut(without_escapes(text))


def _cut(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]}\n[… {len(text) - TEXT_LIMIT:,} characters left out]"


def bundle_of(value: object) -> Mapping[str, Any] | None:
    """Return how a value wants to be displayed, as a cell would ask it; None if it is plain text only.

    Parameters
    ----------
    value
        Any value; its methods are called.
    """
    kind = type(value)
    known = [name for name in (*_FORMS, "_repr_mimebundle_") if callable(getattr(kind, name, None))]
    module = sys.modules.get("IPython.core.interactiveshell")
    shell_class = getattr(module, "InteractiveShell", None)
    if shell_class is not None and shell_class.initialized():
        # The user may have registered a form for a type of somebody else's.
        bundle = dict(shell_class.instance().display_formatter.format(value)[0])
    elif known:
        bundle = _asked(value, known)
    else:
        return None
    return bundle if bundle.keys() - {"text/plain"} else None


def _asked(value: Any, names: list[str]) -> dict[str, Any]:
    bundle: dict[str, Any] = {"text/plain": repr(value)}
    for name in names:
        form = getattr(value, name)()
        if name == "_repr_mimebundle_":
            bundle.update((form[0] if isinstance(form, tuple) else form) or {})
        elif form is not None:
            bundle[_FORMS[name]] = form[0] if isinstance(form, tuple) else form
    return bundle


def _richest(bundle: Mapping[str, Any]) -> Display | None:
    text = plain_text(bundle)
    if (view := bundle.get(_WIDGET)) and isinstance(view, dict):
        return Display("widget", text or "a widget", str(view.get("model_id", "")))
    if (chart := next((mime for mime in bundle if _CHARTS.fullmatch(mime)), None)) is not None:
        return _chart(chart, bundle, text)
    if "text/html" in bundle:
        return _of_html(bundle, text)
    if "text/markdown" in bundle:
        source = _joined(bundle["text/markdown"])
        return Display("rendered", text, source, "text/markdown", _markdown(source))
    return _picture(bundle, text) or _source(bundle, text)


def _source(bundle: Mapping[str, Any], text: str) -> Display | None:
    if "text/latex" in bundle:
        return Display("rendered", text, _joined(bundle["text/latex"]), "text/latex")
    if "application/json" in bundle:
        source = bundle["application/json"]
        return Display("rendered", _cut(_indented(source)), json.dumps(source, default=str), "application/json")
    if "application/javascript" in bundle:
        return Display("text", text, note=_NO_SCRIPTS)
    if "text/plain" in bundle:
        return None
    return Display("text", "", note=f"An output of {', '.join(bundle) or 'nothing'} is not shown here.")


def _picture(bundle: Mapping[str, Any], text: str) -> Display | None:
    """Return the image among the forms of an output, as a data URI."""
    if "image/svg+xml" in bundle:
        data = base64.b64encode(_joined(bundle["image/svg+xml"]).encode("utf-8", "replace")).decode()
        return Display("image", text, f"data:image/svg+xml;base64,{data}")
    for kind in _IMAGES:
        picture = bundle.get(kind)
        if isinstance(picture, bytes | bytearray):
            return Display("image", text, f"data:{kind};base64,{base64.b64encode(picture).decode()}")
        if picture is not None:
            return Display("image", text, f"data:{kind};base64,{''.join(_joined(picture).split())}")
    return None


def _chart(mime: str, bundle: Mapping[str, Any], text: str) -> Display:
    """Return a chart: its source for a front end that can draw it, and a static form for others."""
    static = _picture(bundle, text)
    source = json.dumps(bundle[mime], default=str)
    if len(source) > MARKUP_LIMIT and static is not None:
        return static
    picture = static.data if static is not None else ""
    html = f'<img src="{picture}" alt="">' if re.fullmatch(r"data:image/[\w+]+;base64,[\w+/=]+", picture) else ""
    name = mime.split(".")[1]
    return Display("rendered", text or f"a chart of {name}", source, mime, html, "" if html else _IN_A_CELL)


def _of_html(bundle: Mapping[str, Any], text: str) -> Display:
    source = _joined(bundle["text/html"])
    read = _Reader.of(source)
    if read.scripts or read.remote or not read.visible:
        static = _picture(bundle, text)
        if static is not None:
            return static
    notes = [note for told, note in ((read.scripts, _NO_SCRIPTS), (read.remote, _NO_NETWORK)) if told]
    if not read.visible:
        return Display("text", text, note=" ".join([*notes, _IN_A_CELL]))
    return Display("html", text, source, note=" ".join(notes))


def _markdown(source: str) -> str:
    if len(source) > MARKUP_LIMIT:
        return ""
    try:
        from markdown_it import MarkdownIt  # only for who displays markdown
    except ImportError:
        return ""
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source)
    return html


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _joined(text: Any) -> str:
    """Return a form of an output, which may be given as a list of lines."""
    return text if isinstance(text, str) else "".join(map(str, text)) if isinstance(text, list | tuple) else ""


class _Reader(HTMLParser):
    """Reads HTML for its text, and for what a page without scripts and network will not show."""

    _LINES = frozenset(
        ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre", "ul", "ol")
    )
    _HIDDEN = frozenset(("script", "style", "template", "noscript", "title", "iframe", "object"))
    _SEEN = frozenset(("svg", "img", "progress", "meter", "hr", "input", "canvas", "video", "audio", "math"))

    @classmethod
    def of(cls, source: str) -> _Reader:
        """Read HTML, however broken it is."""
        reader = cls(convert_charrefs=True)
        reader.feed(source[:MARKUP_LIMIT])
        reader.close()
        return reader

    def __init__(self, *, convert_charrefs: bool = True) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.scripts = self.remote = self.visible = False
        self._pieces: list[str] = []
        self._hidden = ""  # the element that is skipped

    def text(self) -> str:
        """Return the text, in lines."""
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        return _cut("\n".join(line for line in lines if line))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read the beginning of an element."""
        values = {name: (value or "").strip().lower() for name, value in attrs}
        source = values.get("src", values.get("data", values.get("href", "") if tag == "link" else ""))
        outside = bool(source) and not source.startswith("data:")
        self.scripts |= tag == "script" or any(name.startswith("on") for name in values)
        self.remote |= outside and tag != "script"
        self.visible |= tag in self._SEEN and not outside
        if tag in self._HIDDEN and not self._hidden:
            self._hidden = tag
        if tag in self._LINES:
            self._pieces.append("\n")
        elif tag in ("td", "th"):
            self._pieces.append("  ")

    def handle_endtag(self, tag: str) -> None:
        """Read the end of an element."""
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        """Read text."""
        if not self._hidden:
            self._pieces.append(data)
            self.visible |= bool(data.strip())
