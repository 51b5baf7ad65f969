"""One line of a talk as markdown and as plain text, for exports that read no HTML, such as PDF. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.shown_text import in_markdown, markdown_code, visible
from realtime_widgets.widgets.saved.clean import PART_CHARACTERS, clean, one_line
from realtime_widgets.widgets.saved.words import STATES, ending, how, parts, split_heard, whose

if TYPE_CHECKING:
    from realtime_widgets.widgets.messages import Entry, ToolCard


def markdown_line(entry: Entry) -> str:
    """Return one line as markdown; empty if there is nothing to read in it. Pictures are told in words."""
    if entry.kind == "tool":
        return _markdown_card(entry.tool) if entry.tool else ""
    if entry.kind in ("notice", "error"):
        return f"*{whose(entry)}:* {in_markdown(clean(entry.text))}"
    heard, unheard = split_heard(entry)
    said = [in_markdown(clean(heard))] if heard else []
    rows = in_markdown(clean(unheard)).splitlines()
    if struck := "\n".join(f"~~{row.strip()}~~" if row.strip() else "" for row in rows):
        said.append(struck)
    said += [f"*({in_markdown(note)})*" for note in _notes(entry)]
    if not said:
        return ""
    manner = f" *({in_markdown(clean(how(entry)))})*" if how(entry) else ""
    return f"**{whose(entry)}**{manner}: {' '.join(said)}"


def _markdown_card(card: ToolCard) -> str:
    head = f"**Tool** {markdown_code(one_line(f'{card.name}({card.arguments})'))} *({_state(card)})*"
    blocks = [f"{title}:\n\n{_fenced(clean(text, PART_CHARACTERS))}" for title, text in parts(card)]
    return "\n\n".join([head, *blocks, *(["*(with pictures)*"] if card.pictures else [])])


def plain_line(entry: Entry) -> str:
    """Return one line as plain text; empty if there is nothing to read in it."""
    if entry.kind == "tool":
        return _plain_card(entry.tool) if entry.tool else ""
    if entry.kind in ("notice", "error"):
        return visible(f"{whose(entry)}: {clean(entry.text)}")
    heard, unheard = split_heard(entry)
    said = [clean(heard)] if heard else []
    if unheard:
        said.append(f"[not heard: {clean(unheard)}]")
    said += [f"({note})" for note in _notes(entry)]
    manner = f" ({clean(how(entry))})" if how(entry) else ""
    return visible(f"{whose(entry)}{manner}: {' '.join(said)}") if said else ""


def _plain_card(card: ToolCard) -> str:
    rows = [f"Tool {one_line(f'{card.name}({card.arguments})')} ({_state(card)})"]
    for title, text in parts(card):
        if title != "Arguments":
            rows.append(f"    {title}: " + clean(text, PART_CHARACTERS).strip().replace("\n", "\n    "))
    return visible("\n".join(rows))


def _notes(entry: Entry) -> list[str]:
    images = [clean(image.text) for image in entry.images or []]
    return [*([ending(entry)] if ending(entry) else []), *images]


def _state(card: ToolCard) -> str:
    seconds = f", {card.seconds:.1f} s" if card.seconds is not None else ""
    return f"{STATES[card.state]}{seconds}"


def _fenced(text: str) -> str:
    """Return a block of code, fenced by more backticks than it holds in a row."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{visible(text).rstrip()}\n{fence}"
