"""Assigns days, times of day and lengths of time to the parameters that take them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from realtime_widgets.local.brain.language.dates import (
    DateSpan,
    DurationSpan,
    TimeSpan,
    find_dates,
    find_durations,
    find_times,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_widgets.local.brain.slots.utterance import Utterance
    from realtime_widgets.local.brain.tool_schema import Parameter

_Span = TypeVar("_Span", DateSpan, TimeSpan, DurationSpan)


def fill_moments(utterance: Utterance, parameters: Sequence[Parameter], now: datetime) -> dict[Parameter, str]:
    """Return an ISO 8601 text for each of `parameters` that takes a moment; mark the words as used."""
    values: dict[Parameter, str] = {}
    for parameter in parameters:
        kind = _kind(parameter)
        found: str | None = None
        if kind == "date":
            day = _first_free(utterance, find_dates(utterance.text, now.date()))
            found = None if day is None else day.value.isoformat()
        elif kind == "time":
            clock = _first_free(utterance, find_times(utterance.text))
            found = None if clock is None else clock.value.isoformat()
        elif kind == "date-time":
            moment = _moment(utterance, now)
            found = None if moment is None else moment.isoformat()
        elif kind == "duration":
            length = _first_free(utterance, find_durations(utterance.text))
            found = None if length is None else _iso_duration(length.value)
        if found is not None:
            values[parameter] = found
    return values


def _kind(parameter: Parameter) -> str:
    """Return the kind of moment that a parameter takes; a plain string named date or day is a date."""
    if parameter.shape.kind == "string" and {"date", "day"} & set(parameter.words):
        return "date"
    return parameter.shape.kind


def _first_free(utterance: Utterance, spans: Iterable[_Span]) -> _Span | None:
    for span in spans:
        if utterance.is_free(span.start, span.end):
            utterance.use(span.start, span.end)
            return span
    return None


def _moment(utterance: Utterance, now: datetime) -> datetime | None:
    """Return a day with a time: without a day the next such time, without a time midnight."""
    clock = _first_free(utterance, find_times(utterance.text))
    day = _first_free(utterance, find_dates(utterance.text, now.date()))
    if day is not None:
        return datetime.combine(day.value, clock.value if clock else time(0), now.tzinfo)
    if clock is not None:
        moment = datetime.combine(now.date(), clock.value, now.tzinfo)
        return moment if moment > now.replace(second=0, microsecond=0) else moment + timedelta(days=1)
    lengths = [span for span in find_durations(utterance.text) if "in" in utterance.before(span.start, 1)]
    length = _first_free(utterance, lengths)
    return None if length is None else now.replace(microsecond=0) + length.value


def _iso_duration(length: timedelta) -> str:
    return f"PT{length.total_seconds():.10g}S"
