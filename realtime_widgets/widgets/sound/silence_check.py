"""A test tone that is played and interrupted as an answer is, so that a page can measure how soon it is silent."""

from __future__ import annotations

import math
from array import array
from functools import cache
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.widgets import messages as msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Clock, Timer

#: The item that the page plays; it is in no conversation.
TONE_ITEM = "rw_silence_check"
#: Length of the tone, and of its blocks, in seconds.
TONE_S = 2.0
_BLOCK_S = 0.1
_PITCH_HZ = 660
_LEVEL = 0.2
#: After how long the tone is cleared if the page does not ask, in seconds.
_LONGEST_S = 5.0


class SilenceCheck:
    """Plays the tone and clears it; everything on the I/O thread.

    Parameters
    ----------
    clock
        Source of time.
    send
        Sends a command to the page that plays.
    next_generation
        Begins a new generation and returns it.
    """

    def __init__(
        self,
        clock: Clock,
        send: Callable[[msg.Message, list[bytes] | None], None],
        next_generation: Callable[[], int],
    ) -> None:
        self._clock = clock
        self._send = send
        self._next_generation = next_generation
        self._page = ""
        self._limit: Timer | None = None
        #: Generation of the last clear, whose answer tells of no part of the talk.
        self.cleared = -1

    @property
    def running(self) -> bool:
        """Whether the tone plays."""
        return self._limit is not None

    def begin(self, page_id: str, generation: int) -> None:
        """Send the tone, ahead of time as a fast service does."""
        self._page = page_id
        self._limit = self._clock.call_later(_LONGEST_S, self.cut)
        pcm, size = _tone(), int(_BLOCK_S * SAMPLE_RATE) * BYTES_PER_SAMPLE
        for place in range(0, len(pcm), size):
            start = place // BYTES_PER_SAMPLE
            self._send(msg.Play(generation, TONE_ITEM, 0, start), [pcm[place : place + size]])

    def cut(self) -> None:
        """Clear the tone, if it plays."""
        if self._limit is None:
            return
        self._limit.cancel()
        self._limit = None
        self.cleared = self._next_generation()
        self._send(msg.Clear(self.cleared), None)

    def give_way(self) -> None:
        """Clear the tone because something of the talk comes; the page is told."""
        if self.running:
            self.cut()
            self.refuse(self._page)

    def refuse(self, page_id: str) -> None:
        """Tell a page that nothing is measured now."""
        self._send(msg.SilenceRefused(page_id), None)


@cache
def _tone() -> bytes:
    step = 2 * math.pi * _PITCH_HZ / SAMPLE_RATE
    samples = int(TONE_S * SAMPLE_RATE)
    return array("h", (round(32767 * _LEVEL * math.sin(step * number)) for number in range(samples))).tobytes()
