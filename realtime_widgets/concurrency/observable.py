"""Change notification: observers, and `until(condition)`, by topic. Single-threaded, on a running event loop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Observer = tuple[frozenset[str], "Callable[[], None]"]


class Observable:
    """Base of what can be watched.

    A topic names something that can be different. Whoever names no topic means all of them.
    """

    def __init__(self) -> None:
        self._observers: list[Observer] = []
        self._waiters: list[tuple[frozenset[str], asyncio.Event]] = []
        #: Observers that are to be called.
        self._due: list[Observer] = []

    def observe(self, observer: Callable[[], None], *topics: str) -> Callable[[], None]:
        """Call `observer` soon after changes, once for all that come together.

        Parameters
        ----------
        observer
            Called on this thread.
        topics
            What it depends on.

        Returns
        -------
        callable
            Ends it.
        """
        entry = (frozenset(topics), observer)
        self._observers.append(entry)
        return lambda: self._observers.remove(entry) if entry in self._observers else None

    def changed(self, *topics: str) -> None:
        """Note that something is different."""
        for wanted, event in self._waiters:
            if not (topics and wanted and wanted.isdisjoint(topics)):
                event.set()
        for entry in self._observers:
            if entry not in self._due and not (topics and entry[0] and entry[0].isdisjoint(topics)):
                self._due.append(entry)
                asyncio.get_running_loop().call_soon(self._call, entry)

    async def until(
        self, condition: Callable[[], bool], limit_s: float | None = None, topics: Collection[str] = ()
    ) -> bool:
        """Wait until a condition holds.

        Parameters
        ----------
        condition
            Looked at now, and after each change.
        limit_s
            Longest wait in seconds, None for no limit.
        topics
            What the condition depends on.

        Returns
        -------
        bool
            Whether it holds.
        """
        waiter = (frozenset(topics), asyncio.Event())
        self._waiters.append(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    while not condition():
                        waiter[1].clear()
                        await waiter[1].wait()
        finally:
            self._waiters.remove(waiter)
        return condition()

    def _call(self, entry: Observer) -> None:
        self._due.remove(entry)
        if entry in self._observers:
            entry[1]()
