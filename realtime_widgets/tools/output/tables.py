"""Turns a data frame or a large array of a tool into a short text for the model: what is in it, not all of it.

A voice model reads aloud what it gets, and every output stays in its window. So a table is its shape, its columns
with types and a summary of their values, and its first rows, within `TABLE_LIMIT`; the user sees the table on the
card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.lazy_types import is_a
from realtime_widgets.tools.output.terminal import without_escapes

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Most bytes of UTF-8 of the text of one table or array, some 500 to 800 tokens.
TABLE_LIMIT = 2_000
#: Most rows of a table that is given as a whole, and rows of a longer one.
WHOLE_ROWS, FIRST_ROWS = 12, 5
#: Most columns that are described.
MAX_COLUMNS = 20
#: Most numbers of an array that is given as a whole.
WHOLE_NUMBERS = 120
_MAX_CELL = 60  # characters of a cell
_MAX_NAME = 80  # characters of a column's name
_MAX_COUNTED = 100_000  # rows among which different values are counted
_FIRST_NUMBERS = 8
#: Bytes that are kept for the line that says what was left out.
_NOTE_ROOM = 120


class _Frame:
    """What is common to the frames of pandas, polars and Arrow."""

    def __init__(self, kind: str, names: list[str], types: list[str], rows: int) -> None:
        self.kind = kind
        self.names = names
        self.types = types
        self.rows = rows

    def first(self, count: int, columns: int) -> tuple[list[str], list[Sequence[Any]]]:
        """Return the names of columns and the first rows, labels of rows included."""
        raise NotImplementedError

    def summary(self, column: int) -> str:
        """Return what values a column has, in words."""
        raise NotImplementedError


class _Pandas(_Frame):
    def __init__(self, value: Any) -> None:
        self._series = is_a(value, "pandas", "Series")
        self._frame = value.to_frame() if self._series else value
        frame = self._frame
        types = [str(each) for each in frame.dtypes]
        super().__init__(type(value).__name__, [str(each) for each in frame.columns], types, len(frame))

    def first(self, count: int, columns: int) -> tuple[list[str], list[Sequence[Any]]]:
        shown = self._frame.iloc[:count, :columns]
        index = shown.index
        names = [str(each) for each in shown.columns]
        rows: list[Sequence[Any]] = [
            [shown.iat[row, column] for column in range(len(names))] for row in range(len(shown))
        ]
        if type(index).__name__ == "RangeIndex" and index.name is None:
            return names, rows
        labels = [str(name) if name is not None else "index" for name in index.names]
        keys = [key if index.nlevels > 1 else (key,) for key in index]
        return labels + names, [[*key, *row] for key, row in zip(keys, rows, strict=True)]

    def summary(self, column: int) -> str:
        values = self._frame.iloc[:, column]
        return _described(values, int(values.isna().sum()), str(values.dtype), values.nunique)


class _Polars(_Frame):
    def __init__(self, value: Any) -> None:
        self._frame = value.to_frame() if is_a(value, "polars", "Series") else value
        frame = self._frame
        types = [str(each) for each in frame.dtypes]
        super().__init__(type(value).__name__, [*frame.columns], types, frame.height)

    def first(self, count: int, columns: int) -> tuple[list[str], list[Sequence[Any]]]:
        shown = self._frame[:count, :columns]
        return [*shown.columns], [*shown.iter_rows()]

    def summary(self, column: int) -> str:
        values = self._frame.to_series(column)
        return _described(values, values.null_count(), str(values.dtype), values.n_unique)


class _Arrow(_Frame):
    def __init__(self, value: Any) -> None:
        self._table = value
        types = [str(each) for each in value.schema.types]
        super().__init__(type(value).__name__, [*value.schema.names], types, value.num_rows)

    def first(self, count: int, columns: int) -> tuple[list[str], list[Sequence[Any]]]:
        shown = self._table.slice(0, count)
        columns = min(columns, shown.num_columns)
        parts = [shown.column(index).to_pylist() for index in range(columns)]
        return self.names[:columns], [*zip(*parts, strict=True)]

    def summary(self, column: int) -> str:
        from pyarrow import compute

        values = self._table.column(column)
        missing = f"{values.null_count:,} missing" if values.null_count else ""
        if not any(word in self.types[column] for word in ("int", "float", "double", "decimal")):
            return missing
        ends = compute.min_max(values).as_py()
        spread = f"{_cell(ends['min'])} to {_cell(ends['max'])}, mean {_cell(compute.mean(values).as_py())}"
        return ", ".join(part for part in (spread, missing) if part)


def table_of(value: Any, limit: int = TABLE_LIMIT) -> str | None:
    """Return a frame or series of pandas, polars or Arrow as text for the model; None for any other value.

    Parameters
    ----------
    value
        Any value.
    limit
        Most bytes of UTF-8.
    """
    if is_a(value, "pandas", "DataFrame", "Series"):
        return _text(_Pandas(value), limit)
    if is_a(value, "polars", "DataFrame", "Series"):
        return _text(_Polars(value), limit)
    if is_a(value, "pyarrow", "Table", "RecordBatch"):
        return _text(_Arrow(value), limit)
    return None


def array_of(value: Any) -> str | None:
    """Return a large numpy array of numbers as text for the model; None for a small one, and for any other value.

    Parameters
    ----------
    value
        Any value.
    """
    if not is_a(value, "numpy", "ndarray") or value.size <= WHOLE_NUMBERS or value.dtype.kind not in "biuf":
        return None
    import numpy as np  # already imported by the code that made the value

    shape = " by ".join(f"{side:,}" for side in value.shape)
    flat = value.ravel() if value.dtype.kind != "b" else value.ravel().astype(np.uint8)
    finite = flat[np.isfinite(flat)] if value.dtype.kind == "f" else flat
    parts = [f"array of {shape}, {value.dtype}"]
    if finite.size:
        low, high = finite.min(), finite.max()
        mean, spread = finite.mean(dtype=np.float64), finite.std(dtype=np.float64)
        parts.append(f"{low:.6g} to {high:.6g}, mean {mean:.6g}, standard deviation {spread:.6g}")
    if finite.size < flat.size:
        parts.append(f"{flat.size - finite.size:,} not finite")
    first = ", ".join(f"{number:.6g}" for number in flat[:_FIRST_NUMBERS])
    return f"{'; '.join(parts)}; it begins {first} [{flat.size - _FIRST_NUMBERS:,} more numbers, not shown]"


def _text(frame: _Frame, limit: int) -> str:
    """Return the text of a frame: small ones whole, of large ones a summary and the first rows."""
    columns = len(frame.names)
    whole = frame.rows <= WHOLE_ROWS and columns <= MAX_COLUMNS
    head = f"{frame.kind}: {_count(frame.rows, 'row')}, {_count(columns, 'column')}"
    lines = [head, "columns:"]
    room = limit - _NOTE_ROOM - len(head.encode()) - len("columns:")
    described = 0
    for column in range(min(columns, MAX_COLUMNS)):
        about = "" if whole else _summary(frame, column)
        name = f"{_clean(frame.names[column], _MAX_NAME)} ({frame.types[column]:.40})"
        line = f"  {name}{': ' if about else ''}{about}"
        # Half of the room is for rows.
        if room - len(line.encode()) < limit // 3:
            break
        room -= len(line.encode()) + 1
        lines.append(line)
        described += 1
    written = _rows(frame, WHOLE_ROWS if whole else FIRST_ROWS, max(1, described), room)
    shown_rows = max(0, len(written) - 1)
    if written:
        lines += ["rows:" if shown_rows == frame.rows else f"first {_count(shown_rows, 'row')}:", *written]
    left_out = [
        f"{count - limit:,} more {what}{'s' if count - limit > 1 else ''}"
        for count, limit, what in ((frame.rows, shown_rows, "row"), (columns, described, "column"))
        if count > limit
    ]
    if left_out:
        lines.append(f"[{' and '.join(left_out)}, not shown here; the user sees the table]")
    return "\n".join(lines)


def _rows(frame: _Frame, count: int, columns: int, room: int) -> list[str]:
    """Return the line of names and as many rows as fit."""
    if not frame.rows:
        return []
    names, rows = frame.first(count, columns)
    lines = [" | ".join(_clean(name, _MAX_NAME) for name in names)]
    room -= len(lines[0].encode())
    for row in rows:
        line = " | ".join(_cell(each) for each in row)
        room -= len(line.encode()) + 1
        if room < 0:
            break
        lines.append(line)
    return lines if len(lines) > 1 else []


def _summary(frame: _Frame, column: int) -> str:
    try:
        return frame.summary(column)
    except Exception:
        return ""  # values that cannot be compared, such as lists in cells


def _described(values: Any, missing: int, dtype: str, count_different: Any) -> str:
    """Describe a column of pandas or polars."""
    parts = []
    kind = dtype.lower()
    if kind.startswith(("int", "uint", "float", "decimal")):
        parts.append(f"{_cell(values.min())} to {_cell(values.max())}, mean {_cell(values.mean())}")
    elif kind.startswith(("datetime", "date", "duration", "timedelta")):
        parts.append(f"{_cell(values.min())} to {_cell(values.max())}")
    elif len(values) <= _MAX_COUNTED and kind not in ("object",):
        parts.append(f"{count_different():,} different")
    if missing:
        parts.append(f"{missing:,} missing")
    return ", ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _cell(value: Any) -> str:
    if isinstance(value, float) or is_a(value, "numpy", "floating"):
        return f"{value:.6g}"
    return _clean(str(value), _MAX_CELL)


def _clean(text: str, limit: int) -> str:
    line = " ".join(without_escapes(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
