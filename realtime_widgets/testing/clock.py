"""A clock that stands still until a test lets time pass."""

from __future__ import annotations

import asyncio
import heapq
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Iterations of a loop after a timer fired, so that the tasks it woke can wait again.
_ROUNDS = 10


class ManualTimer:
    """A scheduled call."""

    def __init__(
        self,
        due: int,
        loop: asyncio.AbstractEventLoop,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
    ) -> None:
        self.due = due
        self.loop = loop
        self.cancelled = False
        self._callback = callback
        self._arguments = arguments

    def cancel(self) -> None:
        """Cancel the call."""
        self.cancelled = True

    async def fire(self) -> None:
        """Make the call; runs on the loop that scheduled it."""
        if not self.cancelled:
            self._callback(*self._arguments)
            await _go_round()


class ManualClock:
    """Time that passes only by `advance`; may be used from several threads and loops at once.

    Pass it as ``clock=`` to what shall follow it. A `ScriptedServer` then takes its delays from it, a
    `PlayedSpeaker` and a `PlayedMicrophone` their pace. A `RealtimeSession` takes from it the time limits of
    tools, of approvals, of possible false interruptions and of what the service has to do, the minutes of a
    budget, the waits between attempts to reconnect, the pace of `talk`, and the times in the journal and in
    results.

    It does not drive sockets and their time-outs, the move to a new connection before the service's own limit (a
    date), a page's player, or what a tool does by itself, such as ``time.sleep``. So wait for whatever crosses a
    socket (`ScriptedServer.stalled`, `delayed`, `finished`, a reply) before you advance the clock.

    Parameters
    ----------
    start
        The initial time, in seconds.
    """

    def __init__(self, start: float = 0.0) -> None:
        #: Nanoseconds: fractions of a second would not add up.
        self._now = _nanoseconds(start)
        self._lock = threading.Lock()
        self._timers: list[tuple[int, int, ManualTimer]] = []
        self._numbers = count()
        self._loops: dict[asyncio.AbstractEventLoop, None] = {}

    def time(self) -> float:
        """Seconds since an arbitrary moment."""
        return self._now / 1e9

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> ManualTimer:
        """Call `callback` on the running loop once `delay` seconds have passed."""
        loop = asyncio.get_running_loop()
        with self._lock:
            timer = ManualTimer(self._now + max(0, _nanoseconds(delay)), loop, callback, arguments)
            heapq.heappush(self._timers, (timer.due, next(self._numbers), timer))
            self._loops[loop] = None
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` have passed."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()

    @property
    def waiting(self) -> int:
        """Number of timers and sleepers that are still waiting."""
        with self._lock:
            return sum(not timer.cancelled for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Let time pass: calls that become due are made in order, each at its own time.

        Parameters
        ----------
        seconds
            How much time passes.

        Raises
        ------
        ValueError
            When `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"time does not go back: advance() takes seconds from 0 on, not {seconds}")
        until = self._now + _nanoseconds(seconds)
        for loop in list(self._loops):
            await _on(loop, _go_round)
        while timer := self._next(until):
            await _on(timer.loop, timer.fire)
        with self._lock:
            self._now = max(self._now, until)

    def _next(self, until: int) -> ManualTimer | None:
        with self._lock:
            while self._timers and self._timers[0][0] <= until:
                _, _, timer = heapq.heappop(self._timers)
                if not timer.cancelled and not timer.loop.is_closed():
                    self._now = max(self._now, timer.due)
                    return timer
        return None


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


async def _go_round() -> None:
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


async def _on(loop: asyncio.AbstractEventLoop, function: Callable[[], Any]) -> None:
    if loop is asyncio.get_running_loop():
        await function()
    elif loop.is_running():
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(function(), loop))
