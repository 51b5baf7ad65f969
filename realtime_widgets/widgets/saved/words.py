"""What the HTML, markdown and text of a talk share: names, states, what was heard, parts of a card. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.widgets.messages import Entry, ToolCard

_NAMES = {"user": "You", "assistant": "Assistant", "notice": "Note", "error": "Problem"}
_HOW = {"speech": "spoken", "text": "typed"}
STATES = {
    "waiting": "was waiting",
    "approval": "was waiting for your consent",
    "running": "was running",
    "done": "done",
    "error": "failed",
}


def whose(entry: Entry) -> str:
    """Return who said it, or what it is."""
    return _NAMES.get(entry.kind, "")


def how(entry: Entry) -> str:
    """Return how the user said it, and of what the model said before its answer that it is that."""
    if entry.preamble:
        return "before the answer"
    if entry.shown:
        return f"shown: {entry.shown.title}"
    return _HOW.get(entry.source, "") if entry.kind == "user" else ""


def split_heard(entry: Entry) -> tuple[str, str]:
    """Return the words that were heard and those that were cut off."""
    if entry.shown:
        return "\n".join(filter(None, (entry.shown.note, entry.text))), ""
    if not entry.cut or entry.heard_length is None:
        return entry.text, ""
    return entry.text[: entry.heard_length].rstrip(), entry.text[entry.heard_length :].strip()


def ending(entry: Entry) -> str:
    """Return in what way a message ended before its end; empty if it did not."""
    if entry.cut and entry.heard_ms:
        return f"cut after {entry.heard_ms / 1000:.1f} s"
    if entry.cut:
        return "cut before a word was heard"
    return {"incomplete": "incomplete", "in_progress": "not complete yet"}.get(entry.state, "")


def parts(card: ToolCard) -> list[tuple[str, str]]:
    """Return what a tool's card shows, each part with its title, in order."""
    every = [
        ("Arguments", card.arguments),
        ("Read as", card.read_as),
        ("Result", card.result),
        ("Error", card.error),
        ("Traceback", card.traceback),
        ("Printed", card.printed),
    ]
    return [(title, text) for title, text in every if text.strip()]
