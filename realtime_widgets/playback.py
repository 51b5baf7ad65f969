"""What has been heard: pure bookkeeping from player positions to truncation, and the pacing of blocks.

Counts are samples at 24 kHz. The player is the only witness of what was heard; nothing here has a clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Collection


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
    """Samples of one part: received from the service, handed to the player, heard.

    `stopping` is the number of the silence that stops it until the player has answered that; `kept` says that
    it may go on after it, `held` that it waits for that; `cut` parts are over.
    """

    received: int = 0
    sent: int = 0
    heard: int = 0
    complete: bool = False
    stopping: int = 0
    kept: bool = False
    held: bool = False
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
    """Keeps, for every part, what came, what went to the player and what was heard.

    What it does with each report and block takes the same time in a talk of an hour as in its first minute.
    """

    def __init__(self) -> None:
        self._items: dict[str, dict[Part, PartState]] = {}
        #: Parts that are not over, oldest first.
        self._open: dict[Part, PartState] = {}

    def state(self, part: Part) -> PartState | None:
        """State of `part`, None where no sound of it ever came."""
        return self._items.get(part.item_id, {}).get(part)

    def item_parts(self, item_id: str) -> list[tuple[Part, PartState]]:
        """All parts of an item that have sound, by content index."""
        return sorted(self._items.get(item_id, {}).items())

    def received(self, part: Part, samples: int) -> None:
        """Note `samples` more samples of `part` from the service."""
        state = self._items.setdefault(part.item_id, {}).setdefault(part, PartState())
        state.received += samples
        if state.playing:
            self._open.setdefault(part, state)

    def completed(self, part: Part) -> None:
        """Note that the service has sent all of `part`."""
        if state := self.state(part):
            state.complete = True
            self._close_if_over(part, state)

    def sent(self, part: Part, samples: int) -> None:
        """Note `samples` more samples of `part` handed to the player."""
        self._items[part.item_id][part].sent += samples

    def report(self, positions: list[PlayedTo]) -> bool:
        """Take a player's positions; they only grow, and never beyond what was sent.

        Returns
        -------
        bool
            Whether anything changed.
        """
        changed = False
        for part, played in positions:
            state = self._open.get(part)
            if state is None:
                continue
            heard = max(state.heard, min(played, state.sent))
            changed |= heard != state.heard
            state.heard = heard
            self._close_if_over(part, state)
        return changed

    def ahead(self) -> int:
        """Samples handed to the player that are still to be heard."""
        return sum(state.sent - state.heard for state in self._open.values() if not (state.cut or state.stopping))

    @property
    def playing(self) -> list[Part]:
        """Parts whose sound is not over, oldest first."""
        return [part for part, state in self._open.items() if state.playing]

    @property
    def kept(self) -> list[Part]:
        """Parts that were stopped, and may go on."""
        return [part for part, state in self._open.items() if state.kept or state.held]

    def stop(self, number: int, keep: bool = False) -> bool:
        """Note that the player was told to fall silent; False where nothing was left to stop.

        Parameters
        ----------
        number
            Counts the silences, from 1.
        keep
            Whether what was not heard may be played after it.
        """
        stopping = [state for state in self._open.values() if state.playing and not (state.stopping or state.held)]
        for state in stopping:
            state.stopping, state.kept = number, keep
        return bool(stopping)

    def cut(self, positions: list[PlayedTo], number: int = 0) -> list[Cut]:
        """End the parts that a silence stopped at the player's final `positions`; those that are kept wait.

        The next answer may have begun before the player's word came: it is left alone. Without a `number`
        the player fell silent by itself, and everything ends.
        """
        self.report(positions)
        cuts = []
        for part in self.playing:
            state = self._open[part]
            if number and not 0 < state.stopping <= number:
                continue
            state.held = bool(number) and state.kept
            state.stopping, state.kept, state.cut = 0, False, not state.held
            if state.held:
                state.sent = state.heard
            cuts.append(self._cut(part))
        return cuts

    def give_up(self, parts: list[Part]) -> list[Cut]:
        """End what was held, and `parts`, of which nothing more is to be played; the player has no word in it."""
        cuts = []
        for part in self.playing:
            state = self._open[part]
            state.kept = False
            if state.held or (part in parts and not state.stopping):
                state.held, state.cut = False, True
                cuts.append(self._cut(part))
        return cuts

    def go_on(self) -> None:
        """Let what was held be played on."""
        for state in self._open.values():
            state.held = False

    def _close_if_over(self, part: Part, state: PartState) -> None:
        if not (state.playing or state.stopping or state.held):
            self._open.pop(part, None)

    def _cut(self, part: Part) -> Cut:
        state = self._open[part]
        self._close_if_over(part, state)
        return Cut(part, to_ms(state.heard), to_ms(state.received))


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
        """Return what of it lies behind sample `samples` of the part; None where that is nothing."""
        skipped = min(max(0, samples - self.start), self.samples)
        if skipped == self.samples and not self.last:
            return None
        return Block(self.part, self.pcm[skipped * BYTES_PER_SAMPLE :], self.last, self.start + skipped)


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

    def put_back(self, blocks: list[Block]) -> None:
        """Queue blocks before everything else."""
        self._queue.extendleft(reversed(blocks))

    def drop(self, parts: Collection[Part]) -> None:
        """Forget what is queued of some parts."""
        self._queue = deque(block for block in self._queue if block.part not in parts)

    def release(self, ahead: int) -> list[Block]:
        """Blocks that are due, when `ahead` samples are with the player and unheard."""
        due = []
        while self._queue and (ahead < self._ahead or not self._queue[0].pcm):
            block = self._queue.popleft()
            ahead += block.samples
            due.append(block)
        return due

    def clear(self) -> None:
        """Forget everything queued."""
        self._queue.clear()
