"""The talk as a handout: a notebook of what was said, and from it HTML, PDF or markdown by nbconvert."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install_extra
from realtime_widgets.shown_text import in_html, in_markdown, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_widgets.core.conversation.export import Line

#: Kinds of handouts, by the ends of their names.
KINDS = (".html", ".pdf", ".md", ".ipynb")
#: Programs that print a page as PDF, in the order in which they are looked for; CHROMIUM names another one.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
_PRINT_LIMIT_S = 120.0
_WHO = {"user": "Question", "assistant": "Answer", "system": "Note"}
_STYLE = """
body { font: 17px/1.55 Georgia, serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #1d1f24; }
h1 { font-size: 1.7rem; } h3 { font-size: 1.05rem; margin: 1.6rem 0 0.3rem; color: #444; }
pre { background: #f4f4f6; padding: 0.6rem 0.8rem; border-radius: 6px; overflow-x: auto; font-size: 0.85rem; }
img { max-width: 100%; } .jp-InputPrompt, .jp-OutputPrompt, .prompt { display: none; }
@media print { h3 { break-after: avoid; } pre, img { break-inside: avoid; } }
"""


def write_handout(lines: Iterable[Line], path: str | os.PathLike[str], title: str) -> Path:
    """Write a talk as a handout; a file that is there is replaced once the new one is whole.

    Parameters
    ----------
    lines
        The talk.
    path
        Where to: a name that ends in ``.html``, ``.pdf``, ``.md`` or ``.ipynb``.
    title
        Its heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigurationError
        If there is no such kind, what makes it is not installed, or the file cannot be written.
    """
    target = Path(path).expanduser()
    kind = target.suffix.lower()
    if kind not in KINDS:
        raise ConfigurationError(f"a handout ends in {', '.join(KINDS)}, not in {target.name!r}")
    if not target.parent.is_dir():
        raise ConfigurationError(f"there is no folder {target.parent}: make it first")
    notebook = as_notebook(lines, title)
    try:
        with tempfile.TemporaryDirectory(prefix="handout-") as folder:
            beside = Path(folder) / f"handout{kind}"
            _make(notebook, beside, title)
            whole = target.with_name(f".{target.name}.new")
            shutil.copyfile(beside, whole)
            whole.replace(target)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror or error}") from None
    return target


def as_notebook(lines: Iterable[Line], title: str) -> Any:
    """Return a talk as a notebook: questions as headings, answers as text, tool calls as code with their output.

    Words of people, models and tools are text in it, whatever they look like.
    """
    nbformat = _module("nbformat")
    v4 = nbformat.v4
    cells = [v4.new_markdown_cell(f"# {in_markdown(title)}")]
    calls: dict[str, Any] = {}
    for line in lines:
        if line.kind == "message" and line.role in _WHO:
            cells += _message(v4, line)
        elif line.kind in ("tool_call", "hosted_call"):
            cell = v4.new_code_cell(visible(f"{line.name}({line.arguments})"))
            calls[line.call_id] = cell
            cells.append(cell)
            if line.output:
                cell.outputs = [v4.new_output("stream", name="stdout", text=visible(line.output))]
        elif line.kind == "tool_output" and line.call_id in calls:
            calls[line.call_id].outputs = [v4.new_output("stream", name="stdout", text=visible(line.output))]
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["title"] = title
    return notebook


def _message(v4: Any, line: Line) -> list[Any]:
    text = (line.heard if line.cut else line.text).strip()
    attachments: dict[str, dict[str, str]] = {}
    shown = [in_markdown(text)] if text else []
    for number, image in enumerate(line.images):
        uri = image.thumbnail or image.url
        match = re.fullmatch(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=]+)", uri)
        if match:
            name = f"picture{number}.{match[1].rpartition('/')[2]}"
            attachments[name] = {match[1]: match[2]}
            shown.append(f"![a picture](attachment:{name})")
    if not shown:
        return []
    cut = " *(interrupted)*" if line.cut else ""
    cell = v4.new_markdown_cell(f"### {_WHO[line.role]}\n\n" + "\n\n".join(shown) + cut)
    if attachments:
        cell.attachments = attachments
    return [cell]


def _make(notebook: Any, path: Path, title: str) -> None:
    nbformat, nbconvert = _module("nbformat"), _module("nbconvert")
    match path.suffix:
        case ".ipynb":
            path.write_text(nbformat.writes(notebook), encoding="utf-8")
        case ".md":
            text, resources = nbconvert.MarkdownExporter().from_notebook_node(notebook)
            path.write_text(_with_pictures(text, resources), encoding="utf-8")
        case ".html":
            path.write_text(_page(nbconvert, notebook, title), encoding="utf-8")
        case _:
            page = path.with_suffix(".html")
            page.write_text(_page(nbconvert, notebook, title), encoding="utf-8")
            _print(page, path)


def _page(nbconvert: Any, notebook: Any, title: str) -> str:
    """Return a page that loads nothing: nbconvert's body in a frame of our own."""
    exporter = nbconvert.HTMLExporter(template_name="basic", embed_images=True)
    body, _ = exporter.from_notebook_node(notebook)
    head = f'<meta charset="utf-8"><title>{in_html(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _with_pictures(text: str, resources: dict[str, Any]) -> str:
    """Return markdown with its pictures in it, as data URIs."""
    for name, data in (resources.get("outputs") or {}).items():
        kind = "jpeg" if name.endswith("jpeg") else "png"
        text = text.replace(f"({name})", f"(data:image/{kind};base64,{base64.b64encode(data).decode()})")
    return text


def _print(page: Path, path: Path) -> None:
    """Print a page as PDF by the browser of this machine; it loads nothing."""
    named = os.environ.get("CHROMIUM")
    found = named or next((where for name in _BROWSERS if (where := shutil.which(name))), None)
    if found is None:
        raise ConfigurationError(
            "a PDF is printed by Chromium, Chrome or Edge, and none is found: install one, name it as "
            "CHROMIUM=..., or write HTML and print that"
        )
    arguments = ["--headless", "--disable-gpu", "--no-pdf-header-footer"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        arguments.append("--no-sandbox")  # which root, as in a container, cannot have
    arguments.append(f"--print-to-pdf={path}")
    try:
        ended = subprocess.run(
            [found, *arguments, page.as_uri()], capture_output=True, timeout=_PRINT_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{found} printed no PDF: {error}") from None
    if not path.is_file():
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ConfigurationError(
            f"{found} printed no PDF: {' '.join(said) or f'it ended with {ended.returncode}'}"
        )


def _module(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise ConfigurationError(f"a handout needs {name}: {install_extra('lab')}") from None
