"""How much the client's process grows in an hour of talk, at twenty times the speed of speech.

A headless session talks with a server that replays a recorded talk, followed by a tool call and its answer in each
round; the microphone sends all the time, and received audio is played on the session's own clock. Nothing is
recorded. A second session, whose speaker keeps everything that was heard, is compared with the size of that audio.
With --quick the talk lasts 9 minutes instead of an hour, and the row says so.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.rows import Row
from benchmarks.support.children import Child
from benchmarks.support.clips import microphone_sound
from benchmarks.support.recorded_talk import in_talk_time
from benchmarks.support.stream import record_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPEED = 20.0
#: Minutes of talk from which on growth counts.
_FROM_MINUTE = 5
_TARGET_MB = 5.0
_BEGIN_S = 60.0


def measure(quick: bool) -> list[Row]:
    """Run two sessions at the same time, one of which keeps what was heard."""
    minutes = 9 if quick else 60
    talk = in_talk_time(record_stream(3))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "talk.json").write_text(talk.dump())
        (folder / "sound.pcm").write_bytes(microphone_sound())
        with Child.module(
            "benchmarks.servers.replaying", str(folder / "talk.json"), str(_SPEED), "calls"
        ) as server:
            url = f"http://127.0.0.1:{server.read(_BEGIN_S)}/v1"
            arguments = [url, str(folder / "sound.pcm"), str(minutes), str(_SPEED)]
            with (
                Child.module("benchmarks.talkers.long_talk", *arguments) as forgetting,
                Child.module("benchmarks.talkers.long_talk", *arguments, "keep") as keeping,
            ):
                marks, kept = [], []
                for _ in range(minutes + 1):
                    marks.append(forgetting.read(_BEGIN_S))
                    kept.append(keeping.read(_BEGIN_S))
                held = forgetting.read(_BEGIN_S)
    return _rows(minutes, marks, kept, held)


def _rows(minutes: int, marks: Sequence[Any], kept: Sequence[Any], held: dict[str, int]) -> list[Row]:
    """Marks of one talk: each is megabytes, Python's memory blocks, and seconds of audio heard so far."""
    grown, grown_kept = (each[-1][0] - each[_FROM_MINUTE][0] for each in (marks, kept))
    blocks = marks[-1][1] - marks[_FROM_MINUTE][1]
    length = "an hour" if minutes == 60 else f"only {minutes} minutes"
    note = (
        f"{length} of talk, {held['items']} items and {held['calls']} tool calls;"
        f" {marks[-1][0]:.0f} MB in the end, {blocks:,} more objects of Python"
    )
    sound = (kept[-1][2] - kept[_FROM_MINUTE][2]) * 48_000 / 1e6
    per_hour = 60 / (minutes - _FROM_MINUTE)
    return [
        Row(
            "client_memory",
            f"growth after minute {_FROM_MINUTE}, nothing recorded",
            (grown,),
            "MB",
            target=_TARGET_MB,
            note=note,
        ),
        Row(
            "client_memory",
            "growth an hour where what was heard is kept",
            (grown_kept * per_hour,),
            "MB",
            "its PCM",
            (sound * per_hour,),
        ),
    ]
