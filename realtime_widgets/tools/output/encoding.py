"""Turns the value that a tool returned into the text that the model reads."""

from __future__ import annotations

import array
import asyncio
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import uuid
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Set, ValuesView
from typing import Any, TypeGuard

from realtime_widgets.lazy_types import is_a
from realtime_widgets.tools.output.outcome import described
from realtime_widgets.tools.output.terminal import without_escapes
from realtime_widgets.tools.schema.messages import well_formed

#: Longest output sent to the model, in bytes of UTF-8. Every output stays in the model's window, which may have
#: only 32,768 tokens; 16 KiB are some 4,000 to 6,000 of them.
OUTPUT_LIMIT = 16 * 1024
#: Levels of nested lists and objects that are shown; deeper ones are only mentioned.
MAX_DEPTH = 64
_MAX_INTEGER_BITS = 8_192  # Python refuses to write more digits, or takes long
_MAX_REASON = 300  # characters of the error of a value that cannot be read
_CUT = "\n[cut here: the result was longer than {limit} bytes]"
#: Types with a form for their data, beside those that are named where they are encoded.
_DATA = (
    str,
    int,
    float,
    bytes,
    bytearray,
    memoryview,
    datetime.date,
    datetime.time,
    enum.Enum,
    Mapping,
    Set,
    list,
    tuple,
    range,
    deque,
    ValuesView,
    array.array,
)
_AS_TEXT = (
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PurePath,
    datetime.timedelta,
    complex,
)


def encode_output(value: object, limit: int = OUTPUT_LIMIT) -> str:
    """Return a tool's result as text for the model; never fails.

    A string stays as it is, but for colours of a terminal. Any other value becomes JSON, including numpy scalars
    and arrays, dates (ISO 8601), dataclasses, named tuples, pydantic models, enums, sets and decimals (as text).
    NaN and infinity become null. An iterator, such as a generator, becomes the list of its values; it is read no
    further than the limit, and if it raises an error, the list ends with a note of it. Binary data is replaced by
    a note of its size, and a value without a JSON form, or one that cannot be read, by its repr and a note.

    Parameters
    ----------
    value
        The value that the tool returned.
    limit
        Longest text in bytes of UTF-8; a longer one is cut and ends with a note.
    """
    if issubclass(type(value), enum.Enum):
        value = _bare(value)
    if issubclass(type(value), str):  # no isinstance: the class that a proxy claims may be an error
        return cut(without_escapes(str.__str__(value)), limit)
    builder = _Builder(limit)
    return builder.text(builder.build(value))


async def encode_output_later(
    values: AsyncIterator[Any], limit: int = OUTPUT_LIMIT, replace: Callable[[Any], Any] = lambda value: value
) -> str:
    """Return the values of an asynchronous iterator as `encode_output` does those of an iterator.

    Parameters
    ----------
    values
        The iterator that the tool returned.
    limit
        Longest text in bytes of UTF-8.
    replace
        Returns what to encode in the place of a value.
    """
    builder = _Builder(limit)
    built: list[Any] = []
    try:
        async for value in values:
            if builder.full():
                break
            built.append(builder.build(replace(value)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # of the code of a generator
        built.append(_ended_by(error))
    return builder.text(built)


def cut(text: str, limit: int, cut_already: bool = False) -> str:
    """Return `text` in at most `limit` bytes of UTF-8; if it was longer, it ends with a note."""
    shown = well_formed(text[: limit + 1])
    data = shown.encode()
    if len(text) <= limit and len(data) <= limit and not cut_already:
        return shown
    note = _CUT.format(limit=limit)
    return data[: max(0, limit - len(note))].decode("utf-8", "ignore") + note


def as_repr(value: object, limit: int = OUTPUT_LIMIT, reason: str = "") -> dict[str, str]:
    """Return the repr of a value without a JSON form, and a note that it is one.

    Parameters
    ----------
    value
        The value.
    limit
        Longest repr in characters.
    reason
        Why the value is not shown itself; empty if there is no JSON form for its type.
    """
    kind = type(value).__name__
    try:
        text = repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or the panic of a package written in Rust
        text = f"<{kind} whose repr raised {type(error).__name__}>"
    return {"repr": text[:limit], "note": f"{reason or f'{kind} has no JSON form'}; this is its repr"}


class _Builder:
    """Builds a value for `json.dumps`, and stops when the text is sure to exceed the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit  # every value needs at least one byte and a comma
        self._open: set[int] = set()
        self._spent = False

    def full(self) -> bool:
        """Whether no further value fits; asked while there is one, so that the text ends with a note."""
        self._spent = self._spent or self._left < 0
        return self._spent

    def text(self, built: Any) -> str:
        """Return what was built as JSON, in at most the limit."""
        return cut(json.dumps(built, ensure_ascii=False, allow_nan=False), self._limit, cut_already=self._spent)

    def build(self, value: Any) -> Any:
        """Return what stands for a value; its repr if it breaks while it is read."""
        self._left -= 1
        try:
            return self._built(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reason = f"{type(value).__name__} cannot be read ({described(error)[:_MAX_REASON]})"
            return self._repr(value, reason)

    def _repr(self, value: Any, reason: str = "") -> dict[str, str]:
        return {key: self._text(text) for key, text in as_repr(value, self._limit, reason).items()}

    def _built(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, enum.Enum):
            return self._built(_bare(value))
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int):
            bits = value.bit_length()
            if bits > _MAX_INTEGER_BITS:
                return f"<integer of {bits} bits, not shown>"
            self._left -= bits // 4  # no more than its digits
            return int(value)
        if isinstance(value, float):
            return _number(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{memoryview(value).nbytes} bytes of binary data, not shown>"
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        if isinstance(value, _AS_TEXT):
            return self._text(str(value))
        if is_a(value, "numpy", "generic", "ndarray"):
            return self._of_numpy(value)
        return self._container(value)

    def _of_numpy(self, value: Any) -> Any:
        import numpy as np  # already imported by the code that made the value

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
        text = without_escapes(text)
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
            return self._list(_in_order(value, self._limit))
        if isinstance(value, list | tuple | range | deque | ValuesView | array.array):
            return self._list(value)
        if is_lazy(value):
            return self._read(value)
        return self._repr(value)

    def _list(self, values: Iterable[Any]) -> list[Any]:
        built: list[Any] = []
        for value in values:
            if self.full():
                break
            built.append(self.build(value))
        return built

    def _read(self, values: Iterator[Any]) -> list[Any]:
        built: list[Any] = []
        try:
            for value in values:
                if self.full():
                    break
                built.append(self.build(value))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of the code of a generator
            built.append(_ended_by(error))
        return built

    def _object(self, values: Mapping[Any, Any]) -> dict[str, Any]:
        built = {}
        for key, value in values.items():
            if self.full():
                break
            built[self._text(_as_key(key))] = self.build(value)
        return built


def has_data_form(value: object) -> bool:
    """Whether `encode_output` has a form for the data of a value, instead of its repr."""
    kind = type(value)
    return (
        issubclass(kind, (*_DATA, *_AS_TEXT))
        or is_a(value, "numpy", "generic", "ndarray")
        or is_a(value, "pydantic", "BaseModel")
        or dataclasses.is_dataclass(kind)
        or is_lazy(value)
        or is_lazy_later(value)
    )


def is_lazy(value: object) -> bool:
    """Whether a value is an iterator whose values can be read: not a file or a stream, which may wait for more."""
    kind = type(value)  # a proxy has the methods of an iterator, whatever it stands for
    return issubclass(kind, Iterator) and not hasattr(kind, "read") and kind not in weakref.ProxyTypes


def is_lazy_later(value: object) -> TypeGuard[AsyncIterator[Any]]:
    """Whether a value is an asynchronous iterator whose values can be read: not a stream."""
    return issubclass(type(value), AsyncIterator) and not hasattr(type(value), "read")


def _ended_by(error: BaseException) -> str:
    return f"<ended here by {described(error)[:_MAX_REASON]}>"


def _bare(value: Any) -> Any:
    """Return the value of a member of an enum, which may be a member itself."""
    while isinstance(value, enum.Enum):
        value = value.value
    return value


def _as_key(key: Any) -> str:
    key = _bare(key)
    if isinstance(key, str):
        return str.__str__(key)
    try:
        return str(key.item() if is_a(key, "numpy", "generic") else key)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return as_repr(key)["repr"]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _in_order(values: Set[Any], limit: int) -> Iterable[Any]:
    if len(values) > limit:  # cut in any case: sorting millions takes longer than all the rest
        return values
    try:
        return sorted(values)
    except Exception:
        return values  # values that cannot be compared
