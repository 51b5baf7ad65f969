"""Time and timers: the machine's own clock, or one that a test controls."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancel the call; harmless if it has happened."""


class Clock(Protocol):
    """A source of time, with timers on the running event loop."""

    def time(self) -> float:
        """Return the time in seconds; it never goes back."""

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call `callback` on the running loop after `delay` seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait for this number of seconds."""


class RealClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Return the time in seconds; it never goes back."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call `callback` on the running loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(delay, callback, *arguments)

    async def sleep(self, seconds: float) -> None:
        """Wait for this number of seconds."""
        await asyncio.sleep(seconds)


REAL_CLOCK = RealClock()
