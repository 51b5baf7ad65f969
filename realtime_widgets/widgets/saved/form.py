"""A talk in a form that a file can keep: its newest lines in HTML, markdown and text, within a size. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from realtime_widgets.core.captions.subtitles import markdown_segment, to_text
from realtime_widgets.shown_text import in_markdown, visible
from realtime_widgets.widgets.messages import Entry
from realtime_widgets.widgets.saved.as_html import html_line, html_page, html_segment
from realtime_widgets.widgets.saved.as_text import markdown_line, plain_line
from realtime_widgets.widgets.saved.clean import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.widgets.messages import ToolCard

Line = TypeVar("Line")

#: Most that the lines of a talk take in a file, in bytes of JSON, for each of its three forms: 200 kB together.
HTML_BYTES, MARKDOWN_BYTES, PLAIN_BYTES = 120_000, 50_000, 30_000
_NOTHING = "Nothing was said yet."


@dataclass(frozen=True)
class SavedForm:
    """A talk, or a reply, to read without a kernel.

    Attributes
    ----------
    html
        For notebooks and what shows them: no script, nothing from outside.
    markdown
        For exports that read no HTML.
    plain
        For terminals.
    """

    html: str
    markdown: str
    plain: str

    def bundle(self) -> dict[str, str]:
        """Return it as a cell's output has it, by MIME type."""
        return {"text/html": self.html, "text/markdown": self.markdown, "text/plain": self.plain}


def saved_talk(entries: Sequence[Entry], model: str, talk: str) -> SavedForm:
    """Return the form of a talk; the oldest lines are left out if all of them would be too much.

    Parameters
    ----------
    entries
        The lines of its transcript.
    model
        Name of the model that it was led with.
    talk
        Name of the talk: letters, digits and hyphens.
    """
    return _form(entries, f"Talk with {one_line(model) or 'a voice model'}", talk)


def saved_reply(text: str, cards: Sequence[ToolCard], talk: str) -> SavedForm:
    """Return the form of one reply: its words and the cards of its tools.

    Parameters
    ----------
    text
        The words.
    cards
        The tool calls on the way to it, in order.
    talk
        Name of the reply: letters, digits and hyphens.
    """
    calls = [Entry("", "tool", "", tool=card) for card in cards]
    return _form([*calls, Entry("", "assistant", text)], "Reply", talk)


def saved_captions(segments: Sequence[Segment], model: str, name: str) -> SavedForm:
    """Return the form of captions; the oldest segments are left out if all of them would be too much.

    Parameters
    ----------
    segments
        What was said.
    model
        Name of the model that wrote it down.
    name
        Name of the captions: letters, digits and hyphens.
    """
    heading = f"Captions by {one_line(model) or 'a model'}"
    html, html_note = _newest(segments, html_segment, HTML_BYTES)
    markdown, markdown_note = _newest(segments, _markdown_segment, MARKDOWN_BYTES)
    plain, plain_note = _newest(segments, lambda segment: to_text([_clean(segment)]), PLAIN_BYTES)
    return SavedForm(
        html_page(html, heading, html_note, name),
        "\n\n".join([f"**{in_markdown(heading)}**", *_italic(markdown_note), *markdown]),
        "\n".join([visible(heading), *filter(None, [plain_note]), *plain]),
    )


def _markdown_segment(segment: Segment) -> str:
    return markdown_segment(_clean(segment))


def _clean(segment: Segment) -> Segment:
    return replace(segment, text=clean(segment.text), speaker=clean(segment.speaker))


def _form(entries: Sequence[Entry], heading: str, talk: str) -> SavedForm:
    html, html_note = _newest(entries, html_line, HTML_BYTES)
    markdown, markdown_note = _newest(entries, markdown_line, MARKDOWN_BYTES)
    plain, plain_note = _newest(entries, plain_line, PLAIN_BYTES)
    return SavedForm(
        html_page(html, heading, html_note, talk),
        "\n\n".join([f"**{in_markdown(heading)}**", *_italic(markdown_note), *markdown]),
        "\n".join([visible(heading), *filter(None, [plain_note]), *plain]),
    )


def _italic(note: str) -> list[str]:
    return [f"*{note}*"] if note else []


def _newest(entries: Sequence[Line], line: Callable[[Line], str], limit: int) -> tuple[list[str], str]:
    """Return the newest lines that fit, and what to say of the others."""
    lines: list[str] = []
    size = 0
    for index, entry in enumerate(reversed(entries)):
        made = line(entry)
        size += len(json.dumps(made, ensure_ascii=False).encode(errors="replace"))
        if size > limit:
            left = len(entries) - index
            return lines[::-1], f"The {left:,} oldest entries are left out: the file keeps the newest ones."
        if made:
            lines.append(made)
    return lines[::-1] or [_NOTHING], ""
