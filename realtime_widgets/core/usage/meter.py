"""Counts what a session uses, from the server's events, and what is left of the account's limits. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from realtime_widgets.core.usage.context import ContextUse, context_limit
from realtime_widgets.core.usage.price import ON_THIS_MACHINE, UNPRICED
from realtime_widgets.core.usage.usage import (
    ANSWER_AUDIO_TOKENS_PER_S,
    CHARACTERS_PER_TOKEN,
    KINDS,
    Usage,
)
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_widgets.core.usage.price import Price
    from realtime_widgets.core.usage.prices import PriceTable

Key = TypeVar("Key", str, tuple[str, int])

#: Events that report something to a `Meter`.
COUNTED = frozenset(
    {
        ev.SessionCreated,
        ev.SessionUpdated,
        ev.ResponseDone,
        ev.InputTranscriptionCompleted,
        ev.RateLimitsUpdated,
    }
)


@dataclass(frozen=True)
class RateLimit:
    """One of the account's limits, as the service last reported it.

    Attributes
    ----------
    name : str
        ``requests`` or ``tokens``.
    limit, remaining : float or None
        How many there are in all, and how many are left.
    reset_seconds : float or None
        Seconds until all are there again.
    """

    name: str
    limit: float | None = None
    remaining: float | None = None
    reset_seconds: float | None = None


class Meter:
    """Counts the responses and transcriptions of one session, each at the price of the model that made it.

    Parameters
    ----------
    prices
        Where to look prices up.
    model, transcription
        Models asked for; what the service says goes before.
    free
        Whether all runs on this machine.
    """

    def __init__(self, prices: PriceTable, model: str, transcription: str | None, free: bool = False) -> None:
        self.rate_limits: dict[str, RateLimit] = {}
        self._prices = prices
        self._asked, self._asked_transcription = model, transcription or ""
        self._free = free
        self._reported = self._reported_transcription = ""
        self._responses: dict[str, Usage] = {}
        self._transcriptions: dict[tuple[str, int], Usage] = {}
        self._used = Usage()
        self._typed = 0
        self._truncation: object = None
        self._in_context = 0
        #: Tokens of each kind that the last response read.
        self._last_read: dict[str, int] = {}

    @property
    def model(self) -> str:
        """The model that answers."""
        return self._reported or self._asked

    @property
    def models(self) -> tuple[str, ...]:
        """The models in use: the one that answers, and the one that writes down what is said."""
        return tuple(filter(None, (self.model, self._reported_transcription or self._asked_transcription)))

    @property
    def context(self) -> ContextUse:
        """How full the model's context is."""
        return ContextUse(self._in_context, *context_limit(self.model, self._truncation))

    @property
    def price(self) -> Price | None:
        """Its price, None if none is known."""
        if self._free and not self._reported.startswith("local-"):
            return ON_THIS_MACHINE
        # The local endpoint may have its answers from a chat endpoint, which costs nobody here knows what.
        return self._prices.price_of(self._reported, self._asked)

    def image_cost(self, tokens: int) -> float | None:
        """Return what images of so many tokens cost as input, in US dollars; None if that is not known."""
        used = {"input_tokens": tokens, "input_token_details": {"image_tokens": tokens}}
        return Usage.of_response(used, self.price or UNPRICED, self.model).money

    @property
    def used(self) -> Usage:
        """All responses and transcriptions so far, without typed messages and the time of the session."""
        return self._used

    def total(self, seconds: float) -> Usage:
        """Return all that was used in a session of `seconds`, its time included if that is billed."""
        price = self.price
        total = self.used + self.of_messages(self._typed)
        if price is None or not price.per_session_minute or not seconds:
            return total
        total += Usage.of_session_time(seconds, price, self.model)
        return replace(total, cost=replace(total.cost, by_time=total.cost.by_time - {self.model}))

    def of_messages(self, number: int) -> Usage:
        """Return what messages that the user types cost, if the model's service bills them one by one."""
        return Usage.of_messages(number, self.price or UNPRICED, self.model)

    def sent(self, event: ev.ItemCreate) -> None:
        """Count a message of the user's, also one that is put back after a loss: services bill it again."""
        self._typed += event.item.get("type") == "message" and event.item.get("role") == "user"

    def of(self, response_ids: Iterable[str], item_ids: Iterable[str]) -> Usage:
        """Return what some responses used, and the transcriptions of some of the user's items."""
        items = set(item_ids)
        responses = [self._responses[each] for each in response_ids if each in self._responses]
        words = [usage for (item_id, _), usage in self._transcriptions.items() if item_id in items]
        return sum((*responses, *words), Usage())

    def receive(self, event: ev.AnyServerEvent) -> None:
        """Count what a server event reports."""
        match event:
            case ev.SessionCreated() | ev.SessionUpdated():
                self._take_models(event.session)
            case ev.ResponseDone():
                response_id = str(event.response.get("id") or f"unnamed {len(self._responses)}")
                usage = Usage.of_response(event.response.get("usage"), self.price or UNPRICED, self.model)
                self._count(self._responses, response_id, usage)
                if usage.input_tokens and event.response.get("conversation_id", "") is not None:
                    self._in_context = usage.total_tokens
                if usage.input_tokens:
                    read = {f"{kind}_tokens": getattr(usage, f"input_{kind}_tokens") for kind in KINDS}
                    self._last_read = {name: tokens for name, tokens in read.items() if tokens}
            case ev.InputTranscriptionCompleted():
                model, price = self._transcriber()
                usage = Usage.of_transcription(event.usage, price or UNPRICED, model)
                self._count(self._transcriptions, (event.item_id, event.content_index), usage)
            case ev.RateLimitsUpdated():
                self.rate_limits |= {
                    limit.name: limit for limit in map(_rate_limit, event.rate_limits) if limit.name
                }
            case _:
                pass

    def cut_off(self, response_id: str, read: int, written: int, spoken_s: float) -> None:
        """Estimate a response whose connection was lost before the service told what it used.

        Parameters
        ----------
        response_id
            Id of the response.
        read
            Characters of the conversation before it; they count unless a response has told what it read.
        written, spoken_s
            Characters of the words that came of it, and seconds of its speech.
        """
        came = self._last_read or {"text_tokens": math.ceil(read / CHARACTERS_PER_TOKEN)}
        text = math.ceil(written / CHARACTERS_PER_TOKEN)
        audio = math.ceil(spoken_s * ANSWER_AUDIO_TOKENS_PER_S)
        used = {
            "input_tokens": sum(came.values()),
            "input_token_details": came,
            "output_tokens": text + audio,
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }
        usage = Usage.of_response(used, self.price or UNPRICED, self.model)
        self._count(self._responses, response_id, usage)

    def _count(self, store: dict[Key, Usage], key: Key, usage: Usage) -> None:
        """Add a usage; a second report of the same usage replaces the first."""
        again = key in store
        store[key] = usage
        if again:
            self._used = sum((*self._responses.values(), *self._transcriptions.values()), Usage())
        else:
            self._used += usage

    def _take_models(self, session: ev.JsonObject) -> None:
        self._reported = str(session.get("model") or self._reported)
        self._truncation = session.get("truncation", self._truncation)
        found: object = session
        for name in ("audio", "input", "transcription", "model"):
            found = found.get(name) if isinstance(found, dict) else None
        self._reported_transcription = str(found or self._reported_transcription)

    def _transcriber(self) -> tuple[str, Price | None]:
        """Name the model that writes down what is said, and its price; some services bill it with the rest."""
        name = self._reported_transcription or self._asked_transcription
        price = self.price
        if price is not None and price.per_session_minute:
            return self.model, price
        if self._free or price is ON_THIS_MACHINE:
            return name, ON_THIS_MACHINE
        return name, self._prices.price_of(self._reported_transcription, self._asked_transcription)


def _rate_limit(given: ev.JsonObject) -> RateLimit:
    def number(name: str) -> float | None:
        value = given.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    return RateLimit(str(given.get("name") or ""), number("limit"), number("remaining"), number("reset_seconds"))
