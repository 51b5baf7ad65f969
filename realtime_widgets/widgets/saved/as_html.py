"""One line of a talk as HTML: text escaped, nothing that runs or is fetched, readable without its style. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.captions.subtitles import clock_time
from realtime_widgets.shown_text import in_html
from realtime_widgets.widgets.saved.clean import PART_CHARACTERS, clean, one_line
from realtime_widgets.widgets.saved.pictures import small
from realtime_widgets.widgets.saved.words import STATES, ending, how, parts, split_heard, whose

if TYPE_CHECKING:
    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.widgets.messages import Entry, ToolCard

#: It is scoped to the copy of one talk ({talk} is its class). Colours follow JupyterLab's theme if there is one,
#: otherwise the page's own text colour. The last rule hides a widget in front of the copy that shows nothing: one
#: whose kernel is gone.
_STYLE = """
.{talk} {{ font: 14px/1.5 var(--jp-ui-font-family, system-ui, sans-serif); max-width: 60em;
  color: var(--jp-content-font-color1, inherit); }}
.{talk} > * {{ margin: 0 0 .6em; overflow-wrap: anywhere; }}
.{talk} p {{ margin: 0; }}
.{talk} .rw-said, .{talk} .rw-notice, .{talk} .rw-error {{ padding: .2em .8em; border-left: 3px solid #8885; }}
.{talk} .rw-user {{ border-left-color: #6366f1; }}
.{talk} small, .{talk} .rw-notice, .{talk} .rw-note {{ opacity: .75; }}
.{talk} .rw-error {{ border-left-color: #d92d4b; }}
.{talk} details {{ padding: .3em .8em; border: 1px solid #8884; border-radius: 8px; }}
.{talk} summary {{ cursor: pointer; }}
.{talk} pre {{ white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24em; overflow: auto;
  margin: .2em 0 .6em; padding: .5em; background: #8881; color: inherit;
  font: 12px/1.5 var(--jp-code-font-family, monospace); }}
.{talk} img {{ max-width: min(100%, 400px); height: auto; background: #fff; border-radius: 4px; }}
.jp-OutputArea-child:has(> [data-mime-type="application/vnd.jupyter.widget-view+json"]):not(:has(.rw-root)):has(
  + .jp-OutputArea-child .{talk}) {{ display: none; }}
"""


def html_page(lines: list[str], heading: str, note: str, talk: str) -> str:
    """Return a whole talk.

    Parameters
    ----------
    lines
        Its lines, of `html_line`.
    heading
        What it is.
    note
        What is left out; empty if nothing is.
    talk
        Name of the talk, as a class of CSS.
    """
    style = " ".join(_STYLE.format(talk=in_html(talk)).split())
    left_out = [f'<p class="rw-note"><em>{in_html(note)}</em></p>'] if note else []
    head = f'<p class="rw-note"><strong>{in_html(heading)}</strong></p>'
    # The last two classes keep MathJax from reading prices as formulas.
    classes = f"rw-saved {in_html(talk)} mathjax_ignore tex2jax_ignore"
    opening = f'<section class="{classes}" aria-label="{in_html(heading)}"><style>{style}</style>'
    return "\n".join([opening, head, *left_out, *lines, "</section>"])


def html_line(entry: Entry) -> str:
    """Return one line; empty if there is nothing to read in it."""
    if entry.kind == "tool":
        return _card(entry.tool) if entry.tool else ""
    if entry.kind in ("notice", "error"):
        return _said(f"rw-{entry.kind}", f"<strong>{whose(entry)}</strong>", [_text(entry.text)])
    heard, unheard = split_heard(entry)
    said = [_text(heard)] if heard else []
    if unheard:
        said.append(f"<del>{_text(unheard)}</del>")
    if end := ending(entry):
        said.append(f"<em>({in_html(end)})</em>")
    said += [_picture(image.thumbnail, image.text) for image in entry.images or []]
    manner = f" <small>({in_html(how(entry))})</small>" if how(entry) else ""
    return _said(f"rw-said rw-{entry.kind}", f"<strong>{whose(entry)}</strong>{manner}", said)


def html_segment(segment: Segment) -> str:
    """Return one segment of captions; empty if it has no words."""
    who = f"<strong>{in_html(one_line(segment.speaker))}</strong> " if segment.speaker else ""
    head = f"{who}<small>{clock_time(segment.start)}</small>"
    return _said("rw-said rw-user", head, [_text(segment.text)]) if segment.text else ""


def _said(kind: str, head: str, said: list[str]) -> str:
    # The words have a paragraph of their own, so that they decide its direction.
    return f'<div class="{kind}"><div>{head}</div><p dir="auto">{" ".join(said)}</p></div>' if said else ""


def _card(card: ToolCard) -> str:
    seconds = f", {card.seconds:.1f} s" if card.seconds is not None else ""
    call = f"<code>{in_html(one_line(f'{card.name}({card.arguments})'))}</code>"
    rows = [f"<summary><strong>Tool</strong> {call} <small>({STATES[card.state]}{seconds})</small></summary>"]
    for title, text in parts(card):
        shown = in_html(clean(text, PART_CHARACTERS))
        rows.append(f'<div><small>{title}</small></div><pre dir="auto">{shown}</pre>')
    rows += [f"<div>{_picture(uri, 'picture of the tool')}</div>" for uri in card.pictures]
    return f"<details>{''.join(rows)}</details>"


def _text(text: str) -> str:
    return in_html(clean(text)).replace("\n", "<br>")


def _picture(uri: str, text: str) -> str:
    words = in_html(clean(text))
    copy = small(uri) if uri else ""
    return f'<img src="{copy}" alt="{words}" title="{words}">' if copy else f"<em>({words})</em>"
