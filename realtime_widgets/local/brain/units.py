"""Units of time, length, mass and temperature: which one was said, and which one a parameter takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.words import word_list, words_of

if TYPE_CHECKING:
    from realtime_widgets.local.brain.schema import Parameter


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `value * scale + offset` is in the base unit of its dimension (s, m, kg, K)."""

    dimension: str
    scale: float
    offset: float = 0.0

    def to_base(self, value: float) -> float:
        """From this unit to the base unit."""
        return value * self.scale + self.offset

    def from_base(self, value: float) -> float:
        """From the base unit to this unit, cleared of rounding errors."""
        return float(f"{(value - self.offset) / self.scale:.9g}")


_NAMES = (
    ("ms millisecond milliseconds", Unit("time", 0.001)),
    ("s sec secs second seconds", Unit("time", 1)),
    ("min mins minute minutes", Unit("time", 60)),
    ("h hr hrs hour hours", Unit("time", 3600)),
    ("day days", Unit("time", 86_400)),
    ("week weeks", Unit("time", 604_800)),
    ("nm nanometer nanometers nanometre nanometres", Unit("length", 1e-9)),
    ("um micron microns micrometer micrometers micrometre micrometres", Unit("length", 1e-6)),
    ("mm millimeter millimeters millimetre millimetres", Unit("length", 0.001)),
    ("cm centimeter centimeters centimetre centimetres", Unit("length", 0.01)),
    ("m meter meters metre metres", Unit("length", 1)),
    ("km kilometer kilometers kilometre kilometres", Unit("length", 1000)),
    ("inch inches", Unit("length", 0.0254)),
    ("ft foot feet", Unit("length", 0.3048)),
    ("mile miles", Unit("length", 1609.344)),
    ("mg milligram milligrams", Unit("mass", 1e-6)),
    ("g gram grams", Unit("mass", 0.001)),
    ("kg kilo kilos kilogram kilograms", Unit("mass", 1)),
    ("lb lbs pound pounds", Unit("mass", 0.45359237)),
    ("kelvin", Unit("temperature", 1)),
    ("celsius centigrade", Unit("temperature", 1, 273.15)),
    ("fahrenheit", Unit("temperature", 5 / 9, 459.67 * 5 / 9)),
)
UNITS = {name: unit for names, unit in _NAMES for name in word_list(names)}
_LENGTHS_OF_TIME = frozenset(word_list("duration delay timeout wait interval period"))


def unit_of(parameter: Parameter) -> Unit | None:
    """The unit that a parameter takes, by its name or else its description; None where they do not tell."""
    for word in reversed(parameter.words):
        if word in UNITS and (len(word) > 2 or len(parameter.words) > 1):
            return UNITS[word]
    described = {UNITS[word.text] for word in words_of(parameter.description) if _names_unit(word.text)}
    if len(described) == 1:
        return described.pop()
    return UNITS["seconds"] if not described and _LENGTHS_OF_TIME & set(parameter.words) else None


def unit_of_choice(choice: object) -> Unit | None:
    """The temperature scale that an enumeration's value stands for: "C", "celsius"."""
    known = {"c": "celsius", "f": "fahrenheit", "k": "kelvin"}
    text = str(choice).lower().strip("\u00b0")
    unit = UNITS.get(known.get(text, text))
    return unit if unit is not None and unit.dimension == "temperature" else None


def _names_unit(word: str) -> bool:
    # In prose "second", "day" and single letters mostly mean something else.
    return word in UNITS and len(word) > 1 and word not in ("second", "day", "min", "pound", "foot")
