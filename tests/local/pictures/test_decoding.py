"""Pictures of every kind become pixels, in bounded memory; others are refused with what to do."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from realtime_widgets.local.models.interfaces import UnreadablePictureError
from realtime_widgets.local.pictures.decoding import LONGEST_SIDE, read_pixels


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds nothing."""
    chunks = [
        (b"IHDR", struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def half_dark(mode: str, light: Any, dark: Any, size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Light on the left, dark on the right."""
    image = Image.new(mode, size, light)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=dark)
    return image


@pytest.mark.parametrize(
    "file",
    [
        file_of(half_dark("RGB", (250, 250, 250), (5, 5, 5))),
        file_of(half_dark("L", 250, 5)),
        file_of(half_dark("1", 1, 0)),
        file_of(half_dark("RGB", "white", "black").quantize(2)),
        file_of(half_dark("RGBA", (0, 0, 0, 0), (5, 5, 5, 255))),
        file_of(half_dark("LA", (0, 0), (5, 255))),
        file_of(half_dark("I;16", 64_000, 1000)),
        file_of(half_dark("RGB", (250, 250, 250), (5, 5, 5)), "JPEG"),
        file_of(half_dark("CMYK", (0, 0, 0, 0), (0, 0, 0, 255)), "JPEG"),
    ],
    ids=["RGB", "grey", "1 bit", "palette", "transparent", "grey and transparent", "16 bit", "JPEG", "CMYK"],
)
def test_every_mode_shows_what_it_shows_elsewhere(file: bytes) -> None:
    pixels = read_pixels(file)
    assert (pixels.shape, pixels.dtype) == ((20, 40, 3), np.uint8)
    assert pixels[:, :15].min() > 220
    assert pixels[:, 25:].max() < 35


def test_light_writing_on_nothing_is_shown_on_black() -> None:
    pixels = read_pixels(file_of(half_dark("RGBA", (0, 0, 0, 0), (240, 240, 240, 255), (40, 20))))
    assert pixels[:, :15].max() == 0
    assert pixels[:, 25:].min() > 220


def test_a_photograph_is_turned_upright() -> None:
    image = half_dark("RGB", (250, 250, 250), (5, 5, 5))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = read_pixels(file_of(image, "JPEG", exif=exif))
    assert pixels.shape == (40, 20, 3)
    assert pixels[:15].min() > 220
    assert pixels[25:].max() < 35


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_large_picture_is_scaled_down_and_a_photograph_of_100_megapixels_too() -> None:
    assert max(read_pixels(file_of(Image.new("L", (5000, 1000)))).shape) == LONGEST_SIDE
    photograph = file_of(Image.new("L", (12_500, 8000), 200), "JPEG")
    assert read_pixels(photograph).shape == (1638, LONGEST_SIDE, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("file", "message"),
    [
        (png_header(10_000, 10_000), r"it has 100 megapixels, and at most 30 are read; send it smaller"),
        (png_header(20_000, 20_000), r"it has more than 178 megapixels, and at most 30 are read"),
        (file_of(half_dark("RGB", "white", "black", (400, 400)))[:200], r"cannot be decoded"),
        (b"GIF89a", r"it is not a PNG or JPEG image"),
        (b"", r"it is not a PNG or JPEG image"),
    ],
    ids=["too large", "gigantic", "broken off", "GIF", "empty"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(file: bytes, message: str) -> None:
    with pytest.raises(UnreadablePictureError, match=message):
        read_pixels(file)
