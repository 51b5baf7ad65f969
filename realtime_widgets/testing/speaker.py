"""A speaker for tests: plays in a clock's time and reports as a page's player does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_widgets.engine import shared_engine
from realtime_widgets.pcm import SAMPLE_RATE
from realtime_widgets.speakers import VirtualSpeaker

if TYPE_CHECKING:
    from realtime_widgets.clock import Clock
    from realtime_widgets.session import RealtimeSession

#: How often a page's player tells its positions, and what it has queued before it begins; in milliseconds.
REPORT_MS = 100.0
STARTUP_MS = 60.0


class PlayedSpeaker(VirtualSpeaker):
    """Plays a session's answers without a page: positions come every 100 ms, playing begins with 60 ms queued.

    Make it before the session starts, else the first answer may be over before it is there.

    Parameters
    ----------
    session
        Whose answers it plays from now on.
    clock
        Whose time it plays in; that of the session unless given.
    keep
        Whether what was heard is kept for `heard`; without, a talk of hours takes no more memory.

    Examples
    --------
    >>> clock = ManualClock()
    >>> session = RealtimeSession(endpoint=server.url, clock=clock)
    >>> speaker = PlayedSpeaker(session)
    >>> session.say("Hello?")
    >>> await speaker.holding(400)
    >>> await clock.advance(0.4)
    >>> session.interrupt()  # the model is told that it was heard for 400 ms
    """

    def __init__(self, session: RealtimeSession, clock: Clock | None = None, *, keep: bool = True) -> None:
        runtime = session.runtime
        super().__init__(REPORT_MS, STARTUP_MS, clock or runtime.clock, keep)
        self._runtime = runtime
        shared_engine().run(runtime.use_speaker, self)

    @property
    def heard_ms(self) -> float:
        """Milliseconds of sound heard so far, of all answers together."""
        return shared_engine().run(lambda: self._player.played) * 1000 / SAMPLE_RATE

    @property
    def queued_ms(self) -> float:
        """Milliseconds of sound that it holds and has not played."""
        return shared_engine().run(lambda: self._player.queued) * 1000 / SAMPLE_RATE

    async def holding(self, milliseconds: float) -> None:
        """Wait until it holds at least so much sound that it has not played: now time may pass."""
        samples = milliseconds * SAMPLE_RATE / 1000
        held = self._runtime.until(lambda: self._player.queued >= samples)
        await asyncio.wrap_future(shared_engine().submit(held))
