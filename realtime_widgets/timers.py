"""Time for the pure core: wakes it after the times it names; on the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.clock import Clock, Timer
    from realtime_widgets.turns import Wake


class Timers:
    """Sets timers, and ends them all.

    Parameters
    ----------
    clock
        Whose time it is.
    wake
        Called with a timer's id when its time is over.
    """

    def __init__(self, clock: Clock, wake: Callable[[str], None]) -> None:
        self._clock, self._wake = clock, wake
        self._running: dict[str, Timer] = {}

    def set(self, timer: Wake) -> None:
        """Set a timer."""
        self._running[timer.id] = self._clock.call_later(timer.seconds, self._over, timer.id)

    def cancel(self, timer_id: str) -> None:
        """End one timer, where it runs."""
        if handle := self._running.pop(timer_id, None):
            handle.cancel()

    def stop(self) -> None:
        """End all timers."""
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()

    def _over(self, timer_id: str) -> None:
        del self._running[timer_id]
        self._wake(timer_id)
