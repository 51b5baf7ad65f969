"""Where the time of each recorded turn went: its events, sound and positions, on the clock of the recording."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.errors import RecordingError
from realtime_widgets.protocol.events.client import InputAppend
from realtime_widgets.protocol.events.decoding import CLIENT_EVENTS, decode
from realtime_widgets.timeline.builder import TimelineBuilder
from realtime_widgets.timeline.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.recording.writing.watching import Fact
    from realtime_widgets.timeline.builder import Happening


class TimedTalk(Protocol):
    """What is needed of a recording."""

    facts: list[Fact]

    @property
    def has_sound(self) -> bool:
        """Whether it has sound."""

    @property
    def both(self) -> npt.NDArray[np.int16]:
        """Both sides, int16 of shape (n, 2) at 24 kHz."""

    def stretch(self, begin: int, end: int) -> bytes:
        """Return bytes of the answers' sound; fewer if some are missing."""


def timeline_of(talk: TimedTalk) -> Timeline:
    """Return the timeline of a recording, as `RealtimeSession.timeline` would have shown it."""
    builder = TimelineBuilder()
    builder.receive(_happenings(talk))
    return Timeline(builder.turns())


def _happenings(talk: TimedTalk) -> Iterator[tuple[float, Happening]]:
    captured = talk.both[:, 0] if talk.has_sound else None
    for fact in talk.facts:
        at = float(fact.get("at") or 0.0)
        if isinstance(event := fact.get("server"), dict):
            if happened := _server(talk, event):
                yield at, happened
        elif isinstance(event := fact.get("client"), dict):
            if event.get("type") == "input_audio_buffer.append":
                yield at, InputAppend(audio=_captured(captured, at, int(event.get("audio") or 0)))
            elif happened := _client(event):
                yield at, happened
        elif isinstance(played := fact.get("played"), list):
            yield at, [PlayedTo(Part(item_id, index), samples) for item_id, index, samples in played]


def _captured(captured: npt.NDArray[np.int16] | None, at: float, size: int) -> bytes:
    """Return the sound that was sent at a time; silence if it is missing."""
    if captured is None:
        return bytes(size)
    end = round(at * SAMPLE_RATE)
    begin = max(0, end - size // BYTES_PER_SAMPLE)
    return captured[begin:end].astype("<i2").tobytes().ljust(size, b"\0")


def _server(talk: TimedTalk, event: dict[str, Any]) -> Any:
    delta = event.get("delta")
    if isinstance(delta, dict):
        begin, end = delta.get("bytes") or (0, 0)
        try:
            sound = talk.stretch(begin, end).ljust(end - begin, b"\0")
        except RecordingError:
            sound = bytes(end - begin)
        event = {**event, "delta": base64.b64encode(sound).decode()}
    try:
        return decode(msgspec.json.encode(event))
    except ValueError:
        return None


def _client(event: dict[str, Any]) -> Any:
    kind = CLIENT_EVENTS.get(str(event.get("type")))
    try:
        return None if kind is None else msgspec.convert(event, kind)
    except (msgspec.ValidationError, ValueError):
        return None
