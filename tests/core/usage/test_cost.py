"""Sums of money: what has no price is never counted as nothing, and small amounts show."""

from __future__ import annotations

import pytest

from realtime_widgets import Usage
from realtime_widgets.core.usage.cost import dollars
from tests.core.usage.bills import ONE, price, wire


def test_tokens_of_no_kind_have_no_price() -> None:
    usage = Usage.of_response({"input_tokens": 100, "output_tokens": 50}, price("gpt-realtime"))
    assert usage.money is None
    assert {line.what for line in usage.cost.unpriced} == {"in, of unknown kind", "out, of unknown kind"}


def test_a_sum_with_an_unpriced_part_says_that_it_is_a_lower_bound() -> None:
    known = Usage.of_response(wire((0, 1000, 0), (0, 0, 0), (0, 0)), price("gpt-realtime"))
    total = known + Usage.of_response(ONE)
    assert total.money is None
    assert str(total.cost) == "at least $0.032"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "$0.00"), (1234.5, "$1,234.50"), (1, "$1.00"), (0.99999, "$1.00"), (0.5, "$0.50"), (0.0123, "$0.0123"),
        (0.00004, "$0.00004"), (0.0009999, "$0.0009999"), (1e-9, "less than $0.0000001"),
    ],
)  # fmt: skip
def test_small_amounts_do_not_look_like_nothing(amount: float, words: str) -> None:
    assert dollars(amount) == words
