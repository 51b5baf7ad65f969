"""Named timers of one owner, which can be ended together. Single-threaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Clock, Timer


class Timers:
    """Timers by name.

    Parameters
    ----------
    clock
        Measures the time.
    wake
        Called with the id of each timer whose time is over.
    """

    def __init__(self, clock: Clock, wake: Callable[[str], None]) -> None:
        self._clock, self._wake = clock, wake
        self._running: dict[str, Timer] = {}

    def set(self, timer_id: str, seconds: float) -> None:
        """Call `wake` with `timer_id` after `seconds`."""
        self._running[timer_id] = self._clock.call_later(seconds, self._over, timer_id)

    def cancel(self, timer_id: str) -> None:
        """End one timer, if it runs."""
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
