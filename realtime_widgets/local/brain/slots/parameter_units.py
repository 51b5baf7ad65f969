"""Which unit a parameter takes: by its name, its description, or another argument of the same call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.local.brain.language.units import UNITS
from realtime_widgets.local.brain.language.words import word_list, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.local.brain.language.units import Unit
    from realtime_widgets.local.brain.tool_schema import Parameter, Tool

_LENGTHS_OF_TIME = frozenset(word_list("duration delay timeout wait interval period"))


def unit_of(parameter: Parameter, assumed: Unit | None) -> Unit | None:
    """Return the unit that `parameter` takes; `assumed` is the scale of temperatures that name none."""
    takes_temperature = bool({"temperature", "temp"} & set(parameter.words))
    return _named_unit(parameter) or (assumed if takes_temperature else None)


def _named_unit(parameter: Parameter) -> Unit | None:
    for word in reversed(parameter.words):
        if word in UNITS and (len(word) > 2 or len(parameter.words) > 1):
            return UNITS[word]
    described = {UNITS[word.text] for word in words_of(parameter.description) if _names_unit(word.text)}
    if len(described) == 1:
        return described.pop()
    return UNITS["seconds"] if not described and _LENGTHS_OF_TIME & set(parameter.words) else None


def _unit_of_choice(choice: object) -> Unit | None:
    """Return the temperature scale that a value of an enumeration stands for: "C", "celsius"."""
    known = {"c": "celsius", "f": "fahrenheit", "k": "kelvin"}
    text = str(choice).lower().strip("\u00b0")
    unit = UNITS.get(known.get(text, text))
    return unit if unit is not None and unit.dimension == "temperature" else None


def _names_unit(word: str) -> bool:
    # In prose "second", "day" and single letters mostly mean something else.
    return word in UNITS and len(word) > 1 and word not in ("second", "day", "min", "pound", "foot")


def assumed_unit(tool: Tool, values: Mapping[Parameter, Any]) -> Unit | None:
    """Return the temperature scale of a call, from its unit argument or the tool's description."""
    for parameter in tool.parameters:
        scales = [_unit_of_choice(choice) for choice in parameter.shape.choices]
        if scales and all(scales):
            return _unit_of_choice(values.get(parameter, parameter.default))
    named = {_unit_of_choice(word.text) for word in words_of(tool.description) if len(word.text) > 1} - {None}
    return named.pop() if len(named) == 1 else None
