"""Prices of models as data, with date and source, and the table that finds them by a model's name. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import LOCAL_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Price:
    """Prices of one model in US dollars; None if it has none for that kind.

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
        Per minute of connected time; responses are then not billed apart.
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


#: What the local endpoint costs.
ON_THIS_MACHINE = Price(0, 0, 0, 0, 0, 0, 0, 0, per_minute=0, per_session_minute=0, source="on this machine")

_OPENAI = "OpenAI's prices as known on 22 Nov 2026"
_SECOND_HAND = "second-hand, not checked against a price list"
_OPENAI_2024 = "OpenAI's price list of October 2024"
_OPENAI_OLD = "OpenAI's price list while the model was offered"
_XAI = "xAI, about $0.001333 a second, as known on 22 Nov 2026"
_XAI_APRIL = "xAI's model page of 4 Apr 2026"

_REALTIME = Price(4, 0.40, 16, 32, 0.40, 64, 5, 0.50, source=_OPENAI)
_REALTIME_2 = replace(_REALTIME, text_out=24, since=date(2026, 5, 7))
_REALTIME_MINI = Price(0.60, 0.06, 2.40, 10, 0.30, 20, 0.80, 0.08, source=_OPENAI)
_PREVIEW = Price(5, 2.50, 20, 40, 2.50, 80, since=date(2024, 12, 17), source=_OPENAI_OLD)
_PREVIEW_2024_10 = Price(5, 2.50, 20, 100, 20, 200, since=date(2024, 10, 1), source=_OPENAI_2024)
_AUDIO = Price(2.50, None, 10, 32, None, 64, source=_OPENAI)
_AUDIO_PREVIEW = Price(2.50, None, 10, 40, None, 80, since=date(2024, 12, 17), source=_OPENAI_OLD)
_AUDIO_PREVIEW_2024_10 = replace(
    _AUDIO_PREVIEW, audio_in=100, audio_out=200, since=date(2024, 10, 1), source=_OPENAI_2024
)
_GROK = Price(per_session_minute=0.08, since=date(2026, 11, 22), source=_XAI)

#: Price of each model by its name; ``*`` stands for anything. A name that stands here several times has had
#: several prices. Dated snapshots that are not named cost what their undated name costs.
BUILT_IN: tuple[tuple[str, Price], ...] = (
    ("gpt-realtime-2.1", _REALTIME_2),
    ("gpt-realtime-2", _REALTIME_2),
    ("gpt-realtime-2.1-mini", _REALTIME_MINI),
    ("gpt-realtime-1.5", _REALTIME),
    ("gpt-realtime", replace(_REALTIME, since=date(2025, 8, 28))),
    ("gpt-realtime-mini", _REALTIME_MINI),
    ("gpt-4o-realtime-preview", _PREVIEW_2024_10),
    ("gpt-4o-realtime-preview", _PREVIEW),
    ("gpt-4o-realtime-preview-2024-10-01", _PREVIEW_2024_10),
    ("gpt-4o-mini-realtime-preview", Price(0.60, 0.30, 2.40, 10, 0.30, 20, source=_OPENAI_OLD)),
    ("gpt-audio-1.5", _AUDIO),
    ("gpt-audio", _AUDIO),
    ("gpt-audio-mini", Price(0.60, None, 2.40, 10, None, 20, source=_OPENAI)),
    ("gpt-4o-audio-preview", _AUDIO_PREVIEW_2024_10),
    ("gpt-4o-audio-preview", _AUDIO_PREVIEW),
    ("gpt-4o-audio-preview-2024-10-01", _AUDIO_PREVIEW_2024_10),
    ("gpt-4o-mini-audio-preview", Price(0.15, None, 0.60, 10, None, 20, source=_OPENAI_OLD)),
    ("gpt-realtime-whisper", Price(per_minute=0.017, source=_OPENAI)),
    ("gpt-live-transcribe", Price(per_minute=0.017, source=_OPENAI)),
    ("gpt-transcribe", Price(per_minute=0.0045, source=_OPENAI)),
    ("gpt-4o-transcribe", Price(text_in=2.50, audio_in=2.50, text_out=10, source=_SECOND_HAND)),
    ("gpt-4o-mini-transcribe", Price(text_in=1.25, audio_in=1.25, text_out=5, source=_SECOND_HAND)),
    ("whisper-1", Price(per_minute=0.006, source=_SECOND_HAND)),
    ("gpt-4o-mini-tts", Price(text_in=0.60, audio_out=12, source=_SECOND_HAND)),
    ("gpt-4.1-mini", Price(text_in=0.40, text_cached=0.10, text_out=1.60, source=_SECOND_HAND)),
    ("grok-voice*", replace(_GROK, per_session_minute=0.05, since=date(2026, 4, 4), source=_XAI_APRIL)),
    ("grok-voice*", _GROK),
    (LOCAL_MODEL, ON_THIS_MACHINE),
    ("local-script", ON_THIS_MACHINE),
)

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")

#: What the user may give as prices: by a model's or deployment's name, its price, or the name of the model it is.
OwnPrices = Mapping[str, Price | Mapping[str, Any] | str]


class PriceTable:
    """Finds the price of a model; a model that is not in it has none.

    Parameters
    ----------
    entries : iterable of (str, Price)
        Names, in which ``*`` stands for anything, and prices; the built-in ones if nothing is given.

    Examples
    --------
    >>> PriceTable().price("gpt-realtime-2025-08-28").audio_in
    32
    >>> PriceTable().price("gpt-4o-realtime-preview", on=date(2024, 10, 5)).audio_out
    200
    >>> PriceTable().with_own({"our-deployment": "gpt-realtime-2.1"}).price("our-deployment").text_out
    24
    """

    def __init__(self, entries: Iterable[tuple[str, Price]] = BUILT_IN) -> None:
        self._entries = tuple(entries)
        self._own: tuple[tuple[str, Price], ...] = ()

    def with_own(self, prices: OwnPrices) -> PriceTable:
        """Return a table in which these prices go before the others.

        Parameters
        ----------
        prices
            By name of a model, or of a deployment on Azure: a `Price`, its fields as a mapping, or the name
            of the model whose price it has.

        Raises
        ------
        ConfigurationError
            If an entry is not a price.
        """
        if not isinstance(prices, Mapping):
            raise ConfigurationError(f"prices must map models' names to prices, not {prices!r}")
        table = PriceTable(self._entries)
        table._own = (*((name, self._own_price(name, given)) for name, given in prices.items()), *self._own)
        return table

    def price(self, model: str, on: date | None = None) -> Price | None:
        """Find the price of `model`, the latest or the one of a day; None if there is none."""
        return _find(self._own, model, on) or _find(self._entries, model, on)

    def price_of(self, reported: str, asked: str) -> Price | None:
        """Find the price of what the service calls `reported` when `asked` was asked for.

        The user's own table knows it by either name; otherwise the service's word goes first, since it is
        what really answers.
        """
        own = _find(self._own, reported, None) or _find(self._own, asked, None)
        return own or _find(self._entries, reported or asked, None)

    def _own_price(self, name: str, given: object) -> Price:
        if isinstance(given, Price):
            return given
        if isinstance(given, str):
            price = self.price(given)
            if price is None:
                known = ", ".join(sorted({name for name, _ in self._entries}))
                raise ConfigurationError(
                    f"prices name {given!r} as the model of {name!r}, but that has no price; known are {known}"
                )
            return replace(price, source=f"{price.source}, as {given}")
        if isinstance(given, Mapping):
            unknown = sorted(set(given) - {each.name for each in fields(Price)})
            if unknown:
                known = ", ".join(each.name for each in fields(Price))
                raise ConfigurationError(f"the price of {name!r} has no {unknown[0]!r}; it may have {known}")
            return Price(**given)
        raise ConfigurationError(
            f"the price of {name!r} must be a Price, a mapping or a model's name, not {given!r}"
        )


def _find(entries: tuple[tuple[str, Price], ...], model: str, on: date | None) -> Price | None:
    for name in dict.fromkeys((model, _SNAPSHOT.sub("", model))):
        exact = [price for key, price in entries if key == name]
        found = exact or [price for key, price in entries if "*" in key and fnmatchcase(name, key)]
        if found:
            return _of_day(found, on)
    return None


def _of_day(prices: list[Price], on: date | None) -> Price:
    """Return the price in force on a day; the first if that day is before all of them."""
    in_order = sorted(prices, key=lambda price: price.since or date.min)
    in_force = [price for price in in_order if on is None or price.since is None or price.since <= on]
    return in_force[-1] if in_force else in_order[0]
