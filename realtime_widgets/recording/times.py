"""When each line of a talk was said, in seconds of the recording: of answers, when they were heard. Pure."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.core.captions.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_widgets.recording.state import TalkState
    from realtime_widgets.recording.writing.watching import Fact

#: How long a line is taken to last that has no sound, in seconds for each character.
_READING_S = 0.06
#: Events with which an item is there, or complete.
_ITEMS = (
    "response.output_item.added",
    "response.output_item.done",
    "conversation.item.added",
    "conversation.item.created",
)
_BYTES_PER_MS = SAMPLE_RATE * BYTES_PER_SAMPLE / 1000


class Span(NamedTuple):
    """From and to when, in seconds."""

    begin: float
    end: float


class _SentSound:
    """Finds when the sound was captured that the service counts in milliseconds of its own."""

    def __init__(self) -> None:
        self._ends: list[float] = []
        self._at: list[float] = []

    def sent(self, size: int, at: float) -> None:
        before = self._ends[-1] if self._ends else 0.0
        self._ends.append(before + size / _BYTES_PER_MS)
        self._at.append(at)

    def when(self, ms: float, default: float) -> float:
        place = bisect.bisect_left(self._ends, ms)
        return self._at[place] if place < len(self._at) else default


def spans_of(state: TalkState, facts: Iterable[Fact]) -> dict[str, Span]:
    """Return when each item of a talk was said or heard, by its id.

    Parameters
    ----------
    state
        The talk at its end.
    facts
        All that was recorded.
    """
    sound, begun, heard = _SentSound(), dict[str, float](), dict[str, Span]()
    there: dict[str, Span] = {}
    spans: dict[str, Span] = {}
    for fact in facts:
        at = float(fact.get("at") or 0.0)
        if isinstance(event := fact.get("client"), dict) and event.get("type") == "input_audio_buffer.append":
            sound.sent(int(event.get("audio") or 0), at)
        elif isinstance(event := fact.get("server"), dict):
            kind, item_id = event.get("type"), str(event.get("item_id") or "")
            if kind in _ITEMS and isinstance(item := event.get("item"), dict):
                item_id = str(item.get("id"))
                there[item_id] = Span(there[item_id].begin if item_id in there else at, at)
            elif kind == "session.created":
                sound = _SentSound()
            elif kind == "input_audio_buffer.speech_started":
                begun[item_id] = sound.when(float(event.get("audio_start_ms") or 0), at)
            elif kind == "input_audio_buffer.speech_stopped":
                end = sound.when(float(event.get("audio_end_ms") or 0), at)
                spans[item_id] = Span(begun.get(item_id, end), max(begun.get(item_id, end), end))
        elif isinstance(played := fact.get("played"), list):
            for item_id, _, samples in played:
                length, before = samples / SAMPLE_RATE, heard.get(item_id)
                if fact.get("audible", True):
                    heard[item_id] = Span(before.begin if before else max(0.0, at - length), at)
                else:  # it was read at once, and is laid down from then on
                    begin = before.begin if before else at
                    heard[item_id] = Span(begin, begin + length)
    spans |= {segment.id: Span(segment.start, segment.end) for segment in state.segments.values()}
    for line in state.lines.values():
        began = state.began[line.id]
        spans.setdefault(line.id, heard.get(line.id) or there.get(line.id) or Span(began, began))
    return spans


def segments_of(state: TalkState, facts: Iterable[Fact]) -> list[Segment]:
    """Return what was said and heard as segments with their times, for subtitles."""
    if state.segments:
        return [state.segments[line_id] for line_id in state.order if line_id in state.segments]
    spans = spans_of(state, facts)
    names = {"user": "You", "assistant": "Assistant"}
    made: list[Segment] = []
    for line in (state.lines[line_id] for line_id in state.order):
        if line.kind == "message" and line.role in names and line.heard.strip():
            begin, end = spans[line.id]
            reading = _READING_S * len(line.heard)
            if line.source != "speech" and line.role == "user":
                typed = max(begin - reading, made[-1].end if made else 0.0)
                begin, end = min(begin, typed), begin  # it was typed until then
            elif line.source != "speech":
                end = begin + reading
            made.append(Segment(line.id, begin, end, line.heard, True, speaker=names[line.role]))
    return made
