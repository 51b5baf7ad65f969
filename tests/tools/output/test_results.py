"""What a tool returned, as text and pictures for the model."""

from __future__ import annotations

import base64
import io
import itertools
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas
import polars
import pytest
from matplotlib.figure import Figure
from PIL import Image

from realtime_widgets.tools.output.results import MAX_PICTURES, encode_result
from tests.tools.tool_calls import call, tool_of

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_widgets.tools import ToolRunner

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
FOLLOWS = "<image 1, in the message after this output>"


def opened(data: bytes) -> Any:
    return Image.open(io.BytesIO(data))


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
    _, [picture] = encode_result(Image.new("P", (5_000, 100)))
    assert opened(picture.data).size == (2_048, 41)


def test_figures_and_axes_are_pictures():
    figure = Figure(figsize=(2, 2))
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
    assert "not passed on: 4 is the limit" in json.loads(text)[-1]
    text, pictures = encode_result(b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024))
    assert pictures == []
    assert "too large to be passed on" in text


async def test_a_returned_picture_is_on_the_card_and_in_the_result(runner: ToolRunner):
    result = await call(runner, tool_of(lambda: PIXELS, name="look"))
    assert result.output == FOLLOWS
    assert result.pictures == result.images
    assert result.images[0].startswith("data:image/png;base64,iVBOR")
    assert result.value is PIXELS


class Broken:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def _repr_png_(self) -> bytes:
        raise self.error

    def __repr__(self) -> str:
        return "<a curve>"


@pytest.mark.parametrize("error", [ValueError("no ink"), SystemExit("no ink"), BaseException("no ink")])
async def test_a_picture_that_cannot_be_made_is_no_error_of_the_call(runner: ToolRunner, error: BaseException):
    result = await call(runner, tool_of(lambda: [1, Broken(error)], name="look"))
    assert result.error is None
    number, shown = json.loads(result.output)
    assert (number, shown["repr"]) == (1, "<a curve>")
    assert f"could not be made ({type(error).__name__}: no ink)" in shown["note"]


def test_an_interrupt_of_the_user_is_no_part_of_the_result():
    with pytest.raises(KeyboardInterrupt):
        encode_result(Broken(KeyboardInterrupt()))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"])
def test_pictures_of_pil_in_all_modes_that_say_what_they_look_like(mode: str):
    _, [picture] = encode_result(Image.new(mode, (3, 2)))
    assert opened(picture.data).size == (3, 2)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("I", (3, 2)), "convert it to 'L' or 'RGB' first"),
        (Image.new("F", (3, 2)), "convert it to 'L' or 'RGB' first"),
        (Image.new("RGB", (0, 5)), "an image of 0 by 5 pixels has nothing to show"),
    ],
)
def test_a_picture_that_has_no_look_says_why(image: Any, reason: str):
    text, pictures = encode_result({"scan": image})
    assert pictures == []
    shown = json.loads(text)["scan"]
    assert shown["repr"].startswith("<PIL.Image.Image")
    assert reason in shown["note"]


def test_huge_figures_are_drawn_at_the_size_that_is_sent():
    figure = Figure(figsize=(300, 150), dpi=300)
    figure.subplots().plot([1, 2])
    _, [picture] = encode_result(figure)
    width, height = opened(picture.data).size
    assert 1_500 < width <= 2_048
    assert 700 < height <= 1_100


def test_a_label_far_outside_of_a_figure_does_not_blow_it_up():
    figure = Figure(figsize=(4, 3), dpi=100)
    figure.subplots().text(100, 0, "far away")
    _, [picture] = encode_result(figure)
    assert opened(picture.data).size == (400, 300)


def test_frames_of_polars_are_short_tables_whatever_is_in_their_cells():
    frame = polars.DataFrame({"number": range(60), "rate": [0.5] * 60})
    assert encode_result(frame)[0].splitlines()[:7] == [
        "DataFrame: 60 rows, 2 columns",
        "columns:",
        "  number (Int64): 0 to 59, mean 29.5",
        "  rate (Float64): 0.5 to 0.5, mean 0.5",
        "first 5 rows:",
        "number | rate",
        "0 | 0.5",
    ]
    nested = polars.DataFrame({"n": [1, None], "path": [[1, 2], None], "point": [{"x": 1}, {"x": None}]})
    assert encode_result(nested)[0].splitlines()[-3:] == [
        "n | path | point",
        "1 | [1, 2] | {'x': 1}",
        "None | None | {'x': None}",
    ]
    things = polars.DataFrame({"thing": polars.Series([object()], dtype=polars.Object)})
    assert "<object object at" in encode_result(things)[0]
    assert "[1, 2]" in encode_result(polars.Series("path", [[1, 2]]))[0]


def test_a_frame_that_cannot_be_written_is_its_repr():
    class Sad:
        def __str__(self) -> str:
            raise ValueError("no words")

        __repr__ = __str__

    text, _ = encode_result(pandas.DataFrame({"a": [Sad()]}))
    assert json.loads(text)["note"].startswith("its image or table could not be made (ValueError: no words)")


def test_iterators_are_lists():
    def numbers() -> Any:
        yield from (1, "two")

    for value in (numbers(), iter([1, "two"]), filter(None, [1, "", "two"]), {"a": 1, "b": "two"}.values()):
        assert json.loads(encode_result(value)[0]) == [1, "two"]
    assert json.loads(encode_result({"pairs": zip("ab", (1, 2), strict=True)})[0]) == {
        "pairs": [["a", 1], ["b", 2]]
    }
    assert json.loads(encode_result(map(str, (1, 2)))[0]) == ["1", "2"]
    text, pictures = encode_result(iter([PIXELS, pandas.DataFrame({"a": [1]})]))
    assert json.loads(text) == [FOLLOWS, "DataFrame: 1 row, 1 column\ncolumns:\n  a (int64)\nrows:\na\n1"]
    assert len(pictures) == 1


def test_a_generator_that_fails_keeps_what_it_has_yielded():
    text, _ = encode_result(10 / number for number in (5, 0))
    assert json.loads(text) == [2.0, "<ended here by ZeroDivisionError: division by zero>"]
    text, _ = encode_result({"rates": (10 / number for number in (5, 0)), "unit": "Hz"})
    assert json.loads(text)["unit"] == "Hz"


def test_iterators_are_read_no_further_than_the_limit():
    read = []

    def endless() -> Any:
        for number in itertools.count():
            read.append(number)
            yield "x" * 1_000

    for value in (endless(), {"lines": endless()}, [[endless()]]):
        read.clear()
        assert "[cut here" in encode_result(value)[0]
        assert len(read) < 20


def test_files_and_streams_are_not_read(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")
    with path.open() as file:
        assert "TextIOWrapper" in json.loads(encode_result(file)[0])["repr"]
        assert file.read() == "one\ntwo\n"


class Watched:
    """Counts how often it is looked at."""

    looks = 0

    def _repr_png_(self) -> None:
        Watched.looks += 1

    def __repr__(self) -> str:
        return "?"


def test_no_more_entries_are_looked_at_than_fit():
    for value in ([Watched()] * 100_000, (Watched(),) * 100_000, dict.fromkeys(range(100_000), Watched())):
        Watched.looks = 0
        text, _ = encode_result(value, limit=1_000)
        assert text.endswith("[cut here: the result was longer than 1000 bytes]")
        assert Watched.looks <= 1_000


def test_no_more_pictures_are_made_than_are_passed_on():
    class Figure:
        made = 0

        def _repr_png_(self) -> bytes:
            Figure.made += 1
            return encode_result(PIXELS)[1][0].data

    _, pictures = encode_result([Figure()] * 50)
    assert len(pictures) == Figure.made == MAX_PICTURES


@pytest.mark.parametrize("kind", ["array", "image"])
def test_a_huge_picture_is_made_smaller_before_all_else(kind: str):
    pixels = np.zeros((6_000, 6_000, 3), np.uint8)
    value = Image.fromarray(pixels) if kind == "image" else pixels
    encode_result(PIXELS)  # loads what is needed
    tracemalloc.start()
    try:
        _, [picture] = encode_result(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert opened(picture.data).size == (2_048, 2_048)
    assert peak < pixels.nbytes * 0.6  # before, each step had all of its pixels


def test_no_more_of_a_large_table_is_written_than_is_shown():
    class Cell:
        written = 0

        def __str__(self) -> str:
            Cell.written += 1
            return "cell"

    encode_result(pandas.DataFrame({"a": [Cell()] * 10_000}))
    assert Cell.written <= 50
