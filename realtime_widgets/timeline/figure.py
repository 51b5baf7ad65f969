"""Draws a timeline with matplotlib: both waveforms of each turn, and under them what happened when."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install
from realtime_widgets.timeline.wave import STEP_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.timeline.turns import Span, TurnTimeline

#: Colour of each span; of a safe palette for people who see colours differently (Okabe and Ito, 2008).
_COLOURS = {
    "user speaks": "#0072B2",
    "end of turn": "#999999",
    "recognition": "#56B4E9",
    "thinking": "#E69F00",
    "first sound": "#CC79A7",
    "tool": "#D55E00",
    "answer": "#009E73",
    "silence": "#bbbbbb",
    "step": "#E69F00",
}
#: Lines that go through all lanes.
_LINES = {"first sample": ("#666666", ":"), "interruption": ("#c4233c", "-")}
_INCHES_WIDE = 9.0
_INCHES_A_LANE = 0.24
#: Turns in one figure; of more the newest are drawn.
MOST_DRAWN = 12


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(timeline: Sequence[TurnTimeline]) -> Any:
    """Return a matplotlib figure of a timeline, of its newest 12 turns; all turns are on one scale.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    """
    if not can_draw():
        raise ConfigurationError(f"the figure of a timeline needs matplotlib: {install('matplotlib')}")
    from matplotlib.figure import Figure  # not pyplot: the notebook would show the figure twice

    turns = list(timeline)[-MOST_DRAWN:]
    lanes = [_lanes(turn) for turn in turns]
    heights = [len(each) + (2.2 if _sounds(turn) else 0.4) for turn, each in zip(turns, lanes, strict=True)]
    figure = Figure(
        figsize=(_INCHES_WIDE, 0.7 + _INCHES_A_LANE * sum(heights) + 0.45 * len(turns)), layout="constrained"
    )
    if not turns:
        figure.text(0.5, 0.5, "No turns yet.", ha="center")
        return figure
    axes = figure.subplots(len(turns), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for ax, turn, names in zip(axes, turns, lanes, strict=True):
        _draw_turn(ax, turn, names)
    axes[-1].set_xlabel("seconds after the end of the user's speech")
    begin = min(turn.begin - turn.zero for turn in turns)
    end = max(turn.end - turn.zero for turn in turns)
    pad = 0.03 * max(0.1, end - begin)
    axes[0].set_xlim(begin - pad, end + 4 * pad)
    return figure


def png(timeline: Sequence[TurnTimeline]) -> bytes:
    """Return the figure as a PNG."""
    file = io.BytesIO()
    draw(timeline).savefig(file, format="png", dpi=110)
    return file.getvalue()


def _sounds(turn: TurnTimeline) -> bool:
    return bool(turn.user or turn.voice)


def _lane(span: Span) -> str:
    return span.label if span.name in ("tool", "step") else span.name


def _lanes(turn: TurnTimeline) -> list[str]:
    """Return the lanes under the waveforms: one for each kind of span, and one for each tool."""
    return list(dict.fromkeys(_lane(span) for span in turn.spans if span.name != "silence"))


def _draw_turn(ax: Any, turn: TurnTimeline, lanes: list[str]) -> None:
    for side, waves, colour in ((1, turn.user, _COLOURS["user speaks"]), (-1, turn.voice, _COLOURS["answer"])):
        for wave in waves:
            times = [wave.begin - turn.zero + STEP_S * step for step in range(len(wave.peaks))]
            loudest = max(wave.peaks, default=0) or 1
            ax.fill_between(times, 0, [side * 0.95 * peak / loudest for peak in wave.peaks], color=colour, lw=0)
    bottom = -1.5 - len(lanes)
    for span in turn.spans:
        begin, length = span.begin - turn.zero, span.seconds
        if span.name == "silence":
            ax.axvspan(begin, begin + length, ymin=0, ymax=1, color=_COLOURS["silence"], alpha=0.25, lw=0)
            continue
        y = -1.6 - lanes.index(_lane(span))
        ax.barh(y, length, left=begin, height=0.62, color=_COLOURS[span.name])
        ax.text(begin + length, y, f" {length:.2f} s", va="center", fontsize=7, color="#444444")
    for mark in turn.marks:  # the other marks are the ends of bars
        if mark.name in _LINES:
            colour, style = _LINES[mark.name]
            ax.axvline(mark.at - turn.zero, color=colour, lw=0.8, ls=style)
    if _sounds(turn):
        ax.axhline(0, color="#cccccc", lw=0.6)
    ax.set_ylim(bottom, 1.1 if _sounds(turn) else -1.1)
    sides = {0.5: "user", -0.5: "voice"} if _sounds(turn) else {}
    names = {**sides, **{-1.6 - number: _short(name, 22) for number, name in enumerate(lanes)}}
    ax.set_yticks(list(names), list(names.values()), fontsize=7)
    delay = "" if turn.delay is None else f"   {turn.delay:.2f} s"
    cut = ", interrupted" if turn.interrupted else ""
    ax.set_title(f"{turn.number}. {_short(turn.title or turn.question, 70)}{delay}{cut}", loc="left", fontsize=9)
    ax.tick_params(axis="x", labelsize=7)
    for edge in ("top", "right"):
        ax.spines[edge].set_visible(False)


def _short(text: str, most: int) -> str:
    text = " ".join(text.split()).replace("$", r"\$")  # else matplotlib reads it as a formula
    return text if len(text) <= most else f"{text[: most - 1]}…"
