"""Boxes from maps of probabilities."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from realtime_widgets.local.pictures.detection import (
    MAX_BOXES,
    Box,
    detector_input,
    detector_size,
    find_boxes,
    smallest_box,
)


def bar(width: float, height: float, degrees: float, size: int = 200) -> npt.NDArray[np.float32]:
    """A square map with a bar in its middle, which is turned clockwise."""
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    angle = math.radians(degrees)
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    inside = (np.abs(along) <= width / 2) & (np.abs(across) <= height / 2)
    return np.where(inside, 0.9, 0.05).astype(np.float32)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 480), (864, 640)),  # small ones are scaled up
        ((1280, 720), (960, 544)),  # others down
        ((1920, 1080), (1280, 704)),  # less, the larger they are
        ((2560, 1440), (1280, 704)),
        ((480, 640), (640, 864)),
        ((1, 1), (640, 640)),
        ((2560, 2), (1280, 32)),  # never to nothing
    ],
)
def test_pictures_are_looked_at_in_a_bounded_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert detector_size(*size) == expected


def test_the_detector_takes_blue_first_from_minus_one_to_one() -> None:
    pixels = np.array([[[255, 0, 51]]], np.uint8)
    np.testing.assert_allclose(detector_input(pixels)[0, :, 0, 0], [-0.6, -1, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("width", "height", "degrees", "expected"),
    [
        (120, 20, 0, (120, 20, 0)),
        (20, 120, 0, (20, 120, 0)),
        (120, 20, 15, (120, 20, 15)),
        (120, 20, -30, (120, 20, -30)),
        (120, 20, 80, (20, 120, -10)),  # nearly upright: taller than wide
    ],
)
def test_the_box_of_a_bar_has_its_sides_and_its_angle(
    width: float, height: float, degrees: float, expected: tuple[float, float, float]
) -> None:
    [box] = find_boxes(bar(width, height, degrees), 200, 200)
    grown = 1.6 * width * height / (width + height)
    assert (box.x, box.y) == pytest.approx((100, 100), abs=1.5)
    assert (box.width - grown, box.height - grown) == pytest.approx(expected[:2], abs=6)
    assert math.degrees(box.angle) == pytest.approx(expected[2], abs=1.5)


def test_a_bar_that_is_as_good_as_level_counts_as_level() -> None:
    [box] = find_boxes(bar(120, 20, 1), 200, 200)
    assert box.angle == 0


def test_boxes_are_told_in_the_pixels_of_the_picture() -> None:
    level = np.zeros((64, 128), np.float32)
    level[20:30, 40:100] = 0.8
    [box] = find_boxes(level, 256, 64)
    assert (box.x, box.y) == pytest.approx((140, 25), abs=1.5)
    assert (box.width, box.height) == pytest.approx((122 + 2 * 14.5, 11 + 14.5), abs=3)


def test_faint_and_tiny_regions_are_left_out() -> None:
    level = np.zeros((100, 100), np.float32)
    level[10:20, 10:60] = 0.4  # part of a core, but nowhere sure
    level[40:42, 10:11] = 0.9
    assert find_boxes(level, 100, 100) == []
    assert find_boxes(np.zeros((32, 32), np.float32), 32, 32) == []


def test_of_too_many_regions_the_largest_are_kept() -> None:
    level = np.zeros((400, 400), np.float32)
    for row in range(0, 400, 20):
        for column in range(0, 400, 20):
            level[row : row + 6, column : column + 6 + (row == 0) * 8] = 0.9
    boxes = find_boxes(level, 400, 400)
    assert len(boxes) == MAX_BOXES < 400
    assert sum(box.width > 20 for box in boxes) == 20


def test_a_line_of_single_pixels_is_a_box_too() -> None:
    assert smallest_box(np.ones((1, 40), np.bool_)) == Box(20, 0.5, 40, 1)
    assert smallest_box(np.eye(40, dtype=np.bool_)).angle == pytest.approx(math.pi / 4, abs=0.01)
