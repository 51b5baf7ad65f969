"""From what a tool returned to the text that the model reads."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import uuid
from collections import deque
from collections.abc import Iterable, Mapping, Set
from typing import Any

from realtime_widgets.kinds import is_a
from realtime_widgets.tools.notices import well_formed

#: Longest output sent to the model, in bytes of UTF-8. A model with a window of 32,768 tokens has to live
#: with every output for the rest of the talk; 16 KiB are some 4,000 to 6,000 of them.
OUTPUT_LIMIT = 16 * 1024
#: Lists and objects inside each other that are shown; what lies deeper is only named.
MAX_DEPTH = 64
_MAX_INTEGER_BITS = 8_192  # above it Python refuses, or takes long, to write the digits
_CUT = "\n[cut here: the result was longer than the {limit} bytes that are passed on]"
_AS_TEXT = (
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PurePath,
    datetime.timedelta,
    complex,
)


def encode_output(value: object, limit: int = OUTPUT_LIMIT) -> str:
    """Turn a tool's result into what goes to the model; never fails.

    A string stays as it is. All else becomes JSON: numpy scalars and arrays, dates (ISO 8601), dataclasses,
    named tuples, pydantic models, enums, sets, decimals (as text) included. NaN and infinity become null.
    Binary data is replaced by a note of its size, and what has no JSON form by its repr, said as such.

    Parameters
    ----------
    value
        What the tool returned.
    limit
        Longest text in bytes of UTF-8; a longer one is cut and ends in a note that says so.
    """
    while isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return cut(str.__str__(value), limit)
    try:
        builder = _Builder(limit)
        text = json.dumps(builder.build(value), ensure_ascii=False, allow_nan=False)
    except Exception:  # a container that breaks while it is read
        return cut(json.dumps(as_repr(value, limit), ensure_ascii=False), limit)
    return cut(text, limit, cut_already=builder.spent)


def cut(text: str, limit: int, cut_already: bool = False) -> str:
    """`text` in at most `limit` bytes of UTF-8, with a note where that left something out."""
    text = well_formed(text)
    data = text[: limit + 1].encode()
    if len(text) <= limit and len(data) <= limit and not cut_already:
        return text
    note = _CUT.format(limit=limit)
    return data[: max(0, limit - len(note))].decode("utf-8", "ignore") + note


def as_repr(value: object, limit: int = OUTPUT_LIMIT) -> dict[str, str]:
    """Stand-in for a value without a JSON form: its repr, and a note that it is one."""
    kind = type(value).__name__
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{kind} whose repr raised {type(error).__name__}>"
    return {"repr": text[:limit], "note": f"{kind} has no JSON form; this is its repr"}


class _Builder:
    """Builds what `json.dumps` takes, and stops where the text is sure to be beyond the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit  # every value takes at least one byte and a comma
        self._open: set[int] = set()
        self.spent = False

    def build(self, value: Any) -> Any:
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, enum.Enum):
            return self.build(value.value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int):
            bits = value.bit_length()
            return int(value) if bits <= _MAX_INTEGER_BITS else f"<integer of {bits} bits, not shown>"
        if isinstance(value, float):
            return _number(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{memoryview(value).nbytes} bytes of binary data, not shown>"
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        if isinstance(value, _AS_TEXT):
            return str(value)
        if is_a(value, "numpy", "generic", "ndarray"):
            return self._of_numpy(value)
        return self._container(value)

    def _of_numpy(self, value: Any) -> Any:
        import numpy as np  # loaded already, by who made the value

        if value is np.ma.masked:
            return None
        if isinstance(value, np.ndarray):
            return self._container(value)
        if isinstance(value, np.floating):
            return _number(float(value))
        if isinstance(value, np.datetime64 | np.timedelta64):
            return str(value)
        item = value.item()
        return str(item) if isinstance(item, np.generic) else self.build(item)

    def _text(self, text: str) -> str:
        self._left -= len(text)
        return text[: self._limit + 1]

    def _container(self, value: Any) -> Any:
        if id(value) in self._open:
            return "<the same object again, not repeated>"
        if len(self._open) >= MAX_DEPTH:
            return f"<nested deeper than {MAX_DEPTH} levels, not shown>"
        self._open.add(id(value))
        try:
            return self._contents(value)
        finally:
            self._open.discard(id(value))

    def _contents(self, value: Any) -> Any:
        if is_a(value, "numpy", "ndarray"):
            return self._list(value) if value.ndim else self.build(value[()])
        if is_a(value, "pydantic", "BaseModel"):
            return self._object(value.model_dump())
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._object({part.name: getattr(value, part.name) for part in dataclasses.fields(value)})
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return self._object(value._asdict())
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, Set):
            return self._list(_in_order(value))
        if isinstance(value, list | tuple | range | deque):
            return self._list(value)
        return {key: self._text(text) for key, text in as_repr(value, self._limit).items()}

    def _list(self, values: Iterable[Any]) -> list[Any]:
        built = []
        for value in values:
            if self._left < 0:
                self.spent = True
                break
            built.append(self.build(value))
        return built

    def _object(self, values: Mapping[Any, Any]) -> dict[str, Any]:
        built = {}
        for key, value in values.items():
            if self._left < 0:
                self.spent = True
                break
            built[self._text(key if isinstance(key, str) else str(_plain(key)))] = self.build(value)
        return built


def _plain(key: Any) -> Any:
    if isinstance(key, enum.Enum):
        return key.value
    return key.item() if is_a(key, "numpy", "generic") else key


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _in_order(values: Set[Any]) -> Iterable[Any]:
    try:
        return sorted(values)
    except TypeError:
        return values  # of kinds that do not compare
