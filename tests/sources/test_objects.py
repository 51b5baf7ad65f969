"""Objects of the kernel as the model gets them: what says most, within a budget."""

from __future__ import annotations

import io
import sys
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
import pytest
from bokeh.plotting import figure as bokeh_figure
from IPython.utils.capture import CapturedIO
from matplotlib.figure import Figure
from PIL import Image

from realtime_widgets.errors import ConfigurationError, ImageError
from realtime_widgets.images import MAX_PIXELS
from realtime_widgets.sources.fingerprint import fingerprint
from realtime_widgets.sources.objects import BYTES_PER_TOKEN, look_at

ROWS = 1_000_000


def sines() -> Figure:
    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0, 1, 2], [5.0, 7.0, 6.0], label="heights")
    axes.set_title("Tides")
    axes.set_xlabel("hour")
    axes.set_ylabel("metre")
    return figure


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_frame_of_a_million_rows_becomes_a_short_text_that_says_what_is_left_out(make: Any) -> None:
    frame = make({"height": np.arange(ROWS, dtype=np.float64), "name": ["x"] * ROWS})
    look = look_at(frame, tokens=400)
    assert "1,000,000 rows" in look.text
    assert "0 to 999999" in look.text
    assert look.tokens <= 450
    assert "more rows" in look.left_out
    assert "1,000,000 by 2" in look.title


def test_a_larger_budget_shows_more_of_a_frame() -> None:
    frame = pd.DataFrame({f"column_{index}": range(5) for index in range(18)})
    small, large = look_at(frame, tokens=150), look_at(frame, tokens=2_000)
    assert len(small.text.encode()) <= 150 * BYTES_PER_TOKEN
    assert small.text.count("column_") < large.text.count("column_")


def test_a_figure_is_an_image_for_a_model_that_sees_and_a_text_for_others() -> None:
    seen, read = look_at(sines()), look_at(sines(), sees=False)
    assert seen.pictures
    assert not seen.text
    assert not read.pictures
    for words in ("title: Tides", "x: hour", "y: metre", "heights", "5, 7, 6"):
        assert words in read.text


def plotly() -> Any:
    chart = go.Figure(go.Scatter(x=np.arange(100), y=np.arange(100) * 2.0, name="speed"))
    return chart.update_layout(title="Cars", xaxis_title="second")


def altair() -> Any:
    frame = pd.DataFrame({"town": ["Kiel", "Bonn"], "people": [247, 336]})
    return alt.Chart(frame, title="Towns").mark_bar().encode(x="town", y="people")


def bokeh() -> Any:
    chart = bokeh_figure(title="Rain", x_axis_label="day")
    chart.line([1, 2, 3], [0.5, 2.5, 1.0])
    return chart


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (plotly, ["Cars", "second", "speed", "100 values from 0 to 198"]),
        (altair, ["Towns", "bar, 2 rows", "Kiel, Bonn", "247, 336"]),
        (bokeh, ["Rain", "day", "line", "0.5, 2.5, 1"]),
    ],
)
def test_charts_of_other_libraries_are_told_from_their_data(make: Any, words: list[str]) -> None:
    text = look_at(make(), as_="text").text
    for each in words:
        assert each in text


def test_an_image_is_made_small_enough_for_its_budget() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1500, 3000, 3), np.uint8)
    look = look_at(pixels, tokens=500)
    assert look.tokens <= 520
    assert "smaller" in look.left_out
    least = look_at(pixels, tokens=120)
    assert (least.detail, least.tokens <= 130) == ("low", True)


def test_a_picture_of_a_hundred_megapixels_is_refused_in_words() -> None:
    file = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(file, "PNG")
    with pytest.raises(ImageError, match="100 megapixels"):
        look_at(file.getvalue())
    assert MAX_PIXELS < 100_000_000


def test_an_error_becomes_its_traceback_with_its_end() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        raise KeyError("the town")

    try:
        deep(200)
    except KeyError as error:
        look, whole = look_at(error, tokens=300), look_at(sys.exc_info())
    assert "KeyError: 'the town'" in look.text
    assert "left out here" in look.text or "repeated" in look.text
    assert look.title == "traceback of KeyError"
    assert "KeyError: 'the town'" in whole.text


def test_a_function_becomes_its_source() -> None:
    look = look_at(plotly)
    assert look.title == "function plotly"
    assert 'title="Cars"' in look.text
    assert "built-in" in look_at(len).text


def test_captured_output_of_a_cell_is_its_text_and_its_last_image() -> None:
    shown = {"data": {"text/html": "<b>bold</b>", "text/plain": "bold"}, "metadata": {}}
    captured = CapturedIO(io.StringIO("printed\n"), io.StringIO("warned\n"), [shown])
    look = look_at(captured)
    assert "printed" in look.text
    assert "warned" in look.text
    assert "bold" in look.text


class Estimator:
    """An object with a rich display."""

    def _repr_html_(self) -> str:
        return "<h3>Ridge</h3><p>alpha = 1.0</p><script>alert(1)</script>"


def test_a_rich_display_is_read_as_text() -> None:
    text = look_at(Estimator()).text
    assert "Ridge" in text
    assert "alpha = 1.0" in text
    assert "alert" not in text


def test_plain_data_and_long_texts_keep_to_the_budget() -> None:
    assert look_at({"town": "Kiel"}).text == '{"town": "Kiel"}'
    look = look_at("word " * 10_000, tokens=200)
    assert look.text.startswith("word")
    assert look.text.endswith("word ")
    assert look.tokens <= 210


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"as_": "video"}, "as_ must be one of"),
        ({"tokens": 10}, "100 or more"),
        ({"as_": "image", "sees": False}, "takes no images"),
        ({"as_": "image"}, "no form as an image"),
        ({"detail": "some"}, "detail must be"),
    ],
)
def test_what_cannot_be_shown_like_that_is_refused(options: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        look_at({"town": "Kiel"}, **options)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2], [1, 3]),
        ({"a": 1}, {"a": 2}),
        (np.zeros(1000), np.ones(1000)),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]})),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [2, 1]})),
        (pa.table({"a": [1, 2]}), pa.table({"a": [1, 3]})),
        ("text", "texts"),
    ],
)
def test_a_fingerprint_tells_changes_and_nothing_else(before: Any, after: Any) -> None:
    assert fingerprint(before) == fingerprint(before)
    assert fingerprint(before) != fingerprint(after)


def test_a_fingerprint_of_a_figure_follows_what_it_shows() -> None:
    figure = sines()
    before = fingerprint(figure)
    assert fingerprint(sines()) == before
    figure.axes[0].plot([0, 1], [1, 1])
    assert fingerprint(figure) != before


def test_an_object_that_raises_is_watched_by_its_identity() -> None:
    class Hostile:
        def __len__(self) -> int:
            raise RuntimeError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no")

    value = Hostile()
    assert fingerprint(value) == fingerprint(value)
