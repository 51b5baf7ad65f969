"""What the real models read in pictures that are drawn here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from devtools.drawings import PLOT, SLIDE, TRACEBACK, plot, png, slide, traceback, written
from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.models.interfaces import UnreadablePictureError
from realtime_widgets.local.pictures import reader as reading
from realtime_widgets.local.pictures.reader import LEAST_CONFIDENCE, PpOcrReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytestmark = pytest.mark.models

LINES = ("The quick brown fox", "jumps over 13 lazy dogs.", "Rate: 0.25 per minute (see page 7)")


@pytest.fixture(scope="module")
def reader() -> PpOcrReader:
    return PpOcrReader()


def read(reader: PpOcrReader, file: bytes) -> list[str]:
    lines = reader(file)
    assert all(LEAST_CONFIDENCE <= line.confidence <= 1 for line in lines)
    return [line.text for line in lines]


def exact(found: Sequence[str]) -> int:
    """How many of `LINES` were read as they stand there."""
    return sum(line in found for line in LINES)


@pytest.mark.parametrize(
    ("draw", "lines", "at_least"), [(plot, PLOT, 13), (slide, SLIDE, 7), (traceback, TRACEBACK, 6)]
)
def test_plots_slides_and_tracebacks_are_read_exactly(
    reader: PpOcrReader, draw: Callable[[], bytes], lines: Sequence[str], at_least: int
) -> None:
    found = read(reader, draw())
    exact = [line for line in lines if line.strip() in found]
    assert len(exact) >= at_least, set(lines) - set(exact)
    assert len(found) <= len(lines) + 2  # hardly anything that is not there


def test_lines_come_in_reading_order(reader: PpOcrReader) -> None:
    for draw, lines in ((slide, SLIDE), (traceback, TRACEBACK)):
        stand = [line.strip() for line in lines]
        places = [stand.index(line) for line in read(reader, draw()) if line in stand]
        assert places == sorted(places)
    found = read(reader, plot())
    assert found.index(PLOT[0]) < found.index(PLOT[3]) < found.index(PLOT[4]) < found.index(PLOT[1])


@pytest.mark.parametrize("degrees", [-25, -4, 3, 15, 40])
def test_a_page_that_lies_askew_is_read(reader: PpOcrReader, degrees: int) -> None:
    page = written(LINES, 28).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert exact(read(reader, png(page))) >= 2


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_vertical_lines_are_read_in_both_directions(reader: PpOcrReader, turn: Image.Transpose) -> None:
    assert exact(read(reader, png(written(LINES, 28).transpose(turn)))) >= 2


def test_light_on_dark_small_and_large_and_as_a_photograph(reader: PpOcrReader) -> None:
    assert exact(read(reader, png(written(LINES, 20, dark=True)))) >= 2
    assert exact(read(reader, png(written(LINES, 12)))) >= 2
    assert exact(read(reader, png(written(LINES, 120)))) >= 2
    file = io.BytesIO()
    written(LINES, 24).save(file, "JPEG", quality=60)
    assert exact(read(reader, file.getvalue())) >= 2


def test_where_nothing_is_written_nothing_is_read(reader: PpOcrReader) -> None:
    assert read(reader, png(Image.new("RGB", (300, 200), "white"))) == []
    assert read(reader, png(Image.new("RGB", (1, 1)))) == []
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert read(reader, png(Image.fromarray(noise))) == []


def test_of_a_page_full_of_words_the_first_are_read(reader: PpOcrReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_CHARACTERS", 100)
    lines = read(reader, slide())
    assert lines[0] == SLIDE[0]
    assert 50 < sum(map(len, lines)) <= 100


def test_what_is_no_picture_is_refused(reader: PpOcrReader) -> None:
    with pytest.raises(UnreadablePictureError, match="not a PNG or JPEG"):
        reader(b"hello")


def test_weights_that_are_not_there_are_named_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALTIME_WIDGETS_TEXT_DETECTION_MODEL", str(tmp_path / "nowhere.onnx"))
    with pytest.raises(LocalEndpointError, match=r"TEXT_DETECTION_MODEL names .*nowhere\.onnx, which does not"):
        PpOcrReader()
