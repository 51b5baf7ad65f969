"""Speakers of a session: the interface, and those that need no browser.

Everything here is called on the session's I/O thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.playback.pacing import Block

if TYPE_CHECKING:
    from realtime_widgets.concurrency.clock import Clock, Timer


class SpeakerListener(Protocol):
    """What a speaker reports to its session."""

    def played(self, positions: list[PlayedTo]) -> None:
        """Report the samples of each part that were heard so far."""

    def silenced(self, positions: list[PlayedTo]) -> None:
        """Answer `Speaker.silence` with the position at which each part stopped."""


class Speaker(Protocol):
    """Plays blocks in order and knows what was heard."""

    @property
    def audible(self) -> bool:
        """Whether somebody can hear what it plays; if nobody can, all counts as read."""

    def attach(self, listener: SpeakerListener) -> None:
        """Begin to report to a session."""

    def detach(self) -> None:
        """Stop reporting."""

    def play(self, block: Block) -> None:
        """Queue one block of sound."""

    def silence(self) -> None:
        """Stop playing now, drop what is queued, and report the final positions."""


class InstantSpeaker:
    """Counts everything as read at once: for programs and users that only read the reply."""

    audible = False

    def __init__(self) -> None:
        self._listener: SpeakerListener | None = None
        self._positions: dict[Part, int] = {}

    def attach(self, listener: SpeakerListener) -> None:
        """Begin to report to a session."""
        self._listener = listener

    def detach(self) -> None:
        """Stop reporting."""
        self._listener = None

    def play(self, block: Block) -> None:
        """Count the block as heard."""
        played = self._positions[block.part] = block.start + block.samples
        if self._listener and block.pcm:
            # Not at once: the session is still handling the event that brought the block.
            asyncio.get_running_loop().call_soon(self._listener.played, [PlayedTo(block.part, played)])

    def silence(self) -> None:
        """Report that all was heard."""
        if self._listener:
            positions = [PlayedTo(part, played) for part, played in self._positions.items()]
            asyncio.get_running_loop().call_soon(self._listener.silenced, positions)
        self._positions.clear()


class VirtualPlayer:
    """Pure: plays queued blocks as time goes by and keeps what was heard.

    Parameters
    ----------
    startup
        Samples to queue before playing begins, also after the queue ran dry; a complete part plays at once.
    keep
        Whether what was heard is kept.

    Attributes
    ----------
    heard
        PCM16 that was heard, if it is kept.
    played
        Samples that were heard.
    """

    def __init__(self, startup: int = 0, keep: bool = True) -> None:
        self._startup = startup
        self._keep = keep
        self._queue: deque[Block] = deque()
        self._positions: dict[Part, int] = {}
        self._running = False
        self.heard = bytearray()
        self.played = 0

    @property
    def idle(self) -> bool:
        """Whether nothing plays."""
        return not (self._running and self._queue)

    @property
    def queued(self) -> int:
        """Samples that are still to be heard."""
        return sum(len(block.pcm) for block in self._queue) // BYTES_PER_SAMPLE

    def push(self, block: Block) -> None:
        """Queue a block."""
        self._positions.setdefault(block.part, block.start)
        if block.pcm:
            self._queue.append(block)
        self._running |= block.last or self.queued >= self._startup

    def advance(self, samples: int) -> None:
        """Let `samples` samples of time pass."""
        left = samples * BYTES_PER_SAMPLE
        while left and not self.idle:
            block = self._queue.popleft()
            now, later = block.pcm[:left], block.pcm[left:]
            if self._keep:
                self.heard += now
            self.played += len(now) // BYTES_PER_SAMPLE
            self._positions[block.part] += len(now) // BYTES_PER_SAMPLE
            left -= len(now)
            if later:
                self._queue.appendleft(Block(block.part, later, start=self._positions[block.part]))
        self._running &= bool(self._queue)

    def positions(self) -> list[PlayedTo]:
        """Samples of each part heard so far."""
        return [PlayedTo(part, played) for part, played in self._positions.items()]

    def clear(self) -> list[PlayedTo]:
        """Drop what is queued; return the final positions and forget them."""
        positions = self.positions()
        self._queue.clear()
        self._positions.clear()
        self._running = False
        return positions


class VirtualSpeaker:
    """Plays into memory as time goes by: interruptions cut the answer as they would cut it in a room.

    Parameters
    ----------
    tick_ms
        Longest time between two reports, in milliseconds.
    startup_ms
        Sound that is queued before it begins to play, in milliseconds.
    clock
        Source of time.
    keep
        Whether what was heard is kept: 170 MB for an hour of speech.
    """

    def __init__(
        self, tick_ms: float = 20.0, startup_ms: float = 0.0, clock: Clock = REAL_CLOCK, keep: bool = True
    ) -> None:
        self.audible = True
        self._player = VirtualPlayer(int(startup_ms * SAMPLE_RATE / 1000), keep)
        self._tick_s = tick_ms / 1000
        self._clock = clock
        self._listener: SpeakerListener | None = None
        self._timer: Timer | None = None
        self._last = 0.0

    def heard(self) -> bytes:
        """What was heard so far, PCM16 at 24 kHz, without the silence in between; empty if it is not kept."""
        return bytes(self._player.heard)

    def attach(self, listener: SpeakerListener) -> None:
        """Begin to report to a session."""
        self._listener = listener

    def detach(self) -> None:
        """Stop reporting."""
        self._listener = None
        self._stop_clock()

    def play(self, block: Block) -> None:
        """Queue a block."""
        self._player.push(block)
        if self._timer is None and not self._player.idle:
            self._last = self._clock.time()
            self._set_timer()

    def silence(self) -> None:
        """Stop playing, drop what is queued, and report the final positions."""
        if self._timer is not None:
            self._advance()
        self._stop_clock()
        positions = self._player.clear()
        if self._listener:
            asyncio.get_running_loop().call_soon(self._listener.silenced, positions)

    def _advance(self) -> None:
        samples = round((self._clock.time() - self._last) * SAMPLE_RATE)
        self._last += samples / SAMPLE_RATE
        self._player.advance(samples)

    def _set_timer(self) -> None:
        wait = min(self._tick_s, self._player.queued / SAMPLE_RATE)
        self._timer = self._clock.call_later(wait, self._tick)

    def _tick(self) -> None:
        self._advance()
        self._timer = None
        if not self._player.idle:
            self._set_timer()
        if self._listener:
            self._listener.played(self._player.positions())

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
