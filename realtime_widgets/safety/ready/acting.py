"""What a ready check does with what it found: hide it, say something else, or one of the other actions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, get_args

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.safety.verdict import PASS, Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What is said in the place of what does not pass, if the check was given no words.
SAY = "I would rather not say that."


class Found(NamedTuple):
    """Something that a check found: where it is in the text, and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Acting:
    """What to do with what is found.

    Parameters
    ----------
    action
        ``"flag"``, ``"mask"``, ``"replace"``, ``"stop"`` or ``"end"``.
    say
        With ``"replace"``, what is said instead.

    Raises
    ------
    ConfigurationError
        If there is no such action, or there are words that no action says.
    """

    action: Action
    say: str = ""

    def __post_init__(self) -> None:
        actions = [each for each in get_args(Action) if each != "pass"]
        if self.action not in actions:
            raise ConfigurationError(f"action must be one of {', '.join(actions)}, not {self.action!r}")
        if self.say and self.action != "replace":
            raise ConfigurationError(f"say= needs action='replace', not {self.action!r}")

    def verdict(self, text: str, found: Iterable[Found], score: float | None = None) -> Verdict:
        """Return the verdict on a text in which something was found; it passes if that is nothing."""
        listed = sorted(found)
        if not listed:
            return PASS
        kinds = ", ".join(dict.fromkeys(each.kind for each in listed))
        match self.action:
            case "mask":
                return Verdict("mask", kinds, hidden(text, listed), score)
            case "replace":
                return Verdict("replace", kinds, self.say or SAY, score)
            case action:
                return Verdict(action, kinds, score=score)


def hidden(text: str, found: Iterable[Found]) -> str:
    """Return a text with what was found replaced by its kind in brackets."""
    parts, position = list[str](), 0
    for start, end, kind in sorted(found):
        if end <= position:
            continue
        parts += [text[position : max(start, position)], f"[{kind}]"]
        position = end
    return "".join([*parts, text[position:]])
