"""The output audio buffer of a call: answers in at any speed, blocks out in real time, playback counted. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import StreamResampler
from realtime_widgets.local.api.audio_formats import decode, sample_rate
from realtime_widgets.local.realtime.responses.output_buffer import ClearedAnswer, Cut

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    #: Notified of a response whose audio begins, or has been played to its end.
    Notify = Callable[[Literal["started", "stopped"], str], None]

#: Number of samples (24 kHz) in one block: 20 ms.
BLOCK_SAMPLES = SAMPLE_RATE // 50


@dataclass
class _Part:
    """The audio of one content part; `received` and `played` count samples."""

    item_id: str
    content_index: int
    blocks: deque[npt.NDArray[np.int16]] = field(default_factory=deque)
    received: int = 0
    played: int = 0


@dataclass
class _Answer:
    """The audio of one response."""

    encoding: str
    parts: list[_Part] = field(default_factory=list)
    finished: bool = False
    silenced: bool = False
    resampler: StreamResampler | None = None

    @property
    def waiting(self) -> int:
        return sum(part.received - part.played for part in self.parts)


class Playout:
    """Plays responses one after the other, each from its first sound on.

    Parameters
    ----------
    notify
        Called while blocks are taken: ``started`` with the first sound of a response, ``stopped`` when a finished
        response has been played. Nothing more is notified of a response that is cleared.
    """

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._answers: dict[str, _Answer] = {}
        self._playing: str | None = None

    @property
    def waiting_ms(self) -> float:
        """Duration of the audio that is still to be played."""
        return sum(answer.waiting for answer in self._answers.values()) * 1000 / SAMPLE_RATE

    def begin(self, response_id: str, encoding: str) -> None:
        """Note a new response, whose audio will come in the wire's format `encoding`."""
        self._answers[response_id] = _Answer(encoding)

    def add(self, response_id: str, item_id: str, content_index: int, data: bytes) -> None:
        """Add audio of a response that has begun, in its format; audio of a silenced response is dropped."""
        answer = self._answers[response_id]
        if answer.silenced:
            return
        if answer.resampler is None:
            answer.resampler = StreamResampler(sample_rate(answer.encoding), SAMPLE_RATE)
        samples = answer.resampler(decode(data, answer.encoding))
        last = answer.parts[-1] if answer.parts else None
        if last is None or (last.item_id, last.content_index) != (item_id, content_index):
            last = _Part(item_id, content_index)
            answer.parts.append(last)
        last.blocks.append(samples)
        last.received += len(samples)

    def finish(self, response_id: str) -> None:
        """Note that a response is finished: no more audio of it will come."""
        answer = self._answers[response_id]
        answer.finished = True
        if answer.silenced or (not answer.waiting and response_id != self._playing):
            del self._answers[response_id]

    def clear(self) -> list[ClearedAnswer]:
        """Silence every response that has audio; return which, and what was cut."""
        sounding = {key: answer for key, answer in self._answers.items() if answer.waiting or key == self._playing}
        self._playing = None
        cleared = []
        for response_id, answer in sounding.items():
            open_part = answer.parts[-1] if not answer.finished else None
            cuts = [
                Cut(part.item_id, part.content_index, part.played * 1000 // SAMPLE_RATE)
                for part in answer.parts
                if part.played < part.received or part is open_part
            ]
            cleared.append(ClearedAnswer(response_id, cuts))
            answer.silenced = True
            answer.parts.clear()
            if answer.finished:
                del self._answers[response_id]
        return cleared

    def next_block(self) -> npt.NDArray[np.int16]:
        """Return the int16 samples of shape (480,) at 24 kHz to play now; silence if there is nothing to play."""
        block = np.zeros(BLOCK_SAMPLES, dtype=np.int16)
        filled = 0
        while filled < BLOCK_SAMPLES and (playing := self._current()) is not None:
            part = next((part for part in playing.parts if part.blocks), None)
            if part is None:
                break
            samples = part.blocks.popleft()
            taken = min(len(samples), BLOCK_SAMPLES - filled)
            block[filled : filled + taken] = samples[:taken]
            if taken < len(samples):
                part.blocks.appendleft(samples[taken:])
            part.played += taken
            filled += taken
        return block

    def _current(self) -> _Answer | None:
        """Return the response that plays now, after notifying of one that has ended or begins."""
        if self._playing is not None:
            answer = self._answers[self._playing]
            if answer.waiting or not answer.finished:
                return answer
            ended, self._playing = self._playing, None
            del self._answers[ended]
            self._notify("stopped", ended)
        self._playing = next((key for key, answer in self._answers.items() if answer.waiting), None)
        if self._playing is None:
            return None
        self._notify("started", self._playing)
        return self._answers[self._playing]
