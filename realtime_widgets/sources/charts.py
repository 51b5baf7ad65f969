"""Charts as text, for models that see no images: what they show, computed from their data; and as images."""

from __future__ import annotations

import importlib.util
import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from realtime_widgets.images import picture_of
from realtime_widgets.lazy_types import is_a

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from realtime_widgets.images import Picture

_ALTAIR = ("Chart", "LayerChart", "HConcatChart", "VConcatChart", "ConcatChart", "FacetChart", "RepeatChart")
#: Series of a chart that are described, and numbers of a short one that are given as they are.
_SERIES, _NUMBERS = 12, 12
#: Numbers of a series that are looked at.
_LOOKED_AT = 100_000


def chart_picture(value: Any) -> Picture | None:
    """Return a chart of plotly or altair as an image, if what draws it is installed; None for any other value."""
    if is_plotly(value) and importlib.util.find_spec("kaleido"):
        return picture_of(value.to_image(format="png"))
    if is_altair(value) and importlib.util.find_spec("vl_convert"):
        import vl_convert

        return picture_of(vl_convert.vegalite_to_png(value.to_json()))
    return None


def chart_text(value: Any) -> str | None:
    """Return what a chart shows, as text; None for any other value.

    Parameters
    ----------
    value
        A figure or axes of matplotlib, or a chart of plotly, altair or bokeh.
    """
    if (axes := _matplotlib_axes(value)) is not None:
        return "\n".join(["chart of matplotlib", *(line for each in axes for line in _matplotlib(each))])
    if is_plotly(value):
        return "\n".join(["chart of plotly", *_plotly(value.to_dict())])
    if is_altair(value):
        return "\n".join(["chart of altair", *_altair(value.to_dict())])
    if is_a(value, "bokeh.plotting", "figure"):
        return "\n".join(["chart of bokeh", *_bokeh(value)])
    return None


def is_plotly(value: Any) -> bool:
    """Whether a value is a figure of plotly."""
    return is_a(value, "plotly.graph_objects", "Figure")


def is_altair(value: Any) -> bool:
    """Whether a value is a chart of altair."""
    return is_a(
        value, "altair", "Chart", "LayerChart", "HConcatChart", "VConcatChart", "ConcatChart", "FacetChart"
    )


def series_text(values: Iterable[Any]) -> str:
    """Return what is in a series: short ones whole, of longer ones the ends, the range and the mean."""
    listed = [_plain(each) for each in islice(values, _LOOKED_AT)]
    if not listed:
        return "empty"
    if len(listed) <= _NUMBERS:
        return ", ".join(map(_written, listed))
    numbers = [each for each in listed if isinstance(each, int | float) and not math.isnan(each)]
    if len(numbers) * 2 < len(listed):
        different = dict.fromkeys(map(str, listed))
        return f"{len(listed):,} values, {len(different):,} different, such as {', '.join(list(different)[:5])}"
    mean = sum(numbers) / len(numbers)
    trend = f"from {_written(listed[0])} to {_written(listed[-1])}"
    return (
        f"{len(listed):,} values {trend}, lowest {min(numbers):.6g}, highest {max(numbers):.6g}, mean {mean:.6g}"
    )


def _plain(value: Any) -> Any:
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 0) == 0 else value


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:60]


def _matplotlib_axes(value: Any) -> list[Any] | None:
    if not str(type(value).__module__).startswith(("matplotlib.", "seaborn.")):
        return None
    figure = getattr(value, "figure", None) or value
    axes = getattr(figure, "axes", None)
    return list(axes) if isinstance(axes, list) else None


def _matplotlib(axes: Any) -> list[str]:
    heading = _labelled(title=axes.get_title(), x=axes.get_xlabel(), y=axes.get_ylabel())
    lines = [heading] if heading else []
    for line in axes.get_lines()[:_SERIES]:
        name = _named(line.get_label())
        lines.append(f"  line{name}: x {series_text(line.get_xdata())}; y {series_text(line.get_ydata())}")
    bars = [patch for patch in axes.patches if hasattr(patch, "get_height")]
    if bars:
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        heights = [float(bar.get_height()) for bar in bars]
        names = f" at {series_text(ticks)}" if len(ticks) == len(heights) else ""
        lines.append(f"  bars{names}: {series_text(heights)}")
    for points in axes.collections[:_SERIES]:
        offsets = points.get_offsets()
        if len(offsets):
            name = _named(points.get_label())
            x, y = zip(*(tuple(each)[:2] for each in offsets), strict=True)
            lines.append(f"  points{name}: x {series_text(x)}; y {series_text(y)}")
    lines += [f"  image of {' by '.join(map(str, image.get_size()))}" for image in axes.images]
    lines += [f"  text: {text.get_text()[:200]}" for text in axes.texts[:_SERIES]]
    return lines


def _plotly(figure: Mapping[str, Any]) -> list[str]:
    layout = figure.get("layout", {})

    def words(part: Any) -> str:
        title = part.get("title", "") if isinstance(part, dict) else ""
        return str(title.get("text", "") if isinstance(title, dict) else title)

    heading = _labelled(title=words(layout), x=words(layout.get("xaxis")), y=words(layout.get("yaxis")))
    lines = [heading] if heading else []
    for trace in figure.get("data", [])[:_SERIES]:
        name = _named(trace.get("name", ""))
        parts = [
            f"{key} {series_text(values)}"
            for key in ("x", "y", "z", "labels", "values")
            if (values := _decoded(trace.get(key))) is not None
        ]
        lines.append(f"  {trace.get('type', 'trace')}{name}: {'; '.join(parts)}")
    return lines


def _decoded(values: Any) -> Sequence[Any] | None:
    """Return the values of a trace; plotly packs arrays as base64."""
    if isinstance(values, dict) and "bdata" in values:
        import base64

        import numpy as np

        found: list[Any] = np.frombuffer(base64.b64decode(values["bdata"]), values.get("dtype", "f8")).tolist()
        return found
    if values is None or isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        return None
    return list(islice(values, _LOOKED_AT))


def _altair(chart: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> list[str]:
    sets = {**(data or {}), **chart.get("datasets", {})}
    title = chart.get("title", "")
    lines = [f"title: {title}"] if isinstance(title, str) and title else []
    for part in ("layer", "hconcat", "vconcat", "concat"):
        for each in chart.get(part, []):
            lines += _altair({"data": chart.get("data"), **each}, sets)
    mark = chart.get("mark")
    if mark is None:
        return lines
    kind = mark.get("type", "mark") if isinstance(mark, dict) else mark
    source = chart.get("data") or {}
    rows = source.get("values") or sets.get(source.get("name", ""), [])
    lines.append(f"  {kind}, {len(rows):,} rows")
    for channel, encoding in chart.get("encoding", {}).items():
        field = encoding.get("field") if isinstance(encoding, dict) else None
        if field:
            values = [row.get(field) for row in rows if isinstance(row, dict)]
            how = encoding.get("aggregate")
            lines.append(f"  {channel}: {f'{how} of ' if how else ''}{field}: {series_text(values)}")
    return lines


def _bokeh(figure: Any) -> list[str]:
    axes = {"x": figure.xaxis, "y": figure.yaxis}
    labels = {name: str(axis[0].axis_label or "") for name, axis in axes.items() if len(axis)}
    title = figure.title.text if figure.title is not None else ""
    heading = _labelled(title=str(title or ""), **labels)
    lines = [heading] if heading else []
    for renderer in figure.renderers[:_SERIES]:
        glyph, source = getattr(renderer, "glyph", None), getattr(renderer, "data_source", None)
        if glyph is None or source is None:
            continue
        columns = [f"{name} {series_text(values)}" for name, values in source.data.items() if name != "index"]
        lines.append(f"  {type(glyph).__name__.lower()}{_named(renderer.name or '')}: {'; '.join(columns)}")
    return lines


def _labelled(**labels: str) -> str:
    return "; ".join(f"{name}: {text}" for name, text in labels.items() if text)


def _named(label: object) -> str:
    text = str(label or "")
    return "" if not text or text.startswith("_") else f" “{text[:80]}”"
