"""Numbers in speech and writing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.local.brain.language.numbers import find_numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("forty two point five", [42.5]),
        ("forty-two", [42]),
        ("minus ten", [-10]),
        ("-3.5 and 1,200.", [-3.5, 1200]),
        ("a hundred and twenty", [120]),
        ("two thousand and twenty six", [2026]),
        ("fifteen hundred", [1500]),
        ("2 million", [2_000_000]),
        ("two hundred and five thousand and six", [205_006]),
        ("half", [0.5]),
        ("two and a half", [2.5]),
        ("three quarters", [0.75]),
        ("half a dozen", [6]),
        ("zero point oh five", [0.05]),
        ("point five", [0.5]),
        ("1/2 of it", [0.5]),
        ("1e-5", [1e-5]),
        ("one two three", [1, 2, 3]),
        ("40°C", [40]),
        ("a d20", [1, 20]),
        ("that one, one of them", []),
        ("10-20", [10, 20]),
        ("twenty-first", [21]),
        ("twice", [2]),
        ("no number here", []),
    ],
)
def test_numbers_are_found(text: str, values: list[float]) -> None:
    assert [number.value for number in find_numbers(text)] == pytest.approx(values)


@given(st.integers(0, 10**9))
def test_digits_give_themselves(value: int) -> None:
    assert [number.value for number in find_numbers(f"at {value:,} degrees")] == [value]


@given(st.text(max_size=200))
def test_any_text_is_read_in_order_and_in_bounds(text: str) -> None:
    numbers = find_numbers(text)
    assert all(0 <= number.start < number.end <= len(text) for number in numbers)
    assert all(before.end <= after.start for before, after in pairwise(numbers))
