"""The I/O thread and its event loop: one a process, shared by all sessions; no user code runs on it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

log = logging.getLogger(__name__)

T = TypeVar("T")

THREAD_NAME = "realtime-widgets-io"


#: How long a thread that computes in Python may keep the others waiting while a session is open, in seconds;
#: Python's own 5 ms, waited for at every hand-over of a block, would not keep up with speech.
SWITCH_INTERVAL_S = 0.0005


class Responsiveness:
    """Shortens the interpreter's thread switch interval while sessions are open; on the I/O thread only."""

    def __init__(self) -> None:
        self._sessions = 0
        self._before = sys.getswitchinterval()

    def acquire(self) -> None:
        """A session has opened."""
        if self._sessions == 0:
            self._before = sys.getswitchinterval()
            sys.setswitchinterval(min(self._before, SWITCH_INTERVAL_S))
        self._sessions += 1

    def release(self) -> None:
        """A session has ended; after the last one the interval is as before."""
        self._sessions -= 1
        if self._sessions == 0:
            sys.setswitchinterval(self._before)


class Engine:
    """An event loop on a daemon thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.responsiveness = Responsiveness()
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


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs on the calling thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


_engine: Engine | None = None
_lock = threading.Lock()


def shared_engine() -> Engine:
    """Return the process's engine, started at the first call (anew in a forked child)."""
    global _engine  # noqa: PLW0603 - one thread a process is the point
    with _lock:
        if _engine is None or _engine.pid != os.getpid():
            _engine = Engine()
        return _engine
