"""Whether an object has changed: a fingerprint of what is in it, in bounded time. Pure."""

from __future__ import annotations

import hashlib
from typing import Any

from realtime_widgets.lazy_types import is_a
from realtime_widgets.sources.charts import chart_text
from realtime_widgets.tools.output.encoding import encode_output
from realtime_widgets.tools.output.tables import table_of

#: Bytes of an array, and of the text of any other object, that are looked at.
_ARRAY_BYTES, _TEXT_BYTES = 4 * 2**20, 64 * 1024
#: Rows of a frame of which all values are looked at: as many of its beginning and of its end.
_ROWS = 2_000


def fingerprint(value: Any) -> str:
    """Return a text that differs, with near certainty, if what is in an object has changed.

    Of large data samples are looked at: a change of one number in the middle of a million is not seen, unless it
    changes the summary of its column.

    Parameters
    ----------
    value
        Any object. It is not kept.
    """
    parts = [f"{type(value).__module__}.{type(value).__qualname__}", _size(value)]
    try:
        parts.append(_content(value))
    except Exception as error:  # an object that raises whatever it is asked for
        parts.append(f"{type(error).__name__} {id(value)}")
    return hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).hexdigest()


def _size(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return str(shape)
    try:
        return str(len(value))
    except Exception:
        return ""


def _content(value: Any) -> str:
    if is_a(value, "numpy", "ndarray"):
        return _of_array(value)
    if is_a(value, "pandas", "DataFrame", "Series"):
        import pandas as pd

        ends = pd.concat([value.head(_ROWS), value.tail(_ROWS)])
        return f"{table_of(value)}{int(pd.util.hash_pandas_object(ends).sum())}"
    if is_a(value, "polars", "DataFrame", "Series"):
        frame = value.to_frame() if is_a(value, "polars", "Series") else value
        ends = (int(part.hash_rows().sum() or 0) for part in (frame.head(_ROWS), frame.tail(_ROWS)))
        return f"{table_of(value)}{list(ends)}"
    if (table := table_of(value)) is not None:
        return table
    if (chart := chart_text(value)) is not None:
        return chart
    return encode_output(value, _TEXT_BYTES)


def _of_array(value: Any) -> str:
    flat = value.reshape(-1)
    step = max(1, value.nbytes // _ARRAY_BYTES)
    if value.dtype.hasobject:
        return encode_output(flat[:_ROWS].tolist(), _TEXT_BYTES)
    return hashlib.blake2b(flat[::step].tobytes(), digest_size=16).hexdigest() + str(value.dtype)
