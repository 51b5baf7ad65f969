"""Tokens and money, added up from what the service reports with each response and transcription. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.usage.cost import Cost, CostLine
from realtime_widgets.core.usage.price import UNPRICED, Price
from realtime_widgets.core.usage.table import html_table, text_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS = ("text", "image", "audio")
#: Tokens that the service counts for a second of a user's speech.
USER_AUDIO_TOKENS_PER_S = 10
#: Tokens that the service counts for a second of an answer's speech.
ANSWER_AUDIO_TOKENS_PER_S = 20
#: Characters of a text for each of its tokens, about.
CHARACTERS_PER_TOKEN = 4


def _number(value: object) -> float:
    """Read a count as a server may write it; what is not a number counts as 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return 0.0
    return value


def _count(value: object) -> int:
    return int(_number(value))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class TranscriptionUsage:
    """What writing down the user's speech took; the service bills it apart from the responses.

    Attributes
    ----------
    seconds : float
        Sound that was billed by its length.
    input_text_tokens, input_audio_tokens, output_tokens : int
        Tokens, if it was billed by those.
    """

    seconds: float = 0.0
    input_text_tokens: int = 0
    input_audio_tokens: int = 0
    output_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """All its tokens."""
        return self.input_text_tokens + self.input_audio_tokens + self.output_tokens

    def __add__(self, other: TranscriptionUsage) -> TranscriptionUsage:
        return TranscriptionUsage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True, repr=False)
class Usage:
    """Tokens of one or more responses, the separate usage of transcription, and the cost of both.

    A response that was lost with its connection counts by an estimate, for the service bills it all the same.

    `input_*` and `output_*` of a kind are parts of the totals; `cached_*_tokens` is a part of
    `input_*_tokens` of its kind, and `reasoning_tokens` of `output_tokens`. A notebook shows it as a table.

    Attributes
    ----------
    transcription : TranscriptionUsage
        Not part of the token counts beside it.
    cost : Cost
        Line by line; ``cost.total`` is None if something has no price.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    input_text_tokens: int = 0
    input_audio_tokens: int = 0
    cached_tokens: int = 0
    output_text_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    cached_text_tokens: int = 0
    cached_audio_tokens: int = 0
    cached_image_tokens: int = 0
    reasoning_tokens: int = 0
    transcription: TranscriptionUsage = TranscriptionUsage()
    cost: Cost = field(default=Cost(), compare=False)

    @property
    def total_tokens(self) -> int:
        """All tokens of responses, in and out."""
        return self.input_tokens + self.output_tokens

    @property
    def money(self) -> float | None:
        """US dollars; None if a part of it has no price."""
        return self.cost.total

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Usage)})

    @classmethod
    def of_response(cls, usage: Mapping[str, Any] | None, price: Price = UNPRICED, model: str = "") -> Usage:
        """Read the ``usage`` of a `response.done`; what is missing counts as 0, and costs an unknown sum.

        Parameters
        ----------
        usage
            As on the wire.
        price
            Of the model; without one the response is unpriced.
        model
            Its name, for the lines of the cost.
        """
        given = _object(usage)
        came, went = _object(given.get("input_token_details")), _object(given.get("output_token_details"))
        read = {kind: _count(came.get(f"{kind}_tokens")) for kind in KINDS}
        cached = _cached_by_kind(came, read)
        tokens = cls(
            input_tokens=_count(given.get("input_tokens")),
            output_tokens=_count(given.get("output_tokens")),
            input_text_tokens=read["text"],
            input_audio_tokens=read["audio"],
            input_image_tokens=read["image"],
            cached_tokens=max(sum(cached.values()), _count(came.get("cached_tokens"))),
            cached_text_tokens=cached["text"],
            cached_audio_tokens=cached["audio"],
            cached_image_tokens=cached["image"],
            output_text_tokens=_count(went.get("text_tokens")),
            output_audio_tokens=_count(went.get("audio_tokens")),
            reasoning_tokens=_count(went.get("reasoning_tokens")),
        )
        return replace(tokens, cost=_cost_of_response(tokens, price, model))

    @classmethod
    def of_transcription(cls, usage: Mapping[str, Any] | None, price: Price = UNPRICED, model: str = "") -> Usage:
        """Read the ``usage`` of a transcription's ``completed`` event; takes what `of_response` does.

        If the service counts tokens and the price is by the minute, the length is that of the audio
        tokens, ten to a second.
        """
        given = _object(usage)
        came = _object(given.get("input_token_details"))
        read = _count(given.get("input_tokens"))
        text = min(_count(came.get("text_tokens")), read)
        took = TranscriptionUsage(
            _number(given.get("seconds")), text, read - text, _count(given.get("output_tokens"))
        )
        return cls(transcription=took, cost=_cost_of_transcription(took, price, model))

    @classmethod
    def of_session_time(cls, seconds: float, price: Price, model: str = "") -> Usage:
        """Return what the time of a session costs if that is what the service bills."""
        line = CostLine("session time", seconds, "seconds", price.per_session_minute, model, price.source)
        return cls(cost=Cost((line,)))

    @classmethod
    def of_messages(cls, number: int, price: Price, model: str = "") -> Usage:
        """Return what messages that the user types cost if the service bills them one by one."""
        if not number or not price.per_text_message:
            return cls()
        line = CostLine("typed messages", number, "messages", price.per_text_message, model, price.source)
        return cls(cost=Cost((line,)))

    @classmethod
    def of_spoken_text(
        cls, text: str, usage: Mapping[str, Any] | None, price: Price = UNPRICED, model: str = ""
    ) -> Usage:
        """Return what a spoken text costs: by its characters if those have a price, else as `of_response`."""
        if price.characters_in is None:
            return cls.of_response(usage, price, model)
        line = CostLine("characters spoken", len(text), "characters", price.characters_in, model, price.source)
        return replace(cls.of_response(usage), cost=Cost((line,)))

    @classmethod
    def total(cls, usages: Iterable[Mapping[str, Any] | None]) -> Usage:
        """Add up the usages of several responses, unpriced."""
        return sum((cls.of_response(usage) for usage in usages if usage), cls())

    def cost_at(
        self, price: Price, model: str = "", transcription: Price = UNPRICED, transcriber: str = ""
    ) -> Cost:
        """Return what the same tokens cost at other prices, such as a talk on this machine at a service's.

        Parameters
        ----------
        price, model
            Of the responses.
        transcription, transcriber
            Price and name of the model that writes down what is said.
        """
        cost = _cost_of_response(self, price, model) if self.total_tokens else Cost()
        if self.transcription == TranscriptionUsage():
            return cost
        return cost + _cost_of_transcription(self.transcription, transcription, transcriber)

    def __str__(self) -> str:
        cached = f", {self.cached_tokens} of it cached" if self.cached_tokens else ""
        reasoning = f", {self.reasoning_tokens} of it reasoning" if self.reasoning_tokens else ""
        cost = f"; {self.cost}" if self.cost != Cost() else ""
        return f"{self.input_tokens} tokens in{cached}, {self.output_tokens} out{reasoning}{cost}"

    def __repr__(self) -> str:
        return f"<Usage {self}>"

    def table(self) -> str:
        """Return all of it as a table in plain text."""
        return text_table(self.cost)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.table())

    def _repr_html_(self) -> str:
        return html_table(self.cost)


def _cached_by_kind(came: Mapping[str, Any], read: Mapping[str, int]) -> dict[str, int]:
    """Return the cached tokens by kind, each at most the tokens read of that kind.

    If the service does not report them, the cheapest kind counts first, so that a cost is never too low.
    """
    details = _object(came.get("cached_tokens_details"))
    cached = {kind: min(_count(details.get(f"{kind}_tokens")), read[kind]) for kind in KINDS}
    untold = _count(came.get("cached_tokens")) - sum(cached.values())
    for kind in KINDS:
        more = max(0, min(untold, read[kind] - cached[kind]))
        cached[kind] += more
        untold -= more
    return cached


@dataclass(frozen=True)
class _Bill:
    """Writes lines for one model."""

    model: str
    price: Price

    def line(self, what: str, tokens: int, rate: float | None) -> CostLine:
        return CostLine(what, tokens, "tokens", rate, self.model, self._source(rate))

    def seconds(self, what: str, seconds: float, rate: float | None) -> CostLine:
        return CostLine(what, seconds, "seconds", rate, self.model, self._source(rate))

    def uncounted(self, what: str) -> Cost:
        """What came without a count costs nobody knows what, if it is not free."""
        rate = 0.0 if self.price.free else None
        return Cost((CostLine(what, 1, "times", rate, self.model, self._source(rate)),))

    def _source(self, rate: float | None) -> str:
        return "" if rate is None else self.price.source


def _cost_of_response(tokens: Usage, price: Price, model: str) -> Cost:
    by_time = frozenset((model,)) if price.per_session_minute else frozenset()
    if by_time and not (price.by_token and tokens.total_tokens):
        return Cost(by_time=by_time)
    bill = _Bill(model, price)
    if not tokens.total_tokens:
        return bill.uncounted("response without usage")
    lines = []
    for kind in KINDS:
        cached = getattr(tokens, f"cached_{kind}_tokens")
        fresh = getattr(tokens, f"input_{kind}_tokens") - cached
        lines += [
            bill.line(f"{kind} in", fresh, price.fresh(kind)),
            bill.line(f"{kind} in, cached", cached, price.cached(kind)),
        ]
    read = tokens.input_text_tokens + tokens.input_audio_tokens + tokens.input_image_tokens
    made = tokens.output_text_tokens + tokens.output_audio_tokens
    # Reasoning is text; some servers count it as part of the text, others separately.
    apart = max(0, min(tokens.reasoning_tokens, tokens.output_tokens - made))
    free = 0.0 if price.free else None
    lines += [
        bill.line("text out", tokens.output_text_tokens + apart, price.text_out),
        bill.line("audio out", tokens.output_audio_tokens, price.audio_out),
        bill.line("in, of unknown kind", tokens.input_tokens - read, free),
        bill.line("out, of unknown kind", tokens.output_tokens - made - apart, free),
    ]
    # What has no price of its own is paid for with the time.
    used = [line for line in lines if line.quantity > 0 and not (by_time and line.rate is None)]
    return Cost(tuple(used), by_time)


def _cost_of_transcription(took: TranscriptionUsage, price: Price, model: str) -> Cost:
    if price.per_session_minute:
        return Cost(by_time=frozenset((model,)))
    bill = _Bill(model, price)
    seconds, audio = took.seconds, took.input_audio_tokens
    if not seconds and not took.total_tokens:
        return bill.uncounted("transcription without usage")
    if not seconds and price.per_minute:
        seconds = audio / USER_AUDIO_TOKENS_PER_S
    if seconds:
        return Cost((bill.seconds("transcription", seconds, price.per_minute),))
    lines = (
        bill.line("transcription, text in", took.input_text_tokens, price.text_in),
        bill.line("transcription, audio in", audio, price.audio_in),
        bill.line("transcription, text out", took.output_tokens, price.text_out),
    )
    return Cost(tuple(line for line in lines if line.quantity > 0))
