"""Tasks that nobody awaits while they run, kept until they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class BackgroundTasks:
    """Begins tasks on the running loop and keeps them.

    Parameters
    ----------
    failed
        Called with the exception of a task that failed; without it the loop tells of it.
    """

    def __init__(self, failed: Callable[[BaseException], object] | None = None) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failed = failed

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin one."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel(self) -> None:
        """End all, but for the one that asks."""
        for task in self._others():
            task.cancel()

    async def wait(self) -> None:
        """Wait until all have ended, but for the one that asks."""
        await asyncio.gather(*self._others(), return_exceptions=True)

    def _others(self) -> list[asyncio.Task[None]]:
        current = asyncio.current_task()
        return [task for task in self._running if task is not current]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._failed and not task.cancelled() and (error := task.exception()):
            self._failed(error)
