"""Captured sound on its way to the service: its times over several connections, and what is sent again. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

BYTES_PER_S = SAMPLE_RATE * BYTES_PER_SAMPLE
#: How much sound is kept for the next connection, in seconds.
KEPT_S = 60.0


def to_bytes(seconds: float) -> int:
    """Return the size of so much sound, in whole samples."""
    return round(seconds * SAMPLE_RATE) * BYTES_PER_SAMPLE


@dataclass(frozen=True)
class Block:
    """Sound, PCM16, and where in all captured sound it begins, in bytes."""

    start: int
    pcm: bytes


class SentSound:
    """Counts captured sound, and knows which of it the service means by a time.

    The service counts from the first sound of a connection, and what was never sent it does not count.

    Parameters
    ----------
    keep_s
        How much is kept to be sent again, in seconds.

    Attributes
    ----------
    end
        Bytes that were captured so far.
    """

    def __init__(self, keep_s: float = KEPT_S) -> None:
        self.end = 0
        self._keep = to_bytes(keep_s)
        self._kept: deque[Block] = deque()
        self._sent = 0
        #: Where the service's count and ours part, and by how much: bytes sent, bytes captured.
        self._marks: list[tuple[int, int]] = []

    @property
    def seconds(self) -> float:
        """Sound that was captured so far."""
        return self.end / BYTES_PER_S

    @property
    def oldest_s(self) -> float:
        """From where on sound is kept."""
        return (self._kept[0].start if self._kept else self.end) / BYTES_PER_S

    def appended(self, pcm: bytes) -> None:
        """Note a block that goes to the service."""
        block = Block(self.end, pcm)
        self.end += len(pcm)
        self._kept.append(block)
        while self.end - self._kept[0].start - len(self._kept[0].pcm) >= self._keep:
            self._kept.popleft()
        self._count(block)

    def missed(self, size: int) -> None:
        """Note captured sound that could not be sent, in bytes."""
        self.end += size

    def padded(self, size: int) -> None:
        """Note bytes of silence that the service hears and nobody captured."""
        self._sent += size

    def captured_s(self, sent_ms: float) -> float:
        """Return where in the captured sound something is that the service heard at `sent_ms`."""
        sent = sent_ms / 1000 * BYTES_PER_S
        index = bisect_right(self._marks, sent, key=lambda mark: mark[0]) - 1
        if index < 0:
            return self.seconds
        begin, captured = self._marks[index]
        return min(captured + sent - begin, self.end) / BYTES_PER_S

    def between(self, begin_s: float, end_s: float | None = None) -> list[Block]:
        """Return what is kept of the sound from `begin_s` to `end_s` seconds, or to its end."""
        begin, end = to_bytes(begin_s), self.end if end_s is None else to_bytes(end_s)
        blocks = []
        for block in self._kept:
            skip = max(0, begin - block.start)
            if pcm := block.pcm[skip : max(skip, end - block.start)]:
                blocks.append(Block(block.start + skip, pcm))
        return blocks

    def connected(self) -> None:
        """Begin a new connection: its service has heard nothing."""
        self._marks.clear()
        self._sent = 0

    def sent_again(self, block: Block) -> None:
        """Note a block of `between` that goes to the service once more."""
        self._count(block)

    def _count(self, block: Block) -> None:
        if not self._marks or block.start - self._sent != self._marks[-1][1] - self._marks[-1][0]:
            self._marks.append((self._sent, block.start))
        self._sent += len(block.pcm)
