"""What a check is shown, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.images import Picture

#: Where a check looks: words of the user, a sentence of the answer, the arguments and the result of a tool call,
#: an image on its way to the model.
Place = Literal["input", "output", "tool_arguments", "tool_result", "picture"]
#: What is done: nothing; it is noted for review; some words are hidden; other words take its place; the answer (or
#: the call) stops there; the session ends.
Action = Literal["pass", "flag", "mask", "replace", "stop", "end"]

PLACES: tuple[Place, ...] = get_args(Place)
#: From the mildest to the strongest: of several verdicts the strongest is applied.
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes
    ----------
    action
        What is to be done, see `Action`.
    reason
        Why, in words for the person who reviews it.
    text
        With ``"mask"`` the same text with the hidden words replaced, with ``"replace"`` the words in its place.
    score
        How sure the check is, 0 to 1, if it can tell.
    cost
        What the check cost, in US dollars.
    """

    action: Action = "pass"
    reason: str = ""
    text: str = ""
    score: float | None = None
    cost: float = 0.0

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ConfigurationError(f"a verdict is one of {', '.join(ACTIONS)}, not {self.action!r}")
        if self.action in ("mask", "replace") and not self.text:
            raise ConfigurationError(f"a verdict {self.action!r} needs the text that is used instead")

    @property
    def passed(self) -> bool:
        """Whether nothing is to be done, and nothing to be noted."""
        return self.action == "pass"

    def costing(self, cost: float) -> Verdict:
        """Return the same verdict with what it cost, in US dollars."""
        return replace(self, cost=cost)


PASS = Verdict()


def flag(reason: str, score: float | None = None) -> Verdict:
    """Let it pass, and note it for review."""
    return Verdict("flag", reason, score=score)


def mask(text: str, reason: str, score: float | None = None) -> Verdict:
    """Use `text`, the same words with some of them hidden, instead."""
    return Verdict("mask", reason, text, score)


def replace_by(text: str, reason: str, score: float | None = None) -> Verdict:
    """Use `text` instead, such as a sentence that says why nothing else is said."""
    return Verdict("replace", reason, text, score)


def stop(reason: str, score: float | None = None) -> Verdict:
    """Stop the answer before it, or do not run the call, or do not send it."""
    return Verdict("stop", reason, score=score)


def end(reason: str, score: float | None = None) -> Verdict:
    """End the session."""
    return Verdict("end", reason, score=score)


@dataclass(frozen=True)
class Checked:
    """What a check looks at.

    Attributes
    ----------
    place
        Where it is, see `Place`.
    text
        Its words: a sentence, JSON arguments, the output of a tool; empty for an image.
    item_id, call_id
        Ids of the item of the conversation and of the tool call that it belongs to, as far as there are any.
    tool
        Name of the tool, for its arguments and its result.
    question
        What the user said last.
    image
        The image, for ``"picture"``.
    """

    place: Place
    text: str = ""
    item_id: str = ""
    call_id: str = ""
    tool: str = ""
    question: str = ""
    image: Picture | None = None


if TYPE_CHECKING:
    #: A check: a function of a `Checked`; or of its text alone, if its parameter is called ``text``. It returns a
    #: `Verdict`, a text (the reason of a flag), or None if there is nothing to say. It may be asynchronous.
    Check = Callable[[Any], Verdict | str | Awaitable[Verdict | str | None] | None]
