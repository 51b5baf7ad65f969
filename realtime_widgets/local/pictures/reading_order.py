"""The order in which lines are read: rows from top to bottom, each from left to right. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.pictures.detection import Box

#: Boxes share a row if they overlap in height by this share of the lower one.
_SHARED = 0.5


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Return the places of `boxes` in the order in which they are read.

    A row holds the boxes that overlap in height with the one before; vertical lines have rows of their own, at
    their upper end.
    """
    rows: list[list[int]] = []
    for place in sorted(range(len(boxes)), key=lambda place: _middle(boxes[place])):
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
