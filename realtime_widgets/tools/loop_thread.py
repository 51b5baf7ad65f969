"""Event loops that tools run on: one in a thread of its own, and the way onto a loop of another thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class LoopThread:
    """One event loop in a daemon thread, started when first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        """Return the loop, running."""
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
                threading.Thread(target=_run, args=(ready,), name="realtime-tool-loop", daemon=True).start()
                self._loop, self._stop = ready.result()
            return self._loop

    def close(self) -> None:
        """End the loop; calls on it are cancelled."""
        with self._lock:
            if self._loop is not None and self._stop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._stop.set)
            self._loop = self._stop = None


def _run(ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    # Not `asyncio.run`: a blocking call may have replaced it by one that leaves tasks uncancelled.
    with asyncio.Runner() as runner:
        runner.run(_serve(ready))


async def _serve(ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    stop = asyncio.Event()
    ready.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()


def schedule(body: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> Future[T] | None:
    """Start `body` on a loop of another thread, in a context of its own; None where the loop is closed."""
    coroutine = body()
    try:
        return contextvars.Context().run(asyncio.run_coroutine_threadsafe, coroutine, loop)
    except RuntimeError:
        coroutine.close()
        return None
