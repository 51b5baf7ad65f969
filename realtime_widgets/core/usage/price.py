"""What one model costs: by the token, the minute, the message and the character. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Price:
    """Prices of one model in US dollars; None if it has none for that kind. They add up.

    Attributes
    ----------
    text_in, audio_in, image_in : float or None
        Per million tokens that are not read from the cache.
    text_cached, audio_cached, image_cached : float or None
        Per million tokens read from the cache; counted like other tokens if there is no price for that.
    text_out, audio_out : float or None
        Per million tokens made; reasoning counts as text.
    per_minute : float or None
        Per minute of sound that is transcribed.
    per_session_minute : float or None
        Per minute of connected time. Tokens that have a price are billed beside it, others are included in it.
    per_standby_minute : float or None
        Per minute of connected time in which the service only waits for speech.
    per_text_message : float or None
        Per message that the user types.
    characters_in : float or None
        Per million characters of text to be spoken.
    since : date or None
        First day of this price, as far as known.
    source : str
        Where it is from, and when it was read.

    Raises
    ------
    ConfigurationError
        If a price is negative or no number.
    """

    text_in: float | None = None
    text_cached: float | None = None
    text_out: float | None = None
    audio_in: float | None = None
    audio_cached: float | None = None
    audio_out: float | None = None
    image_in: float | None = None
    image_cached: float | None = None
    per_minute: float | None = None
    per_session_minute: float | None = None
    per_standby_minute: float | None = None
    per_text_message: float | None = None
    characters_in: float | None = None
    since: date | None = None
    source: str = "your own table"

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("since", "source") or value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigurationError(f"the price {each.name} must be US dollars, 0 or more, not {value!r}")

    @property
    def by_token(self) -> bool:
        """Whether tokens have a price."""
        return any(rate is not None for rate in (self.text_in, self.text_out, self.audio_in, self.audio_out))

    @property
    def free(self) -> bool:
        """Whether everything that has a price costs nothing."""
        rates = [getattr(self, each.name) for each in fields(self) if each.name not in ("since", "source")]
        given = [rate for rate in rates if rate is not None]
        return bool(given) and not any(given)

    def fresh(self, kind: str) -> float | None:
        """Price of tokens of a kind (text, audio, image) that are not read from the cache."""
        rate: float | None = getattr(self, f"{kind}_in")
        return rate

    def cached(self, kind: str) -> float | None:
        """Price of tokens of a kind read from the cache."""
        rate: float | None = getattr(self, f"{kind}_cached")
        return self.fresh(kind) if rate is None else rate


_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
#: What costs nothing, on this machine.
ON_THIS_MACHINE = Price(0, 0, 0, 0, 0, 0, 0, 0, per_minute=0, per_session_minute=0, source="on this machine")
#: A model that nobody knows the price of.
UNPRICED = Price()


def names_of(model: str) -> dict[str, None]:
    """Return a model's name, and without its date: what is not known of a snapshot is that of its undated name."""
    return dict.fromkeys((model, _SNAPSHOT.sub("", model)))
