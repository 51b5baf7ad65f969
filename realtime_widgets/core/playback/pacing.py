"""Sound on its way to the player: blocks, released a bounded time ahead of what was heard. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Collection, Reversible

    from realtime_widgets.core.playback.ledger import Part


@dataclass(frozen=True)
class Block:
    """Sound to hand to the player, PCM16, from sample `start` of its part on; `last` completes the part."""

    part: Part
    pcm: bytes
    last: bool = False
    start: int = 0

    @property
    def samples(self) -> int:
        """How many samples it holds."""
        return len(self.pcm) // BYTES_PER_SAMPLE

    def after(self, samples: int) -> Block | None:
        """Return what of it lies behind sample `samples` of the part; None if that is nothing."""
        skipped = min(max(0, samples - self.start), self.samples)
        if skipped == self.samples and not self.last:
            return None
        return Block(self.part, self.pcm[skipped * BYTES_PER_SAMPLE :], self.last, self.start + skipped)

    def unheard(self, heard: int) -> Block | None:
        """Return what of it is left once `heard` samples of the part were heard; None if that is nothing."""
        rest = self.after(heard)
        return rest if rest and (rest.pcm or heard < self.start) else None


class Pacer:
    """Holds what the service sent faster than real time; releases it a bounded time ahead of the ear.

    Parameters
    ----------
    ahead_ms
        How far ahead of what was heard the player is fed, in milliseconds.
    block_ms
        Longest block handed over at once, in milliseconds.
    """

    def __init__(self, ahead_ms: float = 2000.0, block_ms: float = 100.0) -> None:
        self._ahead = int(ahead_ms * SAMPLE_RATE / 1000)
        self._block_bytes = int(block_ms * SAMPLE_RATE / 1000) * BYTES_PER_SAMPLE
        self._queue: deque[Block] = deque()

    def push(self, part: Part, pcm: bytes, start: int = 0) -> None:
        """Queue sound of `part`, which begins at its sample `start`."""
        step = self._block_bytes
        self._queue.extend(
            Block(part, pcm[begin : begin + step], start=start + begin // BYTES_PER_SAMPLE)
            for begin in range(0, len(pcm), step)
        )

    def finish(self, part: Part, start: int = 0) -> None:
        """Queue the end of `part`, after `start` samples."""
        self._queue.append(Block(part, b"", last=True, start=start))

    def put_back(self, blocks: Reversible[Block]) -> None:
        """Queue blocks before everything else."""
        self._queue.extendleft(reversed(blocks))

    def drop(self, parts: Collection[Part]) -> None:
        """Forget what is queued of some parts."""
        self._queue = deque(block for block in self._queue if block.part not in parts)

    def release(self, ahead: int) -> list[Block]:
        """Return the blocks that are due when `ahead` samples are with the player and unheard."""
        due = []
        while self._queue and (ahead < self._ahead or not self._queue[0].pcm):
            block = self._queue.popleft()
            ahead += len(block.pcm) // BYTES_PER_SAMPLE
            due.append(block)
        return due

    def clear(self) -> None:
        """Forget everything queued."""
        self._queue.clear()
