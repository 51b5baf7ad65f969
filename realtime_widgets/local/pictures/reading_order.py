"""The order in which lines are read: columns of prose one after the other, all else row by row. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realtime_widgets.local.pictures.detection import Box

    Interval = tuple[float, float]

#: Boxes share a row if they overlap in height by this share of the lower one.
_SHARED = 0.5
#: A column of prose has at least so many lines, which are so many times as long as high; the cells of a table, or
#: the labels of a plot, are shorter and read by rows.
_LINES, _LENGTH = 3, 8.0
#: Least width of the space between columns, in heights of a line.
_GUTTER = 1.0


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Return the places of `boxes` in the order in which they are read.

    A row holds the boxes that overlap in height with the one before, from left to right; vertical lines have rows
    of their own, at their upper end.
    """
    order: list[int] = []
    for columns in _parts(boxes):
        for column in columns:
            order += _by_rows(boxes, column)
    return order


def _by_rows(boxes: Sequence[Box], places: Sequence[int]) -> list[int]:
    rows: list[list[int]] = []
    for place in sorted(places, key=lambda place: _middle(boxes[place])):
        box = boxes[place]
        row = next((row for row in reversed(rows[-3:]) if _beside(boxes[row[-1]], box)), None)
        if row is None:
            rows.append([place])
        else:
            row.append(place)
    return [place for row in rows for place in sorted(row, key=lambda place: boxes[place].x)]


def _middle(box: Box) -> float:
    return box.y - box.height / 2 if box.vertical else box.y


def _beside(one: Box, other: Box) -> bool:
    if one.vertical or other.vertical:
        return False
    top = max(one.y - one.height / 2, other.y - other.height / 2)
    bottom = min(one.y + one.height / 2, other.y + other.height / 2)
    return bottom - top >= _SHARED * min(one.height, other.height)


def _parts(boxes: Sequence[Box]) -> Iterator[list[list[int]]]:
    """Yield the parts of the page from top to bottom, each as its columns from left to right."""
    places = sorted(range(len(boxes)), key=lambda place: boxes[place].y)
    if sum(box.width >= _LENGTH * box.height for box in boxes) < 2 * _LINES:
        yield [places]  # too few long lines for two columns
        return
    alone: list[int] = []
    start = 0
    while start < len(places):
        columns = _columns_from(boxes, places[start:])
        if columns is None:
            alone.append(places[start])
            start += 1
            continue
        yield [alone]
        yield columns
        alone = []
        start += sum(map(len, columns))
    yield [alone]


def _columns_from(boxes: Sequence[Box], places: Sequence[int]) -> list[list[int]] | None:
    """Return the two columns that begin with the first of `places`, as far as they go; None without columns."""
    least = _GUTTER * median(min(boxes[place].width, boxes[place].height) for place in places)
    free: list[Interval] = [(float("-inf"), float("inf"))]
    left_end, right_start = float("inf"), float("-inf")
    found: tuple[int, float] | None = None
    for count, place in enumerate(places, 1):
        left, right = _extent(boxes[place])
        free = [
            part for interval in free for part in _without(interval, left, right) if part[1] - part[0] >= least
        ]
        left_end, right_start = min(left_end, right), max(right_start, left)
        between = [part for part in free if part[0] >= left_end and part[1] <= right_start]
        if between:
            widest = max(between, key=lambda part: part[1] - part[0])
            found = count, sum(widest) / 2
        elif found is not None:
            break
    if found is None:
        return None
    count, gutter = found
    columns = [
        [place for place in places[:count] if boxes[place].x < gutter],
        [place for place in places[:count] if boxes[place].x > gutter],
    ]
    return columns if all(_is_prose([boxes[place] for place in column]) for column in columns) else None


def _extent(box: Box) -> Interval:
    return box.x - box.width / 2, box.x + box.width / 2


def _without(interval: Interval, left: float, right: float) -> list[Interval]:
    """Return what is left of `interval` outside of `left` to `right`."""
    start, end = interval
    parts = [(start, min(end, left)), (max(start, right), end)]
    return [part for part in parts if part[0] < part[1]]


def _is_prose(column: Sequence[Box]) -> bool:
    return len(column) >= _LINES and median(box.width / box.height for box in column) >= _LENGTH
