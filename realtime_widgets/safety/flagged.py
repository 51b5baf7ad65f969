"""What was flagged, with the talk around it: what a person needs who has to judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.safety.verdict import Action, Place


@dataclass(frozen=True)
class Said:
    """One entry of the talk: words of somebody, or a tool call.

    Attributes
    ----------
    role
        ``"user"``, ``"assistant"``, ``"system"`` or ``"tool"``.
    text
        The words; of a tool call its name and arguments, and its output in the next entry.
    item_id
        Id of the item in the conversation.
    """

    role: str
    text: str
    item_id: str = ""


@dataclass(frozen=True)
class Flagged:
    """One thing that a check did not let pass without a word.

    Attributes
    ----------
    id
        Unique id.
    time
        When, in seconds since 1970.
    session
        Id of the talk: the same for all of one session.
    place, check, action, reason, score
        Where, which check, what was done, why, and how sure the check was (0 to 1, None if it did not say).
    text
        What it is about, as it was before anything was done.
    item_id, call_id, tool
        Ids of the item and of the tool call, and the tool's name, as far as there are any.
    talk
        The last entries of the talk up to it, oldest first.
    heard, spoken
        Sound of the user and of the answer, mono PCM16 at 24 kHz, on its way to a `ReviewLog` that keeps it; empty
        otherwise.
    """

    id: str
    time: float
    session: str
    place: Place
    check: str
    action: Action
    reason: str
    score: float | None
    text: str
    item_id: str = ""
    call_id: str = ""
    tool: str = ""
    talk: tuple[Said, ...] = ()
    heard: bytes = b""
    spoken: bytes = b""
