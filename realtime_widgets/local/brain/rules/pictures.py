"""What the stand-in says about pictures: the text that was read in them, and that it sees nothing else.

What stands in a picture is only ever said. It does not reach the choice of tools or their arguments, and is not
taken for a direction.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.rules.history import Picture, Turn

CANNOT_SEE = "I cannot see images."
_READ_ONLY = "I cannot see images, only read the text in them."
_NO_MORE = "I cannot see what else it shows."
#: What this package's client writes into an output where a picture belongs.
_FOLLOWS = re.compile(r"<image \d+, in the message after this output>")
_NUMBER = re.compile(r"[-+\u2212]?[\d.,:]+(?:e[-+\u2212]?\d+)?\s?%?")
#: Most numbers that are said one by one beside words: a plot has many at its axes.
_SAID_NUMBERS = 6
#: Most lines and characters that are said of one picture.
_SAID_LINES, _SAID_CHARACTERS = 16, 600

_THINGS = (
    r"(?:picture|image|photo(?:graph)?|figure|plot|graph|chart|diagram|slide|screen(?:shot)?|drawing|frame|camera"
    r"|page|sign|label|poster|whiteboard|axis|axes|legend|title|caption|text|words?|letters?|writing|traceback)s?"
)
_ABOUT = re.compile(
    rf"\b(?:read|see|look|show|shown|describe|say|says|said|written|stands?|there)\b[^.?!]*\b{_THINGS}\b"
    rf"|\b{_THINGS}\b[^.?!]*\b(?:read|see|say|says|said|written|shows?|stands?|mean|means|about)\b"
    rf"|\b(?:what|which)\b[^.?!]{{0,24}}\b{_THINGS}\b"
    r"|\bwhat (?:does|do|did) (?:it|this|that|these|those|they|the [\w ]{1,40}) (?:say|show|read|mean)\b"
    r"|\bwhat(?:'s| is| do you see| can you see| can you read| stands)\b[^.?!]{0,16}"
    r"\b(?:it|this|that|here|there|written|see|read)\b"
    r"|\bwhat (?:(?:do|can|could) you (?:see|read)|am i showing you|did i (?:show|send) you)\b"
    r"|\b(?:can|could|do) you (?:see|read) (?:it|this|that|me|anything)\b"
    r"|^\W*(?:please |can you |could you |now )*(?:read|describe|look at) (?:it|this|that|them)"
    r"(?: (?:to me|aloud|out|out loud|please|again))*\W*$",
    re.IGNORECASE,
)


def asks_about(text: str) -> bool:
    """Return whether the user asks what a picture says or shows, if there is one."""
    return _ABOUT.search(text) is not None


def last_shown(turns: Sequence[Turn], place: int) -> tuple[Picture, ...]:
    """Return the pictures of the newest turn of the user up to `place` that has some."""
    shown = (turn.pictures for turn in reversed(turns[: place + 1]) if turn.kind == "user" and turn.pictures)
    return next(shown, ())


def shown_since(turns: Sequence[Turn], place: int) -> bool:
    """Return whether the turns of the user that end at `place`, without an answer between, have pictures."""
    while place >= 0 and turns[place].kind == "user":
        if turns[place].pictures:
            return True
        place -= 1
    return False


def apart_from_tools(turns: Sequence[Turn]) -> tuple[list[Turn], list[Picture]]:
    """Return `turns` without the pictures that tools returned, and those of the last calls.

    An output holds text only: a client sends its pictures right after it, as a message of the user without words.
    """
    others: list[Turn] = []
    shown: list[Picture] = []
    for turn in turns:
        if turn.kind == "user" and turn.pictures and not turn.text and others and others[-1].kind == "output":
            shown += turn.pictures
            others[-1] = replace(others[-1], text=_FOLLOWS.sub("", others[-1].text).strip())
            continue
        if turn.kind in ("user", "assistant"):
            shown.clear()
        others.append(turn)
    return others, shown


def told(pictures: Sequence[Picture]) -> list[str]:
    """Return what was read, piece by piece, with each line on a line of its own; and that nothing else is seen."""
    if len(pictures) < 2:
        return [piece for picture in pictures for piece in _told(picture, "the picture")]
    return [
        piece if not number or place else f"\n{piece}"
        for number, picture in enumerate(pictures)
        for place, piece in enumerate(_told(picture, f"picture {number + 1}"))
    ]


def mentioned(pictures: Sequence[Picture]) -> list[str]:
    """Return what to say about pictures if the user talks about something else."""
    return [_READ_ONLY if any(picture.lines for picture in pictures) else CANNOT_SEE]


def _told(picture: Picture, name: str) -> list[str]:
    if picture.lines is None:
        return (
            [CANNOT_SEE, f"I could not read the text in {name}: {picture.unread}."]
            if picture.unread
            else [CANNOT_SEE]
        )
    if not picture.lines:
        return [f"I found no text in {name}.", _READ_ONLY]
    numbers = [line for line in picture.lines if _NUMBER.fullmatch(line)]
    if not _SAID_NUMBERS < len(numbers) < len(picture.lines):
        numbers = []
    lines = [line for line in picture.lines if line not in numbers]
    said: list[str] = []
    for line in lines:
        if len(said) == _SAID_LINES or sum(map(len, said)) + len(line) > _SAID_CHARACTERS:
            break
        said.append(f"\n{line}")
    rest = []
    if left := len(lines) - len(said):
        rest.append(f"There {'is 1 more line' if left == 1 else f'are {left} more lines'}.")
    if numbers:
        rest.append(f"There are also {len(numbers)} numbers.")
    first, *others = [*rest, _NO_MORE]
    return [f"I read this in {name}:", *said, f"\n{first}", *others]
