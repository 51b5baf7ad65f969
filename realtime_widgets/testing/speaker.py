"""A speaker for tests: it plays at the pace of a clock and reports as a page's player does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.runtime.sound.speakers import VirtualSpeaker

if TYPE_CHECKING:
    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.session.session import RealtimeSession

#: How often a page's player reports its positions, and how much it queues before it begins, in milliseconds.
REPORT_MS = 100.0
STARTUP_MS = 60.0


class PlayedSpeaker(VirtualSpeaker):
    """Plays a session's answers without a page: it reports positions every 100 ms and begins with 60 ms queued.

    Create it before the session starts; otherwise the first answer may be over before the speaker is there.

    Parameters
    ----------
    session
        The session whose answers it plays from now on.
    clock
        The clock that sets its pace; the session's by default.
    keep
        Whether to keep the sound for `heard`; with False, memory does not grow during a long talk.

    Examples
    --------
    >>> clock = ManualClock()
    >>> session = RealtimeSession(endpoint=server.url, clock=clock)
    >>> speaker = PlayedSpeaker(session)
    >>> session.say("Hello?")
    >>> await speaker.holding(400)
    >>> await clock.advance(0.4)
    >>> session.interrupt()  # the answer is truncated at 400 ms
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
        """Milliseconds of sound that are queued and not yet played."""
        return shared_engine().run(lambda: self._player.queued) * 1000 / SAMPLE_RATE

    async def holding(self, milliseconds: float) -> None:
        """Wait until at least so much sound is queued; then you can advance the clock."""
        samples = milliseconds * SAMPLE_RATE / 1000
        held = self._runtime.until(lambda: self._player.queued >= samples)
        await asyncio.wrap_future(shared_engine().submit(held))
