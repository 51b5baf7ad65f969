"""Lays sound on the clock of a session: what was captured when it came, and of the answers what was heard. Pure.

Times are samples at 24 kHz since the recording began.
"""

from __future__ import annotations

import array
import bisect
from collections import deque
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from realtime_widgets.core.playback.ledger import Part
    from realtime_widgets.core.playback.pacing import Block

#: How far a block may be from where it is expected and still follow the one before it, in samples: blocks and
#: reports come unevenly, sound does not.
SLACK = SAMPLE_RATE // 4
#: Loudest sample of a block that counts as silence.
_QUIET = 300
#: Parts of answers of which a player has something at most.
_PARTS = 8


class Track:
    """One side's sound, in one piece, with silence where nothing came.

    Attributes
    ----------
    begin
        Where the sound begins that was not taken yet.
    """

    def __init__(self) -> None:
        self.begin = 0
        self._sound = bytearray()

    @property
    def end(self) -> int:
        """Where the sound ends that there is so far."""
        return self.begin + len(self._sound) // BYTES_PER_SAMPLE

    def put(self, pcm: bytes, start: int, follows: bool = True) -> None:
        """Lay a block of PCM16 at its time; if it `follows` the one before, right after that if it is about there.

        A block whose place is taken, because others came late, is laid behind them. Silence that comes then is
        left out until the track is on time again.
        """
        late = self.end - start
        if late < (-SLACK if follows and self.end else 0):
            self._sound += bytes(-late * BYTES_PER_SAMPLE)
        elif late > SLACK and _is_quiet(pcm):
            return
        self._sound += pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]

    def take(self, until: int) -> bytes:
        """Return the sound up to a time, with silence where it has none, and forget it."""
        length = max(0, until - self.begin) * BYTES_PER_SAMPLE
        taken = bytes(self._sound[:length])
        del self._sound[:length]
        self.begin = max(self.begin, until)
        return taken + bytes(length - len(taken))


class HeardSound:
    """Keeps what a player has until it reports that it was heard."""

    def __init__(self) -> None:
        self._blocks: dict[Part, deque[tuple[int, bytes]]] = {}
        self._heard: dict[Part, int] = {}

    def handed(self, block: Block) -> None:
        """Note a block that the player has got."""
        if block.pcm:
            waiting = self._blocks.setdefault(block.part, deque())
            if len(self._blocks) > _PARTS:  # what was silenced is not asked for again
                self._blocks.pop(next(iter(self._blocks)))
            # What was silenced and is played on comes a second time.
            while waiting and waiting[-1][0] >= block.start:
                waiting.pop()
            if waiting:
                start, pcm = waiting[-1]
                waiting[-1] = start, pcm[: (block.start - start) * BYTES_PER_SAMPLE]
            waiting.append((block.start, block.pcm))

    def heard(self, part: Part, played: int) -> bytes:
        """Return the sound of a part that is newly heard, now that `played` samples of it were.

        It is counted from the beginning of the part; empty if nothing is new.
        """
        before = self._heard.get(part, 0)
        if played <= before:
            return b""
        self._heard[part] = played
        waiting, new = self._blocks.get(part, deque()), bytearray()
        while waiting and waiting[0][0] < played:
            start, pcm = waiting.popleft()
            length = len(pcm) // BYTES_PER_SAMPLE
            first, last = max(before - start, 0), min(played - start, length)
            new += pcm[first * BYTES_PER_SAMPLE : last * BYTES_PER_SAMPLE]
            if last < length:
                waiting.appendleft((start, pcm))
                break
        return bytes(new)


class SoundClock:
    """Finds where in a recording the sound is that a session counts from its first captured sample."""

    def __init__(self) -> None:
        self._heard = 0
        self._counts: list[int] = [0]
        self._places: list[int] = [0]

    def begin(self, heard: int) -> None:
        """Begin with a session that has heard so many samples before: these are not in the recording."""
        self._heard = heard
        self._counts, self._places = [heard], [0]

    def heard(self, length: int, end: int) -> None:
        """Note a block of so many samples, whose end is at the sample `end` of the recording."""
        place = end - length
        if len(self._counts) == 1 or place - self._places[-1] != self._heard - self._counts[-1]:
            self._counts.append(self._heard)
            self._places.append(place)
        self._heard += length

    def when(self, seconds: float) -> float | None:
        """Return where a time of the session is, in seconds of the recording; None if it was before that."""
        count = seconds * SAMPLE_RATE
        if count < self._counts[0]:
            return None
        index = bisect.bisect_right(self._counts, count) - 1
        return (self._places[index] + count - self._counts[index]) / SAMPLE_RATE


def _is_quiet(pcm: bytes) -> bool:
    samples = array.array("h", pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE])
    return not samples or (max(samples) < _QUIET and min(samples) > -_QUIET)
