"""The order of lines on a page."""

from __future__ import annotations

import pytest

from realtime_widgets.local.pictures.detection import Box
from realtime_widgets.local.pictures.reading_order import reading_order

#: A plot: title, axis label at the left, two ticks, a legend beside the upper tick, the label below.
TITLE, UP, HIGH, LOW, LEGEND, BELOW = (
    Box(200, 20, 100, 16),
    Box(20, 150, 14, 120),
    Box(50, 92, 20, 12),
    Box(50, 250, 20, 12),
    Box(320, 95, 90, 14),
    Box(200, 290, 90, 14),
)


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        ([], []),
        ([BELOW, LOW, LEGEND, HIGH, UP, TITLE], [TITLE, UP, HIGH, LEGEND, LOW, BELOW]),
        # Words of a line that slopes a little stay in it.
        ([Box(300, 108, 90, 20), Box(100, 100, 90, 20), Box(200, 104, 90, 20)], [1, 2, 0]),
        # Lines under one another do not mix, whatever their lengths.
        ([Box(250, 130, 400, 20), Box(150, 100, 200, 20), Box(100, 160, 100, 20)], [1, 0, 2]),
        # A table is read by rows, a legend beside ticks too.
        ([Box(x, y, 60, 20) for y in (100, 130, 160, 190) for x in (50, 200)], list(range(8))),
    ],
)
def test_rows_from_top_to_bottom_and_each_from_left_to_right(boxes: list[Box], order: list[object]) -> None:
    expected = [boxes.index(one) if isinstance(one, Box) else one for one in order]
    assert reading_order(boxes) == expected


def lines(x: float, count: int, *, y: float = 200, width: float = 300) -> list[Box]:
    """A column of prose around `x`."""
    return [Box(x - (place % 2) * 20, y + place * 30, width - (place % 2) * 40, 20) for place in range(count)]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left, right = lines(200, 5), lines(560, 4, y=206)
    title, footer = Box(380, 100, 500, 40), Box(380, 400, 400, 16)
    page = [footer, *right, *left, title]
    assert [page[place] for place in reading_order(page)] == [title, *left, *right, footer]


def test_a_title_of_one_column_stays_with_it_and_further_columns_follow() -> None:
    left, right = lines(200, 5), lines(560, 5)
    between = Box(380, 370, 600, 20)
    below = [*lines(200, 3, y=420), *lines(560, 3, y=420)]
    page = [*below, between, *right, *left]
    assert [page[place] for place in reading_order(page)] == [*left, *right, between, *below]


def test_every_line_comes_once() -> None:
    boxes = [Box(place * 37 % 400, place * 91 % 500, 20 + place * 13 % 300, 20) for place in range(200)]
    assert sorted(reading_order(boxes)) == list(range(200))
