from __future__ import annotations

import array
import datetime
import decimal
import enum
import fractions
import itertools
import json
import math
import uuid
import weakref
from collections import OrderedDict, deque, namedtuple
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from realtime_widgets.tools.output.encoding import OUTPUT_LIMIT, encode_output


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


@dataclass
class Sample:
    mass: float
    tags: set[str] = field(default_factory=set)


class Model(BaseModel):
    sample: Any
    day: datetime.date


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        (math.nan, None),
        (-math.inf, None),
        ([1, math.nan], [1, None]),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({1: "a", None: "b", np.int64(2): "c", Word.YES: "d"}, {"1": "a", "None": "b", "2": "c", "yes": "d"}),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.longdouble(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array(5), 5),
        (np.array([[1.0, np.nan], [np.inf, 2.0]]), [[1.0, None], [None, 2.0]]),
        (np.ma.masked_array([1, 2], mask=[True, False]), [None, 2]),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), ["2026-01-01"]),
        (np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), [[1, 2.0]]),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), "2026-01-02T03:00:00+00:00"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(seconds=90), "0:01:30"),
        (decimal.Decimal("12.30"), "12.30"),
        (fractions.Fraction(1, 3), "1/3"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (1 + 2j, "(1+2j)"),
        (Level.HIGH, 3),
        ([Word.YES], ["yes"]),
        ({3, 1, 2}, [1, 2, 3]),
        (Sample(1.5, {"b", "a"}), {"mass": 1.5, "tags": ["a", "b"]}),
        (Pair(1, 2), {"left": 1, "right": 2}),
        (
            Model(sample=np.arange(2), day=datetime.date(2026, 1, 1)),
            {"sample": [0, 1], "day": "2026-01-01"},
        ),
        (range(3), [0, 1, 2]),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        (b"1234", "<4 bytes of binary data, not shown>"),
        ({"audio": bytearray(3)}, {"audio": "<3 bytes of binary data, not shown>"}),
    ],
)
def test_values_become_json(value: Any, expected: Any):
    assert json.loads(encode_output(value)) == expected


@pytest.mark.parametrize("text", ["plain", "", '"quoted"', "größe 🔬 日本", "a\nb"])
def test_strings_stay_as_they_are(text: str):
    assert encode_output(text) == text


def test_string_likes_count_as_strings():
    assert encode_output(Word.YES) == "yes"
    assert encode_output(np.str_("a")) == "a"


def test_unicode_is_not_escaped():
    assert encode_output(["größe 🔬"]) == '["größe 🔬"]'


def test_lone_surrogates_do_not_break_the_socket():
    for value in ("a\ud800b", ["a\ud800b"], {"\ud800": 1}):
        assert "?" in encode_output(value).encode().decode()


class Opaque:
    def __repr__(self) -> str:
        return "<Opaque thing>"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class BreaksWhileRead(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise RuntimeError("gone")

    def __iter__(self) -> Iterator[str]:
        yield "a"

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "<BreaksWhileRead>"


def test_what_has_no_json_form_is_its_repr_and_says_so():
    note = {"repr": "<Opaque thing>", "note": "Opaque has no JSON form; this is its repr"}
    assert json.loads(encode_output(Opaque())) == note
    assert json.loads(encode_output({"a": [Opaque()]})) == {"a": [note]}
    assert json.loads(encode_output(BreaksWhileRead()))["repr"] == "<BreaksWhileRead>"
    assert json.loads(encode_output(Broken()))["repr"] == "<Broken whose repr raised RuntimeError>"
    assert json.loads(encode_output(n for n in "ab")) == ["a", "b"]
    assert json.loads(encode_output(Sample))["note"] == "type has no JSON form; this is its repr"


def test_one_value_that_breaks_leaves_the_others():
    whole, broken, huge = json.loads(encode_output([1, BreaksWhileRead(), fractions.Fraction(10**5000)]))
    assert whole == 1
    assert broken["note"].startswith("BreaksWhileRead cannot be read (RuntimeError: gone)")
    assert huge["note"].startswith("Fraction cannot be read (ValueError: Exceeds the limit")
    assert list(json.loads(encode_output({10**5000: 1, "b": 2})).values()) == [1, 2]


def test_a_proxy_is_read_as_what_it_stands_for():
    class Numbers(list[int]):
        pass

    numbers, opaque = Numbers([1, 2]), Opaque()
    assert json.loads(encode_output(weakref.proxy(numbers))) == [1, 2]
    assert "repr" in json.loads(encode_output(weakref.proxy(opaque)))
    left = weakref.proxy(numbers)
    del numbers
    assert "weakproxy" in json.loads(encode_output(left))["repr"]


def test_a_large_set_is_not_sorted():
    class Number(int):
        compared = 0

        def __lt__(self, other: int) -> bool:
            Number.compared += 1
            return int(self) < other

    assert encode_output({Number(n) for n in range(50_000)}).endswith("bytes]")
    assert Number.compared == 0


@pytest.mark.parametrize(
    "value",
    [
        "x" * 1_000_000,
        "ü" * 10_000,
        ["x" * 1_000_000],
        {"x" * 1_000_000: 1},
        list(range(1_000_000)),
        range(10**15),
        {str(n): n for n in range(100_000)},
        [["a" * 100] * 100] * 100,
        np.zeros((1000, 1000)),
        np.zeros(5_000_000),
        set(range(100_000)),
        array.array("d", [0.5] * 100_000),
        dict.fromkeys(range(100_000), 1).values(),
        itertools.count(),
        [decimal.Decimal(10) ** 100_000] * 1_000,
        [10**2_000] * 10_000,
        type("Long", (), {"__repr__": lambda self: "y" * 1_000_000})(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_long_results_are_cut_and_say_so(value: Any):
    output = encode_output(value)
    assert OUTPUT_LIMIT - 4 <= len(output.encode()) <= OUTPUT_LIMIT
    assert output.endswith("[cut here: the result was longer than 16384 bytes]")


@pytest.mark.parametrize("value", ["x" * 1000, "ü" * 500, "x" * 998 + "ü"])
def test_the_limit_itself_is_not_cut(value: str):
    assert encode_output(value, 1000) == value
    assert encode_output(value + "x", 1000).endswith("longer than 1000 bytes]")


def test_deep_and_circular_results_end():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "nested deeper than 64 levels" in encode_output(deep)
    circle: dict[str, Any] = {}
    circle["self"] = [circle]
    assert json.loads(encode_output(circle)) == {"self": ["<the same object again, not repeated>"]}
    twice = [1]
    assert json.loads(encode_output([twice, twice])) == [[1], [1]]
    while deep:  # taken apart by hand: freeing it at once would recurse
        deep = deep.pop()


def test_integers_too_long_to_write():
    assert json.loads(encode_output(10**1000)) == 10**1000
    assert json.loads(encode_output(10**100_000)) == "<integer of 332193 bits, not shown>"
