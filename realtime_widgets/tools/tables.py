"""Data frames among what a tool returns, as a short table that a model reads."""

from __future__ import annotations

from typing import Any

#: Rows and columns of a table that are passed on.
MAX_ROWS, MAX_COLUMNS = 50, 40


def table_of(value: Any) -> str | None:
    """Return a pandas or polars frame or series as CSV under a line on its shape; None for anything else."""
    module, kind = type(value).__module__.partition(".")[0], type(value).__name__
    if module not in ("pandas", "polars") or kind not in ("DataFrame", "Series"):
        return None
    frame = value.to_frame() if kind == "Series" else value
    rows, columns = frame.shape
    types = [
        f"{name}: {dtype}" for name, dtype in list(zip(frame.columns, frame.dtypes, strict=True))[:MAX_COLUMNS]
    ]
    if module == "pandas":
        shown = frame.iloc[:MAX_ROWS, :MAX_COLUMNS]
        counted = type(frame.index).__name__ == "RangeIndex" and frame.index.name is None
        text = shown.to_csv(index=not counted, float_format="%.6g")
    else:
        text = frame[:MAX_ROWS, :MAX_COLUMNS].write_csv()
    left_out = [
        f"{count - limit:,} more {what}"
        for count, limit, what in ((rows, MAX_ROWS, "rows"), (columns, MAX_COLUMNS, "columns"))
        if count > limit
    ]
    head = f"{kind} of {rows:,} rows and {columns:,} columns ({', '.join(types)})"
    return f"{head}\n{text}" + (f"[{' and '.join(left_out)}, not shown]\n" if left_out else "")
