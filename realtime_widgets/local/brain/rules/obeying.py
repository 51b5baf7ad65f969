"""Does what a direction asks for: turns its acts into the sentences of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.local.brain.rules import small_talk
from realtime_widgets.local.brain.rules.brevity import shortened
from realtime_widgets.local.brain.rules.phrasing import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.rules.directions import Act, Direction
    from realtime_widgets.local.brain.tool_schema import Tool


def perform(direction: Direction, tools: Sequence[Tool], instructions: str) -> list[str]:
    """Return the sentences of an answer.

    Parameters
    ----------
    direction
        What to do; words that are to be said as they are keep their length.
    tools, instructions
        Those of the response: a greeting names them.
    """
    said: list[str] = []
    acts = direction.doable
    for act in acts:
        if act.kind == "literal":
            said += _as_written(act.text)
            continue
        if act.kind == "greet":
            told = _greeting(act, tools, instructions, alone=len(acts) == 1)
        elif act.kind == "introduce":
            told = small_talk.introduction(tools, instructions)
        else:
            told = sentences(act.text)
        said += shortened(told, direction.length)
    return said


def _greeting(act: Act, tools: Sequence[Tool], instructions: str, alone: bool) -> list[str]:
    if act.text:
        return [f"Hello, {act.text}."]
    greeting = small_talk.greeting(tools, instructions)
    return greeting if alone else greeting[:1]


def _as_written(text: str) -> list[str]:
    """Return `text` in pieces to be spoken one by one, which together are the text with its lines."""
    pieces: list[str] = []
    breaks = ""
    for line in text.split("\n"):
        if line.strip():
            first, *rest = sentences(line)
            pieces += [breaks + first, *rest]
            breaks = ""
        breaks += "\n" if pieces else ""
    return pieces
