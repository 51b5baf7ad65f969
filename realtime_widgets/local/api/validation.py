"""Checks JSON values against typed shapes, and words what is wrong with them as the service does."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value

T = TypeVar("T")

_FAULT = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)


class Shape(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything a client may send: unknown fields are refused."""


def check(value: Any, shape: type[T], param: str = "") -> T:
    """Read `value` (decoded JSON) as `shape`.

    Parameters
    ----------
    value
        What the client sent.
    shape
        A `Shape`, or any type that msgspec can convert to.
    param
        Path of `value` in the event; a refusal names the faulty field with this path before its own.

    Raises
    ------
    RequestRefusedError
        With the code ``missing_required_parameter``, ``unknown_parameter``, ``string_above_max_length`` or
        ``invalid_value``.
    """
    try:
        return msgspec.convert(value, shape)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        raise _refusal(str(error), param) from None


def _refusal(text: str, param: str) -> RequestRefusedError:
    match = _FAULT.match(text)
    what = match["what"] if match else text
    path = _join(param, (match["path"] or "" if match else "").removeprefix("$").lstrip("."))
    if missing := _MISSING.match(what):
        path = _join(path, missing["name"])
        message = f"Missing required parameter: '{path}'."
        return RequestRefusedError("missing_required_parameter", message, path)
    if unknown := _UNKNOWN.match(what):
        path = _join(path, unknown["name"])
        return RequestRefusedError("unknown_parameter", f"Unknown parameter: '{path}'.", path)
    if what.startswith("Expected `str` of length <="):
        longest = what.rpartition(" ")[2]
        message = f"Invalid '{path}': string too long. The longest allowed is {longest} characters."
        return RequestRefusedError("string_above_max_length", message, path)
    return invalid_value(f"Invalid value for '{path}': {what[:300].replace('`', chr(39))}.", path or None)


def _join(left: str, right: str) -> str:
    if not left or not right or right.startswith("["):
        return left + right
    return f"{left}.{right}"
