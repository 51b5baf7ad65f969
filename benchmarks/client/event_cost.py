"""Processor time to read one event: this package and the openai package on the same recorded stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from openai.resources.realtime.realtime import AsyncRealtimeConnection

from benchmarks.rows import Row
from benchmarks.support.stream import record_stream
from realtime_widgets.core.session import SessionCore
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PEER = "openai"


def measure(quick: bool) -> list[Row]:
    """Read the whole stream repeatedly, with each way in turn."""
    frames = [each.frame for each in record_stream()]
    sound = [frame for frame in frames if '"response.output_audio.delta"' in frame]
    rounds = 7 if quick else 25
    peer = cast("Any", AsyncRealtimeConnection).parse_event

    def parse(frame: str) -> object:
        return peer(None, frame)

    def decode(frame: str) -> object:
        event = ev.decode(frame)
        return event.audio() if isinstance(event, ev.OutputAudioDelta) else event

    def fold_all(frames: Sequence[str]) -> None:
        core = SessionCore()
        for frame in frames:
            core.receive(ev.decode(frame))

    whole = _interleaved(rounds, len(frames), lambda: _each(decode, frames), lambda: _each(parse, frames))
    folded = _interleaved(rounds, len(frames), lambda: fold_all(frames), lambda: _each(parse, frames))
    audio = _interleaved(rounds, len(sound), lambda: _each(decode, sound), lambda: _each(parse, sound))
    stream = f"{len(frames)} events, {len(sound)} of them sound"
    return [
        Row("event_cost", "decoded, sound included", *_columns(whole), target=1 / 8, note=stream),
        Row("event_cost", "sound only", *_columns(audio), note="the peer leaves base64 as it is"),
        Row("event_cost", "decoded and folded into the session", *_columns(folded)),
    ]


def _columns(times: tuple[list[float], list[float]]) -> tuple[tuple[float, ...], str, str, tuple[float, ...]]:
    return tuple(times[0]), "us", _PEER, tuple(times[1])


def _each(read: Callable[[str], object], frames: Sequence[str]) -> None:
    for frame in frames:
        read(frame)


def _interleaved(
    rounds: int, events: int, ours: Callable[[], None], theirs: Callable[[], None]
) -> tuple[list[float], list[float]]:
    """Return the processor time per event in microseconds, for each round."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for way, times in zip((ours, theirs), found, strict=True):
            before = time.process_time()
            way()
            times.append((time.process_time() - before) / events * 1e6)
    return found[0][1:], found[1][1:]  # the first warms up
