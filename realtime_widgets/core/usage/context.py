"""How full the model's context is: what its last answer read, beside what it can hold. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

#: From this share on the user is told that the context will soon be full.
NEARLY_FULL = 0.8
#: Below this share it is worth no word.
_WORTH_A_WORD = 0.1
#: Tokens that a context holds, by the beginning of a model's name; the first that fits counts.
#: Source: OpenAI's pages on its models, November 2026; the local endpoint's own default.
_WINDOWS = (
    (re.compile(r"gpt-realtime-2(?!\d)"), 128_000),
    (re.compile(r"gpt-realtime(-1\.5|-mini|-\d{4}|$)"), 32_000),
    (re.compile(r"gpt-4o(-mini)?-realtime"), 32_000),
    (re.compile(r"local-"), 128_000),
)


@dataclass(frozen=True)
class ContextUse:
    """How much of the model's context the conversation takes.

    Attributes
    ----------
    tokens : int
        What the last answer read and was, in tokens; 0 before the first answer.
    limit : int or None
        Tokens that are kept at most: what the model's context holds, or less if ``truncation`` says so; None if
        that is not known.
    shortens : bool
        Whether the service leaves out the oldest part when it is full; otherwise answers fail then.
    """

    tokens: int = 0
    limit: int | None = None
    shortens: bool = True

    @property
    def share(self) -> float | None:
        """Share of the limit that is taken, 0 to 1; None if that is not known."""
        return min(1.0, self.tokens / self.limit) if self.limit else None

    @property
    def notice(self) -> str:
        """What to tell the user once it is nearly full; empty until then."""
        share = self.share
        if share is None or share < NEARLY_FULL:
            return ""
        then = "its oldest part is left out" if self.shortens else "answers fail, for truncation is disabled"
        return (
            f"The conversation takes {self.tokens:,} of the {self.limit:,} tokens that the model can have before "
            f"it: when these are full, {then}."
        )

    def __str__(self) -> str:
        share = self.share
        return "" if share is None or share < _WORTH_A_WORD else f"context {share:.0%} full"


def context_limit(model: str, truncation: object) -> tuple[int | None, bool]:
    """Return the tokens that are kept at most, and whether more are left out rather than refused.

    Parameters
    ----------
    model
        Name of the model.
    truncation
        As the service tells it in the session.
    """
    window = next((tokens for name, tokens in _WINDOWS if name.match(model)), None)
    limits: JsonObject = truncation.get("token_limits") or {} if isinstance(truncation, dict) else {}
    asked = limits.get("post_instructions") if isinstance(limits, dict) else None
    kept = asked if isinstance(asked, int) and not isinstance(asked, bool) and asked > 0 else None
    known = [each for each in (window, kept) if each is not None]
    return min(known, default=None), truncation != "disabled"
