"""Images of all kinds, as the service takes them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from realtime_widgets.errors import ConfigurationError, ImageError
from realtime_widgets.images import (
    MAX_BYTES,
    MAX_SIDE,
    Picture,
    estimate_image_tokens,
    load_picture,
    load_pictures,
)

if TYPE_CHECKING:
    from pathlib import Path

RED, GREEN = (220, 30, 30), (30, 160, 60)


def opened(picture: Picture) -> Any:
    image = Image.open(io.BytesIO(picture.data))
    assert picture.kind == f"image/{str(image.format).lower()}"
    assert (picture.width, picture.height) == image.size
    return image


def photograph(width: int = 640, height: int = 480) -> Any:
    """Noise, which no neighbour of a pixel shares."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def file_of(image: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawing(width: int = 640, height: int = 480) -> Any:
    image = Image.new("RGB", (width, height), "white")
    image.paste(RED, (0, 0, width // 2, height // 2))
    return image


def test_a_drawing_becomes_a_png_and_a_photograph_a_jpeg() -> None:
    assert load_picture(drawing()).kind == "image/png"
    assert opened(load_picture(drawing())).getpixel((3, 3)) == RED
    assert load_picture(photograph()).kind == "image/jpeg"
    grey = photograph().convert("L")
    assert opened(load_picture(grey)).mode == "L"
    assert load_picture(grey).kind == "image/jpeg"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_path_and_bytes_of_many_kinds_of_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"shapes.{kind.lower()}"
    path.write_bytes(file_of(drawing(), kind))
    for image in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        red, green, blue = opened(load_picture(image)).convert("RGB").getpixel((5, 5))
        assert (red > 180, green < 80, blue < 80) == (True, True, True)


def test_a_file_that_the_service_takes_goes_as_it_is() -> None:
    for data in (file_of(drawing(), "PNG"), file_of(photograph(), "JPEG")):
        assert load_picture(data).data == data


def test_a_photograph_is_turned_upright_and_does_not_tell_where_it_was_taken() -> None:
    image = drawing(400, 200)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "taken at home"
    picture = load_picture(file_of(image, "JPEG", exif=exif, quality=95))
    assert (picture.width, picture.height) == (200, 400)
    assert not opened(picture).getexif()
    assert b"taken at home" not in picture.data
    red, _, blue = opened(picture).convert("RGB").getpixel((190, 10))
    assert red - blue > 100  # what was at the left of the upper edge is at its right


@pytest.mark.parametrize("image", [photograph(4000, 1000), drawing(1000, 4000), file_of(drawing(3000, 30), "PNG")])
def test_the_longer_side_is_limited(image: Any) -> None:
    picture = load_picture(image)
    assert max(picture.width, picture.height) == MAX_SIDE


def test_no_picture_is_larger_than_the_service_takes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 4), np.uint8)
    picture = load_picture(noise)
    assert len(picture.data) <= MAX_BYTES
    assert picture.kind == "image/jpeg"
    with pytest.raises(ImageError, match=r"too large for one message.*show them in several"):
        load_pictures([picture.data] * 8)  # small enough each, and encoded already


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [
        (np.full((40, 60), 200, np.uint8), "L"),
        (np.full((40, 60, 1), 200, np.uint8), "L"),
        (np.full((40, 60, 3), 200, np.uint8), "RGB"),
        (np.full((40, 60, 4), 200, np.uint8), "RGBA"),
        (np.full((40, 60), 200 / 255), "L"),
        (np.full((40, 60, 3), 200 / 255, np.float32), "RGB"),
        (np.full((80, 120, 3), 200, np.uint8)[::-2, ::2], "RGB"),
    ],
)
def test_arrays_of_grey_and_coloured_pixels(pixels: Any, mode: str) -> None:
    image = opened(load_picture(pixels))
    assert (image.mode, image.size) == (mode, (60, 40))
    assert np.asarray(image).flat[0] == 200


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (np.zeros((0, 4), np.uint8), r"has the shape \(height, width\).*not \(0, 4\)"),
        (np.zeros(12, np.uint8), r"not \(12,\)"),
        (np.zeros((4, 4, 2), np.uint8), r"not \(4, 4, 2\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"not \(2, 4, 4, 3\)"),
        (np.full((4, 4), 255.0), "from 0 to 1, not from 255 to 255: scale them"),
        (np.full((4, 4), -0.5), "not from -0.5 to -0.5"),
        (np.array([[0.0, np.nan]]), "with NaN or infinity"),
        (np.zeros((4, 4), np.int64), "uint8, or floats from 0 to 1, not int64"),
        (np.zeros((4, 4), bool), "not bool"),
        ("https://example.org/cat.png", "a path, not a URL"),
        ("data:image/png;base64,AAAA", "a path, not a URL"),
        ("no_such_file.png", "no_such_file.png cannot be read: No such file"),
        (b"not a picture", "these 13 bytes cannot be read as an image"),
        (b"", "these 0 bytes cannot be read as an image"),
        (file_of(photograph(), "PNG")[:2000], "cannot be used: .*trunc"),
        (Image.new("F", (4, 4)), "mode 'F'.*convert it to 'L' or 'RGB'"),
        (42, "takes a path, .* not int"),
        ([], "no image in this list"),
        (np.array([["a"]]), "not <U1"),
    ],
)
def test_what_is_no_image_is_told_in_words(pixels: Any, told: str) -> None:
    with pytest.raises(ImageError, match=told):
        load_pictures(pixels)


def test_images_of_pil_in_many_modes() -> None:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"):
        assert opened(load_picture(Image.new(mode, (30, 20)))).size == (30, 20)
    deep = Image.fromarray(np.full((20, 30), 200 * 256, np.uint16))
    assert opened(load_picture(deep)).getpixel((0, 0)) == 200
    clear = Image.new("P", (30, 20), 0)
    clear.info["transparency"] = 0
    assert opened(load_picture(clear)).getpixel((0, 0))[3] == 0


def test_a_figure_and_its_axes() -> None:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot([1, 3, 2])
    for image in (figure, axes):
        picture = load_picture(image)
        assert picture.kind == "image/png"
        assert opened(picture).width > 200
    assert axes.lines  # it is not changed


def test_a_thumbnail_takes_a_few_kilobytes_at_most() -> None:
    for image in (photograph(3000, 2000), drawing(), Image.new("RGBA", (500, 2000))):
        [picture] = load_pictures(image)
        head, _, data = picture.thumbnail.partition(",")
        assert head == "data:image/jpeg;base64"
        assert len(data) < 16_000
        small = Image.open(io.BytesIO(base64.b64decode(data)))
        assert max(small.size) == 160
    assert small.getpixel((3, 3)) == (255, 255, 255)  # what is clear is white
    assert Picture("image/png", b"\x89PNG broken").thumbnail == ""


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [
        ((1024, 1024), "high", 765),  # OpenAI's own examples
        ((2048, 4096), "high", 1105),
        ((4096, 8192), "low", 85),
        ((512, 512), "auto", 255),
        ((100, 1), "high", 255),
    ],
)
def test_the_tokens_of_an_image_are_estimated(size: tuple[int, int], detail: Any, tokens: int) -> None:
    assert estimate_image_tokens(*size, detail) == tokens


def test_there_are_three_details() -> None:
    with pytest.raises(ConfigurationError, match="detail must be one of auto, low, high, not 'fine'"):
        estimate_image_tokens(10, 10, "fine")  # type: ignore[arg-type]
