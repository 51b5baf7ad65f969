"""Units of time, length, mass and temperature, by the words people use for them."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_widgets.local.brain.language.words import word_list


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `value * scale + offset` is in the base unit of its dimension (s, m, kg, K)."""

    dimension: str
    scale: float
    offset: float = 0.0

    def to_base(self, value: float) -> float:
        """Convert from this unit to the base unit."""
        return value * self.scale + self.offset

    def from_base(self, value: float) -> float:
        """Convert from the base unit to this unit, without rounding errors."""
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
#: Units by every name they have.
UNITS = {name: unit for names, unit in _NAMES for name in word_list(names)}
