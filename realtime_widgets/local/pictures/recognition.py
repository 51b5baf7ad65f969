"""What a line says: strips of pixels as the recogniser takes them, and text from its answer (CTC). Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from PIL import Image

    from realtime_widgets.local.pictures.detection import Box

    Pixels = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

#: Height of a strip in pixels, and its least and largest width.
HEIGHT, LEAST_WIDTH, MOST_WIDTH = 48, 48, 2400


def strip(picture: Image.Image, box: Box, *, turned: int = 0) -> Pixels:
    """Cut a line out of a picture.

    Parameters
    ----------
    picture
        The picture, as RGB.
    box
        The line.
    turned
        By how many degrees the line is turned against the clock before it is read: 0, 90 or 270.

    Returns
    -------
    numpy.ndarray
        uint8 of shape (`HEIGHT`, width, 3), RGB.
    """
    from PIL import Image

    if box.angle:
        cosine, sine = math.cos(box.angle), math.sin(box.angle)
        x = box.x - box.width / 2 * cosine + box.height / 2 * sine
        y = box.y - box.width / 2 * sine - box.height / 2 * cosine
        size = max(1, round(box.width)), max(1, round(box.height))
        matrix = (cosine, -sine, x, sine, cosine, y)
        cut = picture.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    else:
        left, top = max(0, math.floor(box.x - box.width / 2)), max(0, math.floor(box.y - box.height / 2))
        right = min(picture.width, math.ceil(box.x + box.width / 2))
        bottom = min(picture.height, math.ceil(box.y + box.height / 2))
        cut = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    if turned:
        cut = cut.transpose(Image.Transpose.ROTATE_90 if turned == 90 else Image.Transpose.ROTATE_270)
    width = min(MOST_WIDTH, max(1, round(cut.width * HEIGHT / cut.height)))
    return np.asarray(cut.resize((width, HEIGHT), Image.Resampling.BILINEAR))


def recogniser_input(line: Pixels) -> Floats:
    """Return a strip as float32 of shape (1, 3, `HEIGHT`, width): BGR from -1 to 1, padded with 0 on the right."""
    width = line.shape[1]
    values = np.zeros((1, 3, HEIGHT, max(LEAST_WIDTH, width)), np.float32)
    values[0, :, :, :width] = (line[:, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    return values


def alphabet(characters: str, classes: int) -> list[str]:
    """Return the text of each class of the recogniser: the first one says "nothing", the last one is a space.

    Parameters
    ----------
    characters
        The model's own list, one character a line.
    classes
        Number of classes in its answers.

    Raises
    ------
    ValueError
        If the list does not fit the answers.
    """
    known = ["", *characters.split("\n"), " "]  # not `splitlines`: some of the characters end lines
    if len(known) != classes:
        raise ValueError(f"it has {classes} classes, but its list names {len(known) - 2} characters")
    return known


def decode(probabilities: Floats, known: Sequence[str]) -> tuple[str, float]:
    """Return the text of one strip and how sure it is, from 0 to 1.

    Parameters
    ----------
    probabilities
        For each step along the strip and each class, float32 of shape (steps, classes).
    known
        The alphabet.
    """
    best = probabilities.argmax(axis=1)
    kept = best != 0
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return "", 0.0
    text = "".join(known[index] for index in best[kept])
    return text, float(probabilities[kept].max(axis=1).mean())
