"""A turn's timeline as the page draws it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.timeline.wave import STEP_S
from realtime_widgets.widgets import messages as msg

if TYPE_CHECKING:
    from realtime_widgets.timeline.turns import TurnTimeline
    from realtime_widgets.timeline.wave import Wave

#: Steps of a waveform that are sent at most; of a longer one each stands for several.
MOST_STEPS = 400
#: Characters of a question and of an answer in the list of turns.
SHOWN = 160


def turn_row(turn: TurnTimeline) -> msg.ShownTurn:
    """Return a turn as it stands in the list."""
    delay = None if turn.delay is None else round(turn.delay, 3)
    return msg.ShownTurn(turn.number, _short(turn.question), _short(turn.answer), delay, turn.interrupted)


def turn_detail(turn: TurnTimeline) -> msg.TurnDetail:
    """Return where the time of a turn went."""
    return msg.TurnDetail(
        number=turn.number,
        question=_short(turn.question),
        delay=None if turn.delay is None else round(turn.delay, 3),
        heard=turn.heard,
        interrupted=turn.interrupted,
        spans=[
            msg.ShownSpan(span.name, round(span.begin - turn.zero, 3), round(span.end - turn.zero, 3), span.label)
            for span in turn.spans
        ],
        marks=[msg.ShownMark(mark.name, round(mark.at - turn.zero, 3)) for mark in turn.marks],
        user=[_wave(wave, turn.zero) for wave in turn.user],
        voice=[_wave(wave, turn.zero) for wave in turn.voice],
    )


def _wave(wave: Wave, zero: float) -> msg.ShownWave:
    every = max(1, -(-len(wave.peaks) // MOST_STEPS))
    peaks = [max(wave.peaks[first : first + every]) for first in range(0, len(wave.peaks), every)]
    return msg.ShownWave(round(wave.begin - zero, 3), round(STEP_S * every, 3), peaks)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
