"""The I/O thread and its event loop: one a process, shared by all sessions; no user code runs on it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

log = logging.getLogger(__name__)

T = TypeVar("T")

THREAD_NAME = "realtime-widgets-io"


class Engine:
    """An event loop on a daemon thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        started = threading.Event()
        self.loop.call_soon(started.set)
        self._thread.start()
        started.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    @property
    def here(self) -> bool:
        """Whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Run `function` on the I/O thread soon; may be called from any thread."""
        self.loop.call_soon_threadsafe(function, *args)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the I/O thread; may be called from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function` on the I/O thread and wait for what it returns; never call it from there."""
        if self.here:
            return function(*args)

        async def call() -> T:
            return function(*args)

        return self.submit(call()).result()


_engine: Engine | None = None
_lock = threading.Lock()


def shared_engine() -> Engine:
    """Return the process's engine, started at the first call (anew in a forked child)."""
    global _engine  # noqa: PLW0603 - one thread a process is the point
    with _lock:
        if _engine is None or _engine.pid != os.getpid():
            _engine = Engine()
        return _engine
