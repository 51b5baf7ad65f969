"""Giving numbers to number parameters, by nearness to their names and units, then in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.dates import find_durations
from realtime_widgets.local.brain.numbers import Number, find_numbers, plain
from realtime_widgets.local.brain.words import STOP_WORDS, content_stems, stem, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.schema import Parameter
    from realtime_widgets.local.brain.utterance import Utterance

_SECONDS = {
    "ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001, "s": 1, "sec": 1, "secs": 1, "second": 1,
    "seconds": 1, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600,
    "day": 86400, "days": 86400, "week": 604800, "weeks": 604800,
}  # fmt: skip
_LENGTHS = "length distance height width depth radius diameter size far altitude"
_MONEY = "price amount cost budget money salary fee sum value"
#: Unit as it is said -> what a parameter that takes it may be called.
_QUANTITIES = {
    "degree degrees °": "temperature temp angle rotation latitude longitude heading celsius fahrenheit",
    "celsius centigrade fahrenheit kelvin c f k": "temperature temp",
    "percent %": "percent percentage fraction level brightness volume probability humidity discount",
    "kilogram kilograms kilo kilos kg gram grams g pound pounds tons tonnes": "mass weight",
    "meter meters metre metres m km kilometer kilometers kilometre kilometres mile miles cm centimeters "
    "centimetres mm millimeters millimetres foot feet inch inches": _LENGTHS,
    "euro euros € dollar dollars $ cent cents bucks": _MONEY,
    "people persons guests person seats": "people persons guests party seats number",
    "year years": "age year years",
    "times": "count times repeat repeats repetitions number",
    "sided sides faces": "sides faces",
    "hertz hz kilohertz khz": "frequency rate",
    "litre litres liter liters ml": "volume amount",
}
_UNIT_OF = {
    unit: frozenset(stem(name) for name in names.split())
    for units, names in _QUANTITIES.items()
    for unit in units.split()
}
_COUNTERS = word_set("count n number num times repeat quantity many copies amount total")
_REACH = 3  # words looked at on either side


@dataclass(frozen=True)
class _Candidate:
    number: Number
    before: tuple[str, ...]
    after: tuple[str, ...]
    seconds: float | None  # of the length of time it stands for


def fill_numbers(
    utterance: Utterance, parameters: Sequence[Parameter], tool_stems: frozenset[str]
) -> dict[Parameter, float | int]:
    """Assign the free numbers of `utterance` to number `parameters`; what is assigned is taken."""
    candidates = _candidates(utterance)
    scores = {
        (index, parameter): _score(candidate, parameter, tool_stems)
        for index, candidate in enumerate(candidates)
        for parameter in parameters
    }
    assigned: dict[Parameter, int] = {}
    for (index, parameter), score in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0][0])):
        if score > 0.5 and parameter not in assigned and index not in assigned.values():
            assigned[parameter] = index
    for parameter in sorted(parameters, key=lambda one: not one.required):
        lowest = -2.5 if parameter.required else -0.5
        for index in range(len(candidates)):
            if parameter in assigned or index in assigned.values():
                continue
            if scores[index, parameter] >= lowest:
                assigned[parameter] = index
    for index in assigned.values():
        utterance.take(candidates[index].number.start, candidates[index].number.end)
    return {
        parameter: _value(candidates[index], parameter)
        for parameter in parameters
        if (index := assigned.get(parameter, -1)) >= 0
    }


def free_numbers(utterance: Utterance) -> list[Number]:
    """All numbers that nothing has used, articles left out."""
    return [
        number
        for number in find_numbers(utterance.text)
        if not number.article and utterance.is_free(number.start, number.end)
    ]


def _candidates(utterance: Utterance) -> list[_Candidate]:
    durations = [span for span in find_durations(utterance.text) if utterance.is_free(span.start, span.end)]
    covered = [(span.start, span.end) for span in durations]
    numbers = [
        number for number in free_numbers(utterance)
        if not any(start <= number.start < end for start, end in covered)
    ]  # fmt: skip
    lengths = {span.start: span.value.total_seconds() for span in durations}
    # A length of time is one candidate, be it made of several numbers ("an hour and 20 minutes").
    for span in durations:
        own = [number for number in find_numbers(utterance.text) if span.start <= number.start < span.end]
        value = own[0].value if len(own) == 1 else span.value.total_seconds()
        numbers.append(Number(value, span.start, span.end))
    numbers.sort(key=lambda number: number.start)
    found = []
    for place, number in enumerate(numbers):
        floor = numbers[place - 1].end if place else 0
        ceiling = numbers[place + 1].start if place + 1 < len(numbers) else len(utterance.text)
        near = [word for word in utterance.words if floor <= word.start and word.end <= ceiling]
        before = [word.text for word in near if word.end <= number.start][-_REACH:][::-1]
        after = [word.text for word in near if word.start >= number.end][:_REACH]
        sign = utterance.text[number.end : number.end + 2].strip()[:1]
        if sign in ("%", "°", "€", "$"):
            after.insert(0, sign)
        if not utterance.text[number.end : number.end + 1].isspace() and place + 1 < len(numbers) and not after:
            after = list(utterance.after(numbers[place + 1].end, 1))
        found.append(_Candidate(number, tuple(before), tuple(after), lengths.get(number.start)))
    return found


def _score(candidate: _Candidate, parameter: Parameter, tool_stems: frozenset[str]) -> float:
    """How well the number's surroundings speak for the parameter; below zero against it."""
    names = {stem(word) for word in parameter.words}
    described = content_stems(parameter.description)
    score = 0.0
    for place, word in enumerate(candidate.after):
        own = stem(word)
        if own in names:
            score = max(score, 3.0 - 0.7 * place)
        elif names & _UNIT_OF.get(word, frozenset()):
            score = max(score, 2.5 - 0.7 * place)
        elif names & _COUNTERS and (own in tool_stems or (place == 0 and own != word and word not in _SECONDS)):
            score = max(score, 1.6 - 0.2 * place)
        elif own in described:
            score = max(score, 1.0 - 0.3 * place)
    for place, word in enumerate(candidate.before):
        if stem(word) in names:
            score = max(score, 2.4 - 0.5 * place)
        elif stem(word) in described and word not in STOP_WORDS:
            score = max(score, 0.7 - 0.2 * place)
    return score + _form_score(candidate, parameter)


def _form_score(candidate: _Candidate, parameter: Parameter) -> float:
    number = candidate.number
    score = 0.0
    if candidate.seconds is not None:
        score += 3.0 if _seconds_per_unit(parameter) is not None else -1.5
    value = _value(candidate, parameter)
    if parameter.shape.kind == "integer" and not float(_exact(candidate, parameter)).is_integer():
        score -= 4.0
    low, high = parameter.shape.minimum, parameter.shape.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        score -= 2.0
    if number.ordinal:
        score -= 0.6
    return score


def _exact(candidate: _Candidate, parameter: Parameter) -> float:
    value = candidate.number.value
    scale = _seconds_per_unit(parameter)
    if candidate.seconds is not None and scale is not None:
        value = round(candidate.seconds / scale, 6)
    high = parameter.shape.maximum
    if high is not None and high <= 1 < value and candidate.after[:1] in (("percent",), ("%",)):
        value /= 100
    return value


def _value(candidate: _Candidate, parameter: Parameter) -> float | int:
    value = _exact(candidate, parameter)
    if parameter.shape.kind == "integer":
        return round(value)
    return plain(value)


def _seconds_per_unit(parameter: Parameter) -> float | None:
    """Of a parameter that takes a length of time: how many seconds its unit has."""
    for word in reversed(parameter.words):
        if word in _SECONDS and (len(word) > 1 or len(parameter.words) > 1):
            return _SECONDS[word]
    if {"duration", "delay", "timeout", "wait", "time", "length", "interval", "period"} & set(parameter.words):
        for word in parameter.description.lower().replace(".", " ").replace(",", " ").split():
            if word in _SECONDS and len(word) > 1:
                return _SECONDS[word]
        if "time" not in parameter.words and "length" not in parameter.words:
            return 1.0
    return None
