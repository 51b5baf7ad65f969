"""The table that finds a model's price by its name: the user's, this package's, and those that others keep up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.usage.price import ON_THIS_MACHINE, Price, names_of
from realtime_widgets.core.usage.published_prices import published_prices
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import LOCAL_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable


_OPENAI = "OpenAI's prices as known on 22 Nov 2026"
_OPENAI_2024 = "OpenAI's price list of October 2024"
_OPENAI_OLD = "OpenAI's price list while the model was offered"
_LIVE = "OpenAI's price list as read in November 2026"
_XAI = "xAI, about $0.001333 a second and $0.004 a typed message, as known on 22 Nov 2026"
_XAI_APRIL = "xAI's model page of 4 Apr 2026"

_PREVIEW = Price(5, 2.50, 20, 40, 2.50, 80, since=date(2024, 12, 17), source=_OPENAI_OLD)
_PREVIEW_2024_10 = Price(5, 2.50, 20, 100, 20, 200, since=date(2024, 10, 1), source=_OPENAI_2024)
_AUDIO_PREVIEW = Price(2.50, None, 10, 40, None, 80, since=date(2024, 12, 17), source=_OPENAI_OLD)
_AUDIO_PREVIEW_2024_10 = replace(
    _AUDIO_PREVIEW, audio_in=100, audio_out=200, since=date(2024, 10, 1), source=_OPENAI_2024
)
_GPT_LIVE = Price(per_session_minute=0.05, per_standby_minute=0.02, source=_LIVE)
_GROK = Price(per_session_minute=0.08, per_text_message=0.004, since=date(2026, 8, 5), source=_XAI)

#: Our own prices by the names of models, in which ``*`` stands for anything: those that the published ones lack or
#: have in another way. A name that stands here several times has had several prices.
OWN_LIST: tuple[tuple[str, Price], ...] = (
    # The published ones have the last price only, and of audio none.
    ("gpt-4o-realtime-preview", _PREVIEW_2024_10),
    ("gpt-4o-realtime-preview", _PREVIEW),
    ("gpt-4o-realtime-preview-2024-10-01", _PREVIEW_2024_10),
    ("gpt-4o-audio-preview", _AUDIO_PREVIEW_2024_10),
    ("gpt-4o-audio-preview", _AUDIO_PREVIEW),
    ("gpt-4o-audio-preview-2024-10-01", _AUDIO_PREVIEW_2024_10),
    ("gpt-4o-mini-audio-preview", Price(0.15, None, 0.60, 10, None, 20, source=_OPENAI_OLD)),
    # There it is called a price of written tokens, but the model writes none.
    ("gpt-4o-mini-tts", Price(text_in=0.60, audio_out=12, source=_OPENAI)),
    # There without standby, and without the newer model.
    ("gpt-live-1", _GPT_LIVE),
    ("gpt-live-1.1", _GPT_LIVE),
    # There by a few names only.
    ("grok-voice*", replace(_GROK, per_session_minute=0.05, since=date(2026, 4, 4), source=_XAI_APRIL)),
    ("grok-voice*", _GROK),
    (LOCAL_MODEL, ON_THIS_MACHINE),
    ("local-script", ON_THIS_MACHINE),
)

#: What the user may give as prices: by a model's or deployment's name, its price, or the name of the model it is.
OwnPrices = Mapping[str, Price | Mapping[str, Any] | str]


class PriceTable:
    """Finds the price of a model; a model that is not in it has none.

    Parameters
    ----------
    entries : iterable of (str, Price)
        Names, in which ``*`` stands for anything, and prices; None means those of the package: its own list, and
        for all other models its copy of `genai-prices <https://github.com/pydantic/genai-prices>`_.

    Examples
    --------
    >>> PriceTable().price("gpt-realtime-2025-08-28").audio_in
    32
    >>> PriceTable().price("gpt-4o-realtime-preview", on=date(2024, 10, 5)).audio_out
    200
    >>> PriceTable().with_own({"our-deployment": "gpt-realtime-2.1"}).price("our-deployment").text_out
    24
    """

    def __init__(self, entries: Iterable[tuple[str, Price]] | None = None) -> None:
        self._given = None if entries is None else tuple(entries)
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
        table = PriceTable(self._given)
        table._own = (*((name, self._own_price(name, given)) for name, given in prices.items()), *self._own)
        return table

    def price(self, model: str, on: date | None = None) -> Price | None:
        """Find the price of `model`, the latest or the one of a day; None if there is none."""
        return _find(self._own, model, on) or self._listed(model, on)

    def price_of(self, reported: str, asked: str) -> Price | None:
        """Find the price of what the service calls `reported` when `asked` was asked for.

        The user's own table knows it by either name; otherwise the service's word goes first, since it is
        what really answers.
        """
        own = _find(self._own, reported, None) or _find(self._own, asked, None)
        return own or self._listed(reported or asked, None)

    def _lists(self) -> tuple[tuple[tuple[str, Price], ...], ...]:
        return (OWN_LIST, published_prices()) if self._given is None else (self._given,)

    def _listed(self, model: str, on: date | None) -> Price | None:
        """Find a price: whole names in each list go before names with ``*`` in any."""
        found = (find(each, model, on) for find in (_find_whole, _find) for each in self._lists())
        return next((price for price in found if price is not None), None)

    def _own_price(self, name: str, given: object) -> Price:
        if isinstance(given, Price):
            return given
        if isinstance(given, str):
            price = self.price(given)
            if price is None:
                known = ", ".join(sorted({name for each in self._lists() for name, _ in each}))
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
    for name in names_of(model):
        if (whole := _find_whole(entries, name, on)) is not None:
            return whole
        if found := [price for key, price in entries if "*" in key and fnmatchcase(name, key)]:
            return _of_day(found, on)
    return None


def _find_whole(entries: tuple[tuple[str, Price], ...], model: str, on: date | None) -> Price | None:
    for name in names_of(model):
        if found := [price for key, price in entries if key == name]:
            return _of_day(found, on)
    return None


def _of_day(prices: list[Price], on: date | None) -> Price:
    """Return the price in force on a day; the first if that day is before all of them."""
    in_order = sorted(prices, key=lambda price: price.since or date.min)
    in_force = [price for price in in_order if on is None or price.since is None or price.since <= on]
    return in_force[-1] if in_force else in_order[0]
