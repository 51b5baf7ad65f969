"""Numbers with units, exponents and dots, in words: what the synthesiser would misread."""

from __future__ import annotations

import re

_PREFIXES = {
    "n": "nano",
    "\u00b5": "micro",  # the micro sign
    "\u03bc": "micro",  # the Greek letter
    "m": "milli",
    "c": "centi",
    "k": "kilo",
    "M": "mega",
    "G": "giga",
}
_UNITS = {
    "mol": "mole",
    "min": "minute",
    "bar": "bar",
    "eV": "electronvolt",
    "Pa": "pascal",
    "Hz": "hertz",
    "A": "ampere",
    "g": "gram",
    "h": "hour",
    "J": "joule",
    "K": "kelvin",
    "l": "liter",
    "L": "liter",
    "m": "meter",
    "N": "newton",
    "s": "second",
    "V": "volt",
    "W": "watt",
    "\u03a9": "ohm",
    "\u2126": "ohm",
}
#: Alone and close to their number these mean something else: a decade, thousands, a mark, a direction.
_AMBIGUOUS_CLOSE = frozenset("sK")
_AMBIGUOUS_ALONE = frozenset("AN")

_UNIT = rf"(?:[{''.join(_PREFIXES)}]?(?:{'|'.join(_UNITS)}))[\u00b2\u00b3]?"
_NUMBER = r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)"
_QUANTITY = re.compile(rf"{_NUMBER}([ \u00a0\u202f]*)({_UNIT}(?:[/\u00b7]{_UNIT})*)(?![\w\u00b2\u00b3'\u2019])")
_SUPERSCRIPTS = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b\u207a", "0123456789-+"
)
_SUPERSCRIPT = "[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+"
_CARET = re.compile(r"(?<=[\w)])\s?\^\s?[({]?([-+]?\d+)[)}]?")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d{1,3})(?!\w)")
_DOTTED = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?!\w)")
_HALVES = {"\u00bd": "1/2", "\u00bc": "1/4", "\u00be": "3/4"}


def spell_out_quantities(text: str) -> str:
    """Write units, exponents, addresses of numbers and signs before numbers in words."""
    for sign, fraction in _HALVES.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", f" and {fraction}", text).replace(sign, fraction)
    text = _SCIENTIFIC.sub(lambda match: f"{match[1]} times 10{_read_power(match[2])}", text)
    text = _CARET.sub(lambda match: _read_power(match[1]), text)
    # exponents of numbers come before the units that follow them, exponents of units belong to these
    text = re.sub(rf"(?<=\d){_SUPERSCRIPT}", _read_superscript, text)
    text = _QUANTITY.sub(_read_quantity, text)
    text = re.sub(rf"(?<=[\w)]){_SUPERSCRIPT}", _read_superscript, text)
    text = _DOTTED.sub(lambda match: match[0].replace(".", " point "), text)
    text = re.sub(r"(?<=[\d)])\s*\*\s*(?=[\d(])", " times ", text)
    return re.sub(r"~\s?(?=\d)", "about ", text)


def _read_power(exponent: str) -> str:
    known = {"2": " squared ", "3": " cubed "}
    spoken = exponent.lstrip("+").replace("-", "minus ")
    return known.get(exponent, f" to the power of {spoken} ")


def _read_superscript(match: re.Match[str]) -> str:
    return _read_power(match[0].translate(_SUPERSCRIPTS))


def _read_quantity(match: re.Match[str]) -> str:
    number, space, units = match.groups()
    if units in _AMBIGUOUS_ALONE or (units in _AMBIGUOUS_CLOSE and not space):
        return match[0]
    first, *others = re.split(r"([/\u00b7])", units)
    words = _read_unit(first, plural=number not in ("1", "1.0"))
    for separator, unit in zip(others[::2], others[1::2], strict=True):
        words += (" per " if separator == "/" else " ") + _read_unit(unit, plural=False)
    return f"{number} {words}"


def _read_unit(written: str, *, plural: bool) -> str:
    symbol = written.rstrip("\u00b2\u00b3")
    name = _UNITS[symbol] if symbol in _UNITS else _PREFIXES[symbol[0]] + _UNITS[symbol[1:]]
    if plural and not name.endswith("hertz"):
        name += "s"
    if symbol == written:
        return name
    is_square = written.endswith("\u00b2")
    if name.rstrip("s").endswith("meter"):
        return f"{'square' if is_square else 'cubic'} {name}"
    return f"{name} {'squared' if is_square else 'cubed'}"
