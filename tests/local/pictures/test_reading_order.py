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
    ],
)
def test_rows_from_top_to_bottom_and_each_from_left_to_right(boxes: list[Box], order: list[object]) -> None:
    expected = [boxes.index(one) if isinstance(one, Box) else one for one in order]
    assert reading_order(boxes) == expected
