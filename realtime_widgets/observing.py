"""Something that changes, and those who watch it or wait for a state of it; on one thread."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Observable:
    """Base of what can be watched."""

    def __init__(self) -> None:
        self._observers: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` after every change; gives the function that ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer) if observer in self._observers else None

    def changed(self) -> None:
        """Tell everybody who watches that something is different."""
        self._changed.set()
        for observer in list(self._observers):
            observer()

    async def until(self, condition: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `condition` holds; False where `limit_s` seconds pass first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        return condition()
