"""What has been heard: pure bookkeeping from player positions to truncation, and the pacing of blocks.

Counts are samples at 24 kHz. The player is the only witness of what was heard; nothing here has a clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from realtime_widgets.audio import BYTES_PER_SAMPLE, SAMPLE_RATE


class Part(NamedTuple):
    """One content part of one item, the unit in which speech is played and cut."""

    item_id: str
    content_index: int


class PlayedTo(NamedTuple):
    """A player's word on how many samples of a part it has really played."""

    part: Part
    played: int


@dataclass
class PartState:
    """Samples of one part: received from the service, handed to the player, heard."""

    received: int = 0
    sent: int = 0
    heard: int = 0
    complete: bool = False
    stopping: bool = False
    cut: bool = False

    @property
    def playing(self) -> bool:
        """Whether sound of this part is still to be heard."""
        return not self.cut and (self.heard < self.received or not self.complete)


@dataclass(frozen=True)
class Cut:
    """A part that was cut: `heard_ms` of `received_ms` were heard (whole milliseconds, rounded down)."""

    part: Part
    heard_ms: int
    received_ms: int


def to_ms(samples: int) -> int:
    """Whole milliseconds, rounded down so that a truncation never claims more than was heard."""
    return samples * 1000 // SAMPLE_RATE


class PlaybackLedger:
    """Keeps, for every part, what came, what went to the player and what was heard."""

    def __init__(self) -> None:
        self._parts: dict[Part, PartState] = {}

    def state(self, part: Part) -> PartState | None:
        """State of `part`, None where no sound of it ever came."""
        return self._parts.get(part)

    def item_parts(self, item_id: str) -> list[tuple[Part, PartState]]:
        """All parts of an item that have sound, by content index."""
        return sorted((part, state) for part, state in self._parts.items() if part.item_id == item_id)

    def received(self, part: Part, samples: int) -> None:
        """Note `samples` more samples of `part` from the service."""
        self._parts.setdefault(part, PartState()).received += samples

    def completed(self, part: Part) -> None:
        """Note that the service has sent all of `part`."""
        if state := self._parts.get(part):
            state.complete = True

    def sent(self, part: Part, samples: int) -> None:
        """Note `samples` more samples of `part` handed to the player."""
        self._parts[part].sent += samples

    def report(self, positions: list[PlayedTo]) -> bool:
        """Take a player's positions; they only grow, and never beyond what was sent.

        Returns
        -------
        bool
            Whether anything changed.
        """
        changed = False
        for part, played in positions:
            state = self._parts.get(part)
            if state is None or state.cut:
                continue
            heard = max(state.heard, min(played, state.sent))
            changed |= heard != state.heard
            state.heard = heard
        return changed

    def ahead(self) -> int:
        """Samples handed to the player that are still to be heard."""
        return sum(state.sent - state.heard for state in self._parts.values() if not (state.cut or state.stopping))

    @property
    def playing(self) -> list[Part]:
        """Parts whose sound is not over, oldest first."""
        return [part for part, state in self._parts.items() if state.playing]

    def stop(self) -> bool:
        """Note that the player was told to fall silent; False where nothing was left to stop."""
        stopping = [state for state in self._parts.values() if state.playing and not state.stopping]
        for state in stopping:
            state.stopping = True
        return bool(stopping)

    def cut(self, positions: list[PlayedTo], only_stopped: bool = False) -> list[Cut]:
        """End the parts that were stopped at the player's final `positions`; they will not play on.

        The next answer may have begun before the player's word came: it is left alone. Where nothing was
        stopped the player fell silent by itself, and every part ends, unless `only_stopped` says that it
        did not.
        """
        self.report(positions)
        playing = self.playing
        cuts = []
        stopped = [part for part in playing if self._parts[part].stopping]
        for part in stopped if stopped or only_stopped else playing:
            state = self._parts[part]
            state.cut = True
            cuts.append(Cut(part, to_ms(state.heard), to_ms(state.received)))
        return cuts


@dataclass(frozen=True)
class Block:
    """Sound to hand to the player, PCM16; `last` says that its part is complete with it."""

    part: Part
    pcm: bytes
    last: bool = False


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

    def push(self, part: Part, pcm: bytes) -> None:
        """Queue sound of `part`."""
        step = self._block_bytes
        self._queue.extend(Block(part, pcm[start : start + step]) for start in range(0, len(pcm), step))

    def finish(self, part: Part) -> None:
        """Queue the end of `part`."""
        self._queue.append(Block(part, b"", last=True))

    def release(self, ahead: int) -> list[Block]:
        """Blocks that are due, when `ahead` samples are with the player and unheard."""
        due = []
        while self._queue and (ahead < self._ahead or not self._queue[0].pcm):
            block = self._queue.popleft()
            ahead += len(block.pcm) // BYTES_PER_SAMPLE
            due.append(block)
        return due

    def clear(self) -> None:
        """Forget everything queued."""
        self._queue.clear()
