"""The waterfall of a turn as SVG: what took how long, under each other, from the end of the question on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.shown_text import in_html

if TYPE_CHECKING:
    from realtime_widgets.timeline.turns import Span, TurnTimeline

#: Colour of each span; the colours of the figure of a timeline.
_COLOURS = {
    "user speaks": "#0072B2",
    "end of turn": "#999999",
    "recognition": "#56B4E9",
    "thinking": "#E69F00",
    "first sound": "#CC79A7",
    "tool": "#D55E00",
    "answer": "#009E73",
}
_WIDE, _NAMES, _ROW = 600, 110, 18


def waterfall(turn: TurnTimeline) -> str:
    """Return one turn; empty if nothing of it took time.

    Parameters
    ----------
    turn
        The turn, as a timeline has it.
    """
    spans = [span for span in turn.spans if span.name in _COLOURS]
    lanes = list(dict.fromkeys(map(_lane, spans)))
    if not lanes:
        return ""
    begin, length = turn.begin, max(0.01, turn.end - turn.begin)

    def x(at: float) -> float:
        return _NAMES + (at - begin) / length * (_WIDE - _NAMES - 50)

    rows = []
    for number, lane in enumerate(lanes):
        y = number * _ROW
        rows.append(f'<text x="0" y="{y + 13}">{in_html(lane[:18])}</text>')
        for span in (each for each in spans if _lane(each) == lane):
            width = max(1.0, x(span.end) - x(span.begin))
            rows.append(
                f'<rect x="{x(span.begin):.1f}" y="{y + 3}" width="{width:.1f}" height="12" '
                f'fill="{_COLOURS[span.name]}"/>'
                f'<text x="{x(span.end) + 3:.1f}" y="{y + 13}">{span.seconds:.2f} s</text>'
            )
    zero, high = x(turn.zero), len(lanes) * _ROW
    rows.append(f'<path class="now" d="M{zero:.1f} 0V{high}" stroke-dasharray="2 3"/>')
    title = in_html(f"{turn.number}. {turn.question[:80]}")
    wait = "" if turn.delay is None else f" · first {'sound' if turn.voice else 'words'} after {turn.delay:.2f} s"
    cut = " · interrupted" if turn.interrupted else ""
    return (
        f'<figure class="waterfall"><figcaption>{title}{wait}{cut}</figcaption>'
        f'<svg viewBox="0 0 {_WIDE} {high}" role="img" aria-label="{title}">{"".join(rows)}</svg></figure>'
    )


def _lane(span: Span) -> str:
    return span.label if span.name == "tool" and span.label else span.name
