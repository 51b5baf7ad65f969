"""Keeps the sound of both sides of the last minutes in memory, by item, so that a turn can be heard again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realtime_widgets.timeline.builder import Happening

#: Sound that is kept unless that is set, in minutes of both sides together; of more the oldest items go.
KEPT_MIN = 15.0
_BYTES_PER_MIN = 60 * SAMPLE_RATE * BYTES_PER_SAMPLE
#: Longest speech that is kept as an item, in bytes: two minutes of the captured stream.
LONGEST_SPEECH = 120 * SAMPLE_RATE * BYTES_PER_SAMPLE
_HEARD = (ev.SpeechStopped, ev.InputCommitted)


class KeptSound:
    """The sound of a talk's items, in memory only.

    Parameters
    ----------
    speech_of
        Returns the first sample and the one after the last of the captured stream that an item holds; None if that
        is not known.

    Attributes
    ----------
    minutes
        How much is kept, in minutes of both sides together; the newest item always is. 0 keeps none.
    """

    def __init__(self, speech_of: Callable[[str], tuple[int, int] | None]) -> None:
        self._speech_of = speech_of
        self._items: dict[str, bytearray] = {}
        self._size = 0
        self._gone: set[str] = set()
        self._minutes = KEPT_MIN
        #: The end of the captured stream, with the number of the first sample of each block.
        self._stream: deque[tuple[int, bytes]] = deque()
        self._stream_bytes = 0
        self._samples = 0

    def receive(self, happenings: Iterable[tuple[float, Happening]]) -> None:
        """Keep what came, in order."""
        for _, event in happenings:
            if isinstance(event, ev.InputAppend):
                self._capture(event.audio)
            elif isinstance(event, ev.OutputAudioDelta):
                try:
                    self._add(event.item_id, event.audio())
                except ValueError:  # it is no sound
                    continue
            elif isinstance(event, _HEARD):
                self._take_speech(event.item_id)
            elif isinstance(event, ev.ItemDeleted):
                self._drop(event.item_id)

    @property
    def minutes(self) -> float:
        """How much is kept."""
        return self._minutes

    @minutes.setter
    def minutes(self, minutes: float) -> None:
        self._minutes = minutes
        self._forget_oldest()

    def gone(self, item_id: str) -> bool:
        """Whether there was sound of an item, and it was forgotten because more came than is kept."""
        return item_id in self._gone

    def has(self, item_id: str) -> bool:
        """Whether there is sound of an item."""
        return bool(self._items.get(item_id))

    def of(self, item_id: str) -> bytes:
        """Return the sound of an item, PCM16 at 24 kHz; empty if none is kept."""
        return bytes(self._items.get(item_id, b""))

    def clear(self) -> None:
        """Forget all sound of items."""
        self._items.clear()
        self._gone.clear()
        self._size = 0

    def _capture(self, pcm: bytes) -> None:
        self._stream.append((self._samples, pcm))
        self._samples += len(pcm) // BYTES_PER_SAMPLE
        self._stream_bytes += len(pcm)
        while self._stream_bytes > LONGEST_SPEECH:
            self._stream_bytes -= len(self._stream.popleft()[1])

    def _take_speech(self, item_id: str) -> None:
        if (span := self._speech_of(item_id)) is None:
            return
        first, last = span
        self._drop(item_id)
        for begin, pcm in self._stream:
            start, end = max(first - begin, 0), min(last - begin, len(pcm) // BYTES_PER_SAMPLE)
            if start < end:
                self._add(item_id, pcm[start * BYTES_PER_SAMPLE : end * BYTES_PER_SAMPLE])

    def _add(self, item_id: str, pcm: bytes) -> None:
        if item_id in self._gone:
            return
        self._items.setdefault(item_id, bytearray()).extend(pcm)
        self._size += len(pcm)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        most = self._minutes * _BYTES_PER_MIN
        while self._size > most and len(self._items) > (self._minutes > 0):
            oldest = next(iter(self._items))
            self._drop(oldest)
            self._gone.add(oldest)

    def _drop(self, item_id: str) -> None:
        self._size -= len(self._items.pop(item_id, b""))
