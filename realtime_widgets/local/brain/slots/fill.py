"""Fills in the arguments of a tool from what was said, by the types of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.brain.language.dates import find_dates
from realtime_widgets.local.brain.language.numbers import plain
from realtime_widgets.local.brain.language.words import stem
from realtime_widgets.local.brain.slots.choices import find_choices, find_directed, find_flag
from realtime_widgets.local.brain.slots.moments import fill_moments
from realtime_widgets.local.brain.slots.parameter_units import assumed_unit
from realtime_widgets.local.brain.slots.quantities import fill_numbers, free_numbers
from realtime_widgets.local.brain.slots.strings import (
    fill_strings,
    list_text,
    remaining_text,
    split_list,
    takes_a_phrase,
    whole_answer,
)
from realtime_widgets.local.brain.slots.utterance import Utterance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from realtime_widgets.local.brain.tool_schema import Parameter, Shape, Tool

_MAX_TEXT = 2000


@dataclass(frozen=True)
class Filled:
    """Values by parameter, and the required parameters that still need one."""

    values: Mapping[Parameter, Any]
    missing: tuple[Parameter, ...]
    #: What was said, without the words that became arguments.
    rest: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return the values as the tool takes them, in nested objects."""
        result: dict[str, Any] = {}
        for parameter, value in self.values.items():
            place = result
            for step in parameter.path[:-1]:
                inner = place.setdefault(step, {})
                if not isinstance(inner, dict):
                    break
                place = inner
            else:
                place[parameter.name] = value
        return result


def fill(
    tool: Tool,
    text: str,
    now: datetime,
    known: Mapping[Parameter, Any] | None = None,
    asked: Parameter | None = None,
) -> Filled:
    """Find the arguments of `tool` in `text`.

    Parameters
    ----------
    tool : Tool
        The tool.
    text : str
        What was said or typed.
    now : datetime
        The time from which "tomorrow" and "in ten minutes" are reckoned.
    known : mapping, optional
        Values from earlier turns; they are kept unless `text` says otherwise.
    asked : Parameter, optional
        The parameter that was just asked for: `text` may be its value and nothing else.
    """
    utterance = Utterance(text[:_MAX_TEXT])
    values: dict[Parameter, Any] = {}
    parameters = [
        parameter for parameter in tool.parameters if asked is None or not (known and parameter in known)
    ]
    values |= fill_moments(utterance, parameters, now)
    _fill_choices(utterance, tool, parameters, values, asked)
    numeric = [one for one in parameters if one.shape.kind in ("number", "integer")]
    assumed = assumed_unit(tool, {**(known or {}), **values})
    values |= fill_numbers(utterance, _asked_first(numeric, asked), tool.own_stems, assumed)
    texts = [one for one in parameters if one.shape.kind in ("string", "any") and one not in values]
    if asked is None:
        values |= fill_strings(utterance, texts, tool.words, tool.own_stems)
    elif asked in texts:
        # "Temperature, as a histogram": the words of another argument are not part of a name.
        own = remaining_text(utterance, tool.own_stems) if values and not takes_a_phrase(asked) else ""
        answer = _without_noun(whole_answer(own or text), tool)
        if answer:
            values[asked] = answer
    _fill_lists(utterance, tool, parameters, values, now)
    merged = dict(known or {}) | values
    missing = tuple(one for one in tool.parameters if one.required and one not in merged)
    ordered = {one: merged[one] for one in tool.parameters if one in merged}
    return Filled(ordered, missing, utterance.rest())


def known_values(tool: Tool, arguments: Mapping[str, Any]) -> dict[Parameter, Any]:
    """Return the values of an earlier call by the parameters of today; others are left out."""
    values: dict[Parameter, Any] = {}
    for parameter in tool.parameters:
        place: object = arguments
        for step in parameter.path:
            if not isinstance(place, Mapping) or step not in place:
                break
            place = place[step]
        else:
            values[parameter] = place
    return values


def _without_noun(answer: str, tool: Tool) -> str:
    """Return an answer such as "Einstein room" without the tool's own noun."""
    words = answer.split()
    if 1 < len(words) <= 3 and stem(words[-1].lower()) in {stem(word) for word in tool.words}:
        words = words[:-1]
    return " ".join(words) if len(words) <= 3 else answer


def _asked_first(parameters: Sequence[Parameter], asked: Parameter | None) -> list[Parameter]:
    return sorted(parameters, key=lambda one: one != asked)


def _fill_choices(
    utterance: Utterance,
    tool: Tool,
    parameters: Sequence[Parameter],
    values: dict[Parameter, Any],
    asked: Parameter | None,
) -> None:
    groups = _alike(parameters)
    for group in groups:
        values |= find_directed(utterance, group, tool.own_stems, asked)
    directed = {parameter for group in groups for parameter in group}
    for parameter in parameters:
        if parameter in directed:
            continue
        if parameter.shape.kind == "choice":
            if len(parameter.shape.choices) == 1 and parameter.required:
                values[parameter] = parameter.shape.choices[0]
                continue
            found = find_choices(utterance, parameter, parameter.shape.choices, tool.own_stems)
            if found:
                values[parameter] = found[0]
        elif parameter.shape.kind == "boolean":
            flag = find_flag(utterance, parameter, parameter == asked)
            if flag is not None:
                values[parameter] = flag


def _alike(parameters: Sequence[Parameter]) -> list[list[Parameter]]:
    """Return the groups of two or three parameters that choose from the same set."""
    groups: dict[tuple[Any, ...], list[Parameter]] = {}
    for parameter in parameters:
        if parameter.shape.kind == "choice":
            groups.setdefault(parameter.shape.choices, []).append(parameter)
    return [group for group in groups.values() if 1 < len(group) <= 3]


def _fill_lists(
    utterance: Utterance, tool: Tool, parameters: Sequence[Parameter], values: dict[Parameter, Any], now: datetime
) -> None:
    for parameter in parameters:
        item = parameter.shape.item
        if parameter.shape.kind != "array" or item is None:
            continue
        found = _list(utterance, tool, parameter, item, now.date())
        if found:
            values[parameter] = found


def _list(utterance: Utterance, tool: Tool, parameter: Parameter, item: Shape, today: date) -> list[Any]:
    if item.kind in ("number", "integer"):
        numbers = [number for number in free_numbers(utterance) if not number.ordinal]
        for number in numbers:
            utterance.use(number.start, number.end)
        if item.kind == "integer":
            return [round(number.value) for number in numbers]
        return [plain(number.value) for number in numbers]
    if item.kind == "choice":
        return find_choices(utterance, parameter, item.choices, tool.own_stems)
    if item.kind == "date":
        return [span.value.isoformat() for span in find_dates(utterance.text, today)]
    if item.kind in ("string", "any"):
        if parameter.required:
            return split_list(remaining_text(utterance, tool.own_stems))
        return split_list(list_text(utterance, parameter, tool.own_stems))
    return []
