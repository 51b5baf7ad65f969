"""Frames that a tool returned, as the short tables that the model gets."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from realtime_widgets.tools.output.results import encode_result
from realtime_widgets.tools.output.tables import TABLE_LIMIT


def test_a_long_frame_is_its_shape_a_summary_and_its_first_rows():
    frame = pandas.DataFrame(
        {"time": range(60), "rate": np.arange(60) / 3, "name": ["a", "b", None] * 20},
    )
    assert encode_result(frame)[0].splitlines() == [
        "DataFrame: 60 rows, 3 columns",
        "columns:",
        "  time (int64): 0 to 59, mean 29.5",
        "  rate (float64): 0 to 19.6667, mean 9.83333",
        f"  name ({frame.name.dtype}): 2 different, 20 missing",
        "first 5 rows:",
        "time | rate | name",
        "0 | 0 | a",
        "1 | 0.333333 | b",
        "2 | 0.666667 | nan",
        "3 | 1 | a",
        "4 | 1.33333 | b",
        "[55 more rows, not shown here; the user sees the table]",
    ]


def test_a_small_frame_is_told_as_a_whole():
    frame = pandas.DataFrame({"time": range(2), "rate": np.arange(2) / 3})
    assert encode_result(frame.set_index("time").rate)[0].splitlines() == [
        "Series: 2 rows, 1 column",
        "columns:",
        "  rate (float64)",
        "rows:",
        "time | rate",
        "0 | 0",
        "1 | 0.333333",
    ]
    assert json.loads(encode_result({"table": frame[:1]})[0])["table"].endswith("time | rate\n0 | 0")
    assert (
        encode_result(frame[:0])[0] == "DataFrame: 0 rows, 2 columns\ncolumns:\n  time (int64)\n  rate (float64)"
    )


@pytest.mark.parametrize(
    "frame",
    [
        pandas.DataFrame(np.zeros((2, 45))),
        pandas.DataFrame({"x" * 10_000: ["y" * 10_000] * 100}),
        pandas.DataFrame({f"größe {number}": ["ü" * 200] * 30 for number in range(30)}),
        pandas.DataFrame(np.zeros((100_000, 300))),
        polars.DataFrame({f"c{number}": [None, [1.5] * 50] * 30 for number in range(25)}),
        pyarrow.table({f"c{number}": list(range(1_000)) for number in range(100)}),
    ],
    ids=lambda frame: str(frame.shape),
)
def test_whatever_is_in_a_table_it_stays_within_its_budget_and_says_what_is_left_out(frame: Any):
    text, _ = encode_result(frame)
    assert len(text.encode()) <= TABLE_LIMIT
    assert re.search(
        r"^\[.* more (rows?|columns?).*, not shown here; the user sees the table\]$", text, re.MULTILINE
    )


def test_a_table_of_arrow_is_told_as_others():
    table = pyarrow.table({"n": [*range(20)], "word": ["a"] * 19 + [None]})
    assert encode_result(table)[0].splitlines()[:6] == [
        "Table: 20 rows, 2 columns",
        "columns:",
        "  n (int64): 0 to 19, mean 9.5",
        "  word (string): 1 missing",
        "first 5 rows:",
        "n | word",
    ]


def test_large_arrays_are_summaries_and_small_ones_are_numbers():
    text, _ = encode_result(np.arange(3_000.0).reshape(1_000, 3))
    assert text == (
        "array of 1,000 by 3, float64; 0 to 2999, mean 1499.5, standard deviation 866.025; it begins 0, 1, 2, 3, "
        "4, 5, 6, 7 [2,992 more numbers, not shown]"
    )
    assert "3 not finite" in encode_result(np.array([np.nan, np.inf, -np.inf] + [1.0] * 200))[0]
    assert encode_result(np.array([np.nan] * 200))[0].startswith("array of 200, float64; 200 not finite")
    assert json.loads(encode_result(np.arange(100))[0]) == list(range(100))


def test_what_is_in_the_cells_is_one_line_each():
    text, _ = encode_result(pandas.DataFrame({"note\nof all": ["two\nlines \x1b[31mred\x1b[0m", "x" * 500]}))
    assert text.splitlines()[-3:] == ["note of all", "two lines red", "x" * 59 + "…"]
