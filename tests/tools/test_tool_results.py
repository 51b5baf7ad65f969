from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets.tools.results import MAX_PICTURES, encode_result
from tests.tools.tool_calls import call, tool_of

if TYPE_CHECKING:
    from realtime_widgets.tools import ToolRunner

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
FOLLOWS = "<picture 1, in the message after this output>"


def opened(data: bytes) -> Any:
    image = pytest.importorskip("PIL.Image")
    return image.open(io.BytesIO(data))


@pytest.mark.parametrize("channels", [3, 4])
def test_arrays_of_pixels_are_pictures(channels: int):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    text, [picture] = encode_result(pixels[::-1])
    assert text == FOLLOWS
    assert picture.kind == "image/png"
    np.testing.assert_array_equal(np.asarray(opened(picture.data)), pixels[::-1])


@pytest.mark.parametrize("value", [np.zeros((4, 6), np.uint8), np.zeros((4, 6, 3)), np.zeros((0, 6, 3), np.uint8)])
def test_other_arrays_are_numbers(value: Any):
    text, pictures = encode_result(value)
    assert pictures == []
    assert json.loads(text) == value.tolist()


def test_pictures_of_pil_are_made_smaller_where_they_are_large():
    image = pytest.importorskip("PIL.Image")
    _, [picture] = encode_result(image.new("P", (5_000, 100)))
    assert opened(picture.data).size == (2_048, 41)


def test_figures_and_axes_are_pictures():
    figure_class = pytest.importorskip("matplotlib.figure").Figure
    figure = figure_class(figsize=(2, 2))
    axes = figure.subplots()
    axes.plot([1, 2])
    for value in (figure, axes):
        text, [picture] = encode_result(value)
        assert text == FOLLOWS
        assert opened(picture.data).size[0] > 100


def test_bytes_of_picture_files_and_what_has_a_png():
    _, [first] = encode_result(PIXELS)

    class Shown:
        def __init__(self, png: Any) -> None:
            self.png = png

        def _repr_png_(self) -> Any:
            return self.png

    jpeg = b"\xff\xd8\xff" + bytes(20)
    assert encode_result(jpeg)[1][0].kind == "image/jpeg"
    for value in (
        first.data,
        Shown(first.data),
        Shown((first.data, {})),
        Shown(base64.b64encode(first.data).decode()),
    ):
        assert encode_result(value) == (FOLLOWS, [first])
    assert encode_result(b"other bytes") == ('"<11 bytes of binary data, not shown>"', [])
    assert encode_result(Shown(None))[1] == []


def test_pictures_beside_other_things_are_named_in_their_place():
    text, pictures = encode_result({"peak": 3, "plot": PIXELS, "more": [1]})
    assert json.loads(text) == {"peak": 3, "plot": FOLLOWS, "more": [1]}
    assert len(pictures) == 1
    text, pictures = encode_result([PIXELS] * 6)
    assert len(pictures) == MAX_PICTURES
    assert "not passed on: 4 are the most" in json.loads(text)[-1]
    text, pictures = encode_result(b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024))
    assert pictures == []
    assert "too large to be passed on" in text


def test_frames_are_short_tables():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"time": range(60), "rate": np.arange(60) / 3})
    text, _ = encode_result(frame)
    lines = text.splitlines()
    assert lines[:4] == [
        "DataFrame of 60 rows and 2 columns (time: int64, rate: float64)",
        "time,rate",
        "0,0",
        "1,0.333333",
    ]
    assert lines[-1] == "[10 more rows, not shown]"
    text, _ = encode_result(frame.set_index("time").rate[:2])
    assert text == "Series of 2 rows and 1 columns (rate: float64)\ntime,rate\n0,0\n1,0.333333\n"
    assert json.loads(encode_result({"table": frame[:1]})[0])["table"].endswith("time,rate\n0,0\n")
    wide = pandas.DataFrame(np.zeros((2, 45)))
    assert encode_result(wide)[0].endswith("[5 more columns, not shown]\n")


async def test_a_returned_picture_is_on_the_card_and_in_the_result(runner: ToolRunner):
    result = await call(runner, tool_of(lambda: PIXELS, name="look"))
    assert result.output == FOLLOWS
    assert result.pictures == result.images
    assert result.images[0].startswith("data:image/png;base64,iVBOR")
    assert result.value is PIXELS


async def test_a_picture_that_cannot_be_made_is_the_calls_error(runner: ToolRunner):
    class Broken:
        def _repr_png_(self) -> bytes:
            raise ValueError("no ink")

    result = await call(runner, tool_of(lambda: [Broken()], name="look"))
    assert result.error == "ValueError: no ink"
    assert "in _repr_png_" in result.traceback
