"""Turns a recorded stream into a talk in real time: when each event arrives while users speak and listen. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.support.stream import Recorded
from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Time from the end of an answer to the user's next word, in seconds.
PAUSE_S = 1.0
_ID = re.compile(r'(?<=:)"((?:event|item|resp|call)_[^"]+)"')
_INPUT_TIME = re.compile(r'"(audio_(?:start|end)_ms)":(\d+)')


@dataclass(frozen=True)
class RecordedTalk:
    """Frames of a server, timed as in a talk.

    Attributes
    ----------
    opening
        The frame with which the server opened the session.
    frames
        The other frames, each with its time in the talk in seconds.
    seconds
        Length of the talk in seconds, including the last answer and the pause after it.
    """

    opening: dict[str, Any]
    frames: tuple[Recorded, ...]
    seconds: float

    def again(self, number: int, later_s: float) -> list[Recorded]:
        """Return the frames of a repetition, with new ids, and with their times moved by `later_s` seconds."""

        def later(found: re.Match[str]) -> str:
            return f'"{found[1]}":{int(found[2]) + round(later_s * 1000)}'

        return [
            Recorded(each.at, _INPUT_TIME.sub(later, renamed(each.frame, str(number)))) for each in self.frames
        ]

    @property
    def answer(self) -> list[Recorded]:
        """The frames of the first response, timed from its beginning."""
        kinds = [json.loads(each.frame)["type"] for each in self.frames]
        first, last = kinds.index("response.created"), kinds.index("response.done")
        begin = self.frames[first].at
        return [Recorded(each.at - begin, each.frame) for each in self.frames[first : last + 1]]

    def dump(self) -> str:
        """Return the talk as text for `load`."""
        frames = [[each.at, each.frame] for each in self.frames]
        return json.dumps({"opening": self.opening, "seconds": self.seconds, "frames": frames})

    @classmethod
    def load(cls, text: str) -> RecordedTalk:
        """Return the talk from text of `dump`."""
        data = json.loads(text)
        return cls(data["opening"], tuple(Recorded(at, frame) for at, frame in data["frames"]), data["seconds"])


def renamed(frame: str, suffix: str) -> str:
    """Return the frame with all its ids replaced."""
    return _ID.sub(rf'"\1_{suffix}"', frame)


def sound_seconds(event: dict[str, Any]) -> float:
    """Return the length of the audio in a server event, in seconds."""
    if event["type"] != "response.output_audio.delta":
        return 0.0
    return len(event["delta"]) * 3 / 4 / BYTES_PER_SAMPLE / SAMPLE_RATE


def in_talk_time(stream: Sequence[Recorded]) -> RecordedTalk:
    """Return a stream that was recorded faster than real time as a talk in real time.

    Speech is detected when it sounds; the events that follow from it come as long after it as in the recording;
    and the user speaks again when the answer has been heard.
    """
    opening: dict[str, Any] = {}
    frames: list[Recorded] = []
    shift = now = recorded = heard_until = 0.0
    answered = False
    for each in stream:
        event = json.loads(each.frame)
        kind = event["type"]
        if kind in ("session.created", "session.updated"):
            opening = event["session"]
            recorded = each.at
            continue
        if kind == "input_audio_buffer.speech_started" and answered:
            shift, answered = heard_until + PAUSE_S - event["audio_start_ms"] / 1000, False
        if "audio_start_ms" in event or "audio_end_ms" in event:
            now = max(now, shift + event.get("audio_start_ms", event.get("audio_end_ms")) / 1000)
        else:
            now += each.at - recorded
        recorded = each.at
        if length := sound_seconds(event):
            heard_until = max(heard_until, now) + length
        answered |= kind == "response.done"
        frames.append(Recorded(now, each.frame))
    return RecordedTalk(opening, tuple(frames), max(heard_until, now) + PAUSE_S)
