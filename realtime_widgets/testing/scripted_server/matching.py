"""Compare an event with the one that a script expects, and say how it differs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]

_MAX_SHOWN = 80


def difference(expected: Any, found: Any, path: str = "") -> str | None:
    """Return how `found` differs from what is expected, in words; None if it matches.

    Parameters
    ----------
    expected
        A value that has to be equal; a mapping whose entries all have to be there, beside any others; a list
        that is compared entry by entry; ``...``, which matches anything; a type; a compiled pattern that has to be
        found in the string; or a function that returns whether the value matches.
    found
        The value that came.
    path
        Path of the value in the event, for the message.
    """
    where = path or "the event"
    if isinstance(expected, Mapping):
        return _mapping_difference(expected, found, path)
    if isinstance(expected, list):
        return _list_difference(expected, found, path)
    if expected is ... or _fits(expected, found):
        return None
    return f"{where}: expected {shown(expected)}, came {shown(found)}"


def _mapping_difference(expected: Mapping[str, Any], found: Any, path: str) -> str | None:
    if not isinstance(found, dict):
        return f"{path or 'the event'}: expected an object, came {shown(found)}"
    for key, value in expected.items():
        place = f"{path}.{key}" if path else key
        if key not in found:
            return f"{place}: expected {shown(value)}, but it is missing"
        if text := difference(value, found[key], place):
            return text
    return None


def _list_difference(expected: list[Any], found: Any, path: str) -> str | None:
    if not isinstance(found, list) or len(found) != len(expected):
        return f"{path}: expected a list of {len(expected)}, came {shown(found)}"
    differences = (
        difference(value, entry, f"{path}.{index}")
        for index, (value, entry) in enumerate(zip(expected, found, strict=True))
    )
    return next((text for text in differences if text), None)


def _fits(expected: Any, found: Any) -> bool:
    if isinstance(expected, type):
        return isinstance(found, expected) and (expected is bool or not isinstance(found, bool))
    if isinstance(expected, re.Pattern):
        return isinstance(found, str) and expected.search(found) is not None
    if callable(expected):
        return bool(expected(found))
    return bool(expected == found) and isinstance(found, bool) == isinstance(expected, bool)


def shown(value: Any) -> str:
    """Return `value` in one short line: matchers by their meaning, long strings cut."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(entry) for entry in value) + "]"
    if value is ...:
        return "anything"
    if isinstance(value, type):
        return f"any {value.__name__}"
    if isinstance(value, re.Pattern):
        return f"text with /{value.pattern}/"
    if callable(value):
        return f"what {getattr(value, '__name__', 'a function')} accepts"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({len(text)} characters)"
