"""Background tasks: kept until they end, cancelled together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class BackgroundTasks:
    """Starts tasks on the running loop and keeps them until they end.

    Parameters
    ----------
    failed
        Called with the exception of a task that failed; by default the event loop reports it.
    """

    def __init__(self, failed: Callable[[BaseException], object] | None = None) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failed = failed

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel(self) -> None:
        """Cancel all tasks except the current one."""
        for task in self._others():
            task.cancel()

    async def wait(self) -> None:
        """Wait until all tasks except the current one have ended."""
        await asyncio.gather(*self._others(), return_exceptions=True)

    def _others(self) -> list[asyncio.Task[None]]:
        current = asyncio.current_task()
        return [task for task in self._running if task is not current]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._failed and not task.cancelled() and (error := task.exception()):
            self._failed(error)
