"""A recorded stream as a talk: when each event comes where people speak and listen in real time. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.support.stream import Recorded
from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

#: From the end of an answer to the next word, in seconds.
PAUSE_S = 1.0
_ID = re.compile(r'(?<=:)"((?:event|item|resp|call)_[^"]+)"')
_INPUT_TIME = re.compile(r'"(audio_(?:start|end)_ms)":(\d+)')


@dataclass(frozen=True)
class RecordedTalk:
    """Frames of a server in the time of a talk.

    Attributes
    ----------
    opening
        The session as the server opened it.
    frames
        The rest, each with the second of the talk at which it comes.
    seconds
        Length of the talk, until everything was heard and the pause after it is over.
    """

    opening: dict[str, Any]
    frames: tuple[Recorded, ...]
    seconds: float

    def again(self, number: int, later_s: float) -> list[Recorded]:
        """Give the frames of a repetition: under ids of their own, and told to be `later_s` seconds later."""

        def later(found: re.Match[str]) -> str:
            return f'"{found[1]}":{int(found[2]) + round(later_s * 1000)}'

        return [
            Recorded(each.at, _INPUT_TIME.sub(later, renamed(each.frame, str(number)))) for each in self.frames
        ]

    @property
    def answer(self) -> list[Recorded]:
        """The first response, from its beginning to its end, timed from its beginning."""
        kinds = [json.loads(each.frame)["type"] for each in self.frames]
        first, last = kinds.index("response.created"), kinds.index("response.done")
        begin = self.frames[first].at
        return [Recorded(each.at - begin, each.frame) for each in self.frames[first : last + 1]]

    def dump(self) -> str:
        """Write it as text for `load`."""
        frames = [[each.at, each.frame] for each in self.frames]
        return json.dumps({"opening": self.opening, "seconds": self.seconds, "frames": frames})

    @classmethod
    def load(cls, text: str) -> RecordedTalk:
        """Read what `dump` wrote."""
        data = json.loads(text)
        return cls(data["opening"], tuple(Recorded(at, frame) for at, frame in data["frames"]), data["seconds"])


def renamed(frame: str, suffix: str) -> str:
    """Give all that has an id in a frame another one."""
    return _ID.sub(rf'"\1_{suffix}"', frame)


def sound_seconds(event: dict[str, Any]) -> float:
    """Length of the sound in an event of the server."""
    if event["type"] != "response.output_audio.delta":
        return 0.0
    return len(event["delta"]) * 3 / 4 / BYTES_PER_SAMPLE / SAMPLE_RATE


def in_talk_time(stream: Sequence[Recorded]) -> RecordedTalk:
    """Put a stream that was recorded faster than people speak into the time of the talk.

    Speech is noticed when it sounds; what follows from it comes as long after it as it did in the recording;
    and the next word is said when the answer has been heard.
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
