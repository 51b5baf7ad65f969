"""Assigns numbers to number parameters: by nearness to their names and units, then in order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.dates import find_durations
from realtime_widgets.local.brain.language.numbers import Number, find_numbers, plain
from realtime_widgets.local.brain.language.units import UNITS, Unit
from realtime_widgets.local.brain.language.words import STOP_WORDS, content_stems, stem, word_list, word_set
from realtime_widgets.local.brain.slots.parameter_units import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.slots.utterance import Utterance
    from realtime_widgets.local.brain.tool_schema import Parameter

_LENGTHS = "length distance height width depth radius diameter size far altitude"
_MONEY = "price amount cost budget money salary fee sum value"
#: Units as they are said -> names of parameters that take them.
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
    unit: frozenset(stem(name) for name in word_list(names))
    for units, names in _QUANTITIES.items()
    for unit in word_list(units)
}
_EDGES = (
    ("from between above over least", "start from min minimum low lower begin first source lo"),
    ("to until till below under most and", "stop end to max maximum high upper last target hi"),
)
_EDGE_OF = {
    word: frozenset(stem(name) for name in word_list(names))
    for words, names in _EDGES
    for word in word_list(words)
}
_COUNTERS = word_set("count n number num times repeat quantity many copies amount total")
#: Words after these belong to something else.
_BREAKS = word_set("and with for at on to from then but or using")
_PAUSE = re.compile(r"[,;:!?]|\.(?=\s|$)")
_REACH = 3  # words considered on either side


@dataclass(frozen=True)
class _Candidate:
    number: Number
    before: tuple[str, ...]
    after: tuple[str, ...]
    #: The unit it was said with, if it is a known one.
    unit: Unit | None


def fill_numbers(
    utterance: Utterance, parameters: Sequence[Parameter], tool_stems: frozenset[str], assumed: Unit | None = None
) -> dict[Parameter, float | int]:
    """Assign the unused numbers of `utterance` to number parameters, and mark them as used.

    Parameters
    ----------
    utterance
        What was said.
    parameters
        The parameters that want a number.
    tool_stems
        Stems of the tool's own words.
    assumed
        The scale of temperatures that name none.
    """
    units = {parameter: unit_of(parameter, assumed) for parameter in parameters}
    candidates = _candidates(utterance)
    counted = Counter(stem(word) for parameter in parameters for word in parameter.words)
    shared = frozenset(word for word, count in counted.items() if count > 1)
    scores = {
        (index, parameter): _score(candidate, parameter, tool_stems, shared)
        + _form_score(candidate, parameter, units[parameter])
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
        utterance.use(candidates[index].number.start, candidates[index].number.end)
    return {
        parameter: _value(candidates[index], parameter, units[parameter])
        for parameter in parameters
        if (index := assigned.get(parameter, -1)) >= 0
    }


def free_numbers(utterance: Utterance) -> list[Number]:
    """Return the numbers that are not used yet, without articles."""
    return [
        number
        for number in find_numbers(utterance.text)
        if not number.article and utterance.is_free(number.start, number.end)
    ]


def _candidates(utterance: Utterance) -> list[_Candidate]:
    durations = [span for span in find_durations(utterance.text) if utterance.is_free(span.start, span.end)]
    numbers = [
        number
        for number in free_numbers(utterance)
        if not any(span.start <= number.start < span.end for span in durations)
    ]
    # A length of time is one candidate, even if it has several numbers ("an hour and 20 minutes").
    numbers += [Number(span.value.total_seconds(), span.start, span.end) for span in durations]
    numbers.sort(key=lambda number: number.start)
    lengths = {span.start for span in durations}
    found = []
    for place, number in enumerate(numbers):
        floor = numbers[place - 1].end if place else 0
        ceiling = numbers[place + 1].start if place + 1 < len(numbers) else len(utterance.text)
        near = [word for word in utterance.words if floor <= word.start and word.end <= ceiling]
        before = [word.text for word in near if word.end <= number.start][-_REACH:][::-1]
        stop = _PAUSE.search(utterance.text, number.end, ceiling)
        end = stop.start() if stop else ceiling
        after = [word.text for word in near if number.end <= word.start < end][:_REACH]
        after = list(takewhile(lambda word: word not in _BREAKS, after))
        sign = utterance.text[number.end : number.end + 2].strip()[:1]
        if sign in ("%", "\u00b0", "\u20ac", "$"):
            after.insert(0, sign)
        elif not after and stop is None and place + 1 < len(numbers):
            after = utterance.after(numbers[place + 1].end, 2)[1:]  # "3 20-sided dice"
        if number.start in lengths:
            found.append(_as_said(utterance, number, before, after))
        else:
            said = [word for word in after[:2] if word in UNITS and word not in ("s", "second", "min")]
            found.append(_Candidate(number, tuple(before), tuple(after), UNITS[said[0]] if said else None))
    return found


def _as_said(utterance: Utterance, length: Number, before: list[str], after: list[str]) -> _Candidate:
    """Return a length of time in the unit in which it was said; in seconds if there were several units."""
    inside = [word.text for word in utterance.words if length.start <= word.start and word.end <= length.end]
    units = [word for word in inside if word in UNITS] or ["seconds"]
    unit = UNITS[units[0]] if len(units) == 1 else UNITS["seconds"]
    number = Number(unit.from_base(length.value), length.start, length.end)
    return _Candidate(number, tuple(before), (*units[:1], *after), unit)


def _score(
    candidate: _Candidate, parameter: Parameter, tool_stems: frozenset[str], shared: frozenset[str]
) -> float:
    """Return how well the words around the number fit the parameter."""
    names = {stem(word) for word in parameter.words} - shared
    described = content_stems(parameter.description)
    score = 0.0
    for place, word in enumerate(candidate.after):
        own = stem(word)
        if own in names:
            score = max(score, 3.0 - 0.7 * place)
        elif names & _UNIT_OF.get(word, frozenset()):
            score = max(score, 2.5 - 0.7 * place)
        elif names & _COUNTERS and (own in tool_stems or (place == 0 and own != word and word not in UNITS)):
            score = max(score, 1.6 - 0.2 * place)
        elif own in described:
            score = max(score, 1.0 - 0.3 * place)
    for place, word in enumerate(candidate.before):
        if stem(word) in names:
            score = max(score, 2.4 - 0.5 * place)
        elif place == 0 and names & _EDGE_OF.get(word, frozenset()):
            score = max(score, 2.0)
        elif stem(word) in described and word not in STOP_WORDS:
            score = max(score, 0.7 - 0.2 * place)
    return score


def _form_score(candidate: _Candidate, parameter: Parameter, own: Unit | None) -> float:
    score = 0.0
    if candidate.unit is not None and candidate.unit.dimension != "temperature":
        if own is not None:
            score += 3.0 if own.dimension == candidate.unit.dimension else -3.0
        elif candidate.unit.dimension == "time":
            score -= 1.5
    value = _exact(candidate, parameter, own)
    if parameter.shape.kind == "integer" and not value.is_integer():
        score -= 4.0
    low, high = parameter.shape.minimum, parameter.shape.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        score -= 2.0
    if candidate.number.ordinal:
        score -= 0.6
    return score


def _exact(candidate: _Candidate, parameter: Parameter, own: Unit | None) -> float:
    """Return the number in the parameter's own unit."""
    value = float(candidate.number.value)
    if candidate.unit is not None and own is not None and own.dimension == candidate.unit.dimension:
        return own.from_base(candidate.unit.to_base(value))
    high = parameter.shape.maximum
    if high is not None and high <= 1 < value and candidate.after[:1] in (("percent",), ("%",)):
        return value / 100
    return value


def _value(candidate: _Candidate, parameter: Parameter, own: Unit | None) -> float | int:
    value = _exact(candidate, parameter, own)
    return round(value) if parameter.shape.kind == "integer" else plain(value)
