"""What tells the time and wakes: the machine's own clock, unless a test brings another."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Let it not happen; harmless where it has happened."""


class Clock(Protocol):
    """Tells the time, and wakes whoever waits on an event loop."""

    def time(self) -> float:
        """Seconds that never go back."""

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call `callback` on the running loop after `delay` seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class RealClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call `callback` on the running loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(delay, callback, *arguments)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


REAL_CLOCK = RealClock()
