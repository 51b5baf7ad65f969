"""Where text is: a picture as the detector takes it, and boxes from the probabilities that it returns. Pure.

The detector is a DB network (differentiable binarization, arXiv 1911.08947): for each pixel it says how likely it
lies in the shrunk core of a line, and each connected region above a threshold becomes one box, grown back to the
line's size. The constants are those with which its makers use it, unless said otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

#: The shorter side in pixels to which small pictures are scaled up for the detector. Chosen by measurement, as the
#: next two: at 736 and 1280 it reads no more of plots and slides, in half as much time again and 110 MB more.
SHORTEST = 640
#: The longer side in pixels to which large ones are scaled down: that share of it, within these limits. In a
#: screen of 1920 pixels, letters of 11 pixels are found.
LONGEST, _SHARE = (960, 1280), 2 / 3
#: Both sides are multiples of this.
_STEP = 32
#: Least probability of a pixel of a core, and least mean of a box.
_CORE, _SURE = 0.3, 0.5
#: How far a core is grown: this, times its area over its circumference.
_GROWTH = 1.6
#: Least side in pixels of a core, and most boxes of a picture: the largest are kept.
_LEAST_SIDE, MAX_BOXES = 3, 200
#: A box is upright unless turning makes it smaller than this share of the upright one.
_TURNED = 0.85


@dataclass(frozen=True)
class Box:
    """A line of text in a picture.

    Attributes
    ----------
    x, y
        Its centre in pixels of the picture.
    width, height
        Its sides in pixels: along the line, unless the line is written vertically, and across it.
    angle
        How far it is turned in radians, from -pi/4 to pi/4; positive turns the x axis to the y axis (clockwise on
        the screen).
    """

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    @property
    def vertical(self) -> bool:
        """Whether its text is probably written vertically, as beside the y axis of a plot."""
        return self.height >= 1.5 * self.width


def detector_size(width: int, height: int) -> tuple[int, int]:
    """Return the width and height in pixels at which a picture of this size is looked at."""
    scale = max(1.0, SHORTEST / min(width, height))
    longer = max(width, height)
    scale = min(scale, min(max(_SHARE * longer, LONGEST[0]), LONGEST[1]) / longer)
    return _whole_steps(width * scale), _whole_steps(height * scale)


def _whole_steps(length: float) -> int:
    return max(1, round(length / _STEP)) * _STEP


def detector_input(pixels: Pixels) -> Floats:
    """Return RGB pixels, (height, width, 3), as float32 of shape (1, 3, height, width): BGR from -1 to 1."""
    values = pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis])


def find_boxes(probabilities: Floats, width: int, height: int) -> list[Box]:
    """Find the lines in the detector's answer.

    Parameters
    ----------
    probabilities
        For each pixel of the detector's input, float32 of shape (rows, columns).
    width, height
        Size in pixels of the picture, to which the boxes are scaled.

    Returns
    -------
    list of Box
        At most `MAX_BOXES`, in no particular order.
    """
    from scipy import ndimage

    rows, columns = probabilities.shape
    core = probabilities > _CORE
    core[1:] |= core[:-1]
    core[:, 1:] |= core[:, :-1]
    labels, count = ndimage.label(core, np.ones((3, 3), np.int8))
    if not count:
        return []
    places = ndimage.find_objects(labels)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    boxes = []
    for index in np.argsort(-sizes)[:MAX_BOXES]:
        place = places[index]
        region = labels[place] == index + 1
        left, top = place[1].start, place[0].start
        box = smallest_box(region)
        if min(box.width, box.height) < _LEAST_SIDE or _mean(probabilities[place], box) < _SURE:
            continue
        grow = 2 * _GROWTH * box.width * box.height / (2 * (box.width + box.height))
        moved = Box(box.x + left, box.y + top, box.width + grow, box.height + grow, box.angle)
        boxes.append(_scaled(moved, width / columns, height / rows))
    return boxes


def smallest_box(region: npt.NDArray[np.bool_]) -> Box:
    """Return the smallest box around the pixels of `region`, upright unless it is clearly smaller when turned.

    Parameters
    ----------
    region
        bool of shape (rows, columns) whose first and last row and column hold pixels.
    """
    rows, columns = region.shape
    upright = Box(columns / 2, rows / 2, columns, rows)
    if min(rows, columns) < _LEAST_SIDE or region.mean() > _TURNED:
        return upright
    corners = _outline(region)
    turned = _turned_box(corners)
    return turned if turned.width * turned.height < _TURNED * rows * columns else upright


def _outline(region: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the corners of the first and last pixel of each row: float64 of shape (n, 2), x and y."""
    rows = np.flatnonzero(region.any(axis=1))
    first = region[rows].argmax(axis=1)
    last = region.shape[1] - region[rows, ::-1].argmax(axis=1)
    sides = [(x, y) for x in (first, last) for y in (rows, rows + 1)]
    return np.concatenate([np.stack(side, axis=1) for side in sides]).astype(np.float64)


def _turned_box(points: npt.NDArray[np.float64]) -> Box:
    """Return the smallest box around points: one of its sides lies on a side of their hull."""
    from scipy.spatial import ConvexHull

    hull = points[ConvexHull(points).vertices]
    sides = np.roll(hull, -1, axis=0) - hull
    angles = np.unique(np.round(np.arctan2(sides[:, 1], sides[:, 0]) % (math.pi / 2), 6))
    angles = np.where(angles > math.pi / 4, angles - math.pi / 2, angles)
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ hull.T
    across = np.stack([-np.sin(angles), np.cos(angles)], axis=1) @ hull.T
    widths, heights = np.ptp(along, axis=1), np.ptp(across, axis=1)
    best = int(np.argmin(widths * heights))
    u, v = along[best].min() + widths[best] / 2, across[best].min() + heights[best] / 2
    angle = float(angles[best])
    x, y = u * math.cos(angle) - v * math.sin(angle), u * math.sin(angle) + v * math.cos(angle)
    return Box(float(x), float(y), float(widths[best]), float(heights[best]), angle)


def _mean(probabilities: Floats, box: Box) -> float:
    """Return the mean of the pixels in a box."""
    if not box.angle:
        return float(probabilities.mean())
    y, x = np.mgrid[: probabilities.shape[0], : probabilities.shape[1]].astype(np.float32) + 0.5
    x, y = x - box.x, y - box.y
    cosine, sine = math.cos(box.angle), math.sin(box.angle)
    inside = np.abs(x * cosine + y * sine) <= box.width / 2
    inside &= np.abs(y * cosine - x * sine) <= box.height / 2
    return float(probabilities[inside].mean()) if inside.any() else 0.0


def _scaled(box: Box, across: float, down: float) -> Box:
    """Return a box in the pixels of the picture; both scales are nearly equal."""
    if not box.angle:
        return Box(box.x * across, box.y * down, box.width * across, box.height * down)
    scale = math.sqrt(across * down)
    return Box(box.x * across, box.y * down, box.width * scale, box.height * scale, box.angle)
