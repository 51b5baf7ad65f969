"""Strips that are cut out of pictures, and text from the recogniser's answers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime_widgets.local.pictures.detection import Box
from realtime_widgets.local.pictures.recognition import HEIGHT, alphabet, decode, recogniser_input, strip

KNOWN = alphabet("a\nb\n\u2028", 5)


def answer(*steps: int, sure: float = 0.8) -> npt.NDArray[np.float32]:
    values = np.full((len(steps), 5), 0.05, np.float32)
    values[np.arange(len(steps)), steps] = sure
    return values


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((0, 1, 1, 0, 2, 2), "ab"),
        ((1, 1, 1), "a"),
        ((1, 0, 1), "aa"),  # the pause between makes two of them
        ((1, 4, 4, 2), "a b"),
        ((3,), "\u2028"),
        ((0, 0), ""),
        ((), ""),
    ],
)
def test_repeated_steps_are_one_character_unless_there_is_a_pause(steps: tuple[int, ...], text: str) -> None:
    read, confidence = decode(answer(*steps), KNOWN)
    assert read == text
    assert confidence == pytest.approx(0.8 if text else 0.0)


def test_an_alphabet_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="6 classes, but its list names 3 characters"):
        alphabet("a\nb\nc", 6)


def striped(width: int, height: int) -> Image.Image:
    """Red on the left, green in the middle, blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for channel, columns in enumerate(np.array_split(np.arange(width), 3)):
        pixels[:, columns, channel] = 255
    return Image.fromarray(pixels)


def colours(pixels: npt.NDArray[np.uint8]) -> str:
    """The strongest channel at the left, in the middle and at the right."""
    middle = pixels[pixels.shape[0] // 2]
    places = [round(middle.shape[0] * share) for share in (1 / 6, 1 / 2, 5 / 6)]
    return "".join("rgb"[int(np.argmax(middle[place]))] for place in places)


@pytest.mark.parametrize("degrees", [0, 20, -35])
def test_a_line_is_cut_out_and_straightened(degrees: float) -> None:
    page = Image.new("RGB", (400, 400))
    page.paste(striped(180, 30), (110, 185))
    page = page.rotate(-degrees, Image.Resampling.BICUBIC)  # clockwise
    cut = strip(page, Box(200, 200, 180, 30, math.radians(degrees)))
    assert cut.shape == (HEIGHT, 180 * HEIGHT // 30, 3)
    assert colours(cut) == "rgb"
    assert cut[2:-2, 2:-2].max(axis=2).min() > 100  # nothing of the page around it


def test_a_vertical_line_is_turned_either_way() -> None:
    page = Image.new("RGB", (200, 400))
    page.paste(striped(180, 30).transpose(Image.Transpose.ROTATE_90), (85, 110))
    box = Box(100, 200, 30, 180)
    assert box.vertical
    assert colours(strip(page, box, turned=270)) == "rgb"
    assert colours(strip(page, box, turned=90)) == "bgr"


def test_a_box_over_the_edge_is_cut_there() -> None:
    assert strip(striped(100, 20), Box(0, 0, 60, 20)).shape == (HEIGHT, 144, 3)
    assert strip(striped(100, 20), Box(500, 500, 10, 10)).shape[0] == HEIGHT


def test_a_short_strip_is_padded() -> None:
    values = recogniser_input(np.full((HEIGHT, 10, 3), 255, np.uint8))
    assert values.shape == (1, 3, HEIGHT, 48)
    assert (values[0, 0, 0, 9], values[0, 0, 0, 10]) == (1, 0)
