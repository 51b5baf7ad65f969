"""The I/O thread and its event loop: one per process, shared by all sessions; no user code runs on it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from realtime_widgets.concurrency.daemon_threads import DaemonThreads
from realtime_widgets.concurrency.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

T = TypeVar("T")

THREAD_NAME = "realtime-widgets-io"
#: `sys.setswitchinterval` while a session is open, in seconds; Python's default of 5 ms would delay every block of
#: audio while another thread computes.
SWITCH_INTERVAL_S = 0.0005
#: Longest time for an orderly end of what is open when the program ends, in seconds.
LEAVING_S = 3.0


class Closable(Protocol):
    """What is closed when the program ends."""

    async def close(self) -> None:
        """End in an orderly way; harmless if it is over."""


class Responsiveness:
    """Shortens the interpreter's thread switch interval while sessions are open; on the I/O thread only."""

    def __init__(self) -> None:
        self._sessions = 0
        self._before = sys.getswitchinterval()

    def acquire(self) -> None:
        """Count a session that opens; the first one shortens the interval."""
        if self._sessions == 0:
            self._before = sys.getswitchinterval()
            sys.setswitchinterval(min(self._before, SWITCH_INTERVAL_S))
        self._sessions += 1

    def release(self) -> None:
        """Count a session that ends; after the last one the interval is restored."""
        self._sessions -= 1
        if self._sessions == 0:
            sys.setswitchinterval(self._before)


class Engine(LoopThread):
    """The running I/O thread, and how to run code on it."""

    def __init__(self) -> None:
        super().__init__(THREAD_NAME)
        self.loop = self.start()
        # Not asyncio's own: its threads take no work any more once the main thread is at its end.
        self.loop.set_default_executor(DaemonThreads())
        self.responsiveness = Responsiveness()
        self._open: weakref.WeakSet[Closable] = weakref.WeakSet()
        self.leave_first()

    def end_with_process(self, closable: Closable) -> None:
        """Close this when the program ends without having closed it; on the I/O thread only."""
        self._open.add(closable)

    def leave_first(self) -> None:
        """Close what is open before anything that is registered with `atexit` so far ends."""
        atexit.unregister(self._leave)
        atexit.register(self._leave)

    def _leave(self) -> None:
        if self.pid != os.getpid():
            return

        async def leave() -> None:
            await asyncio.gather(*(each.close() for each in list(self._open)), return_exceptions=True)

        with contextlib.suppress(TimeoutError):
            self.submit(leave()).result(LEAVING_S)

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Run `function` on the I/O thread soon; thread-safe."""
        self.check()
        self.loop.call_soon_threadsafe(function, *args)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the I/O thread; thread-safe."""
        try:
            self.check()
        except BaseException:
            coroutine.close()
            raise
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function` on the I/O thread and return its result; on that thread itself it is just called."""
        if self.here:
            return function(*args)

        async def call() -> T:
            return function(*args)

        return self.submit(call()).result()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs on the calling thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


_engine: Engine | None = None
_lock = threading.Lock()


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def shared_engine() -> Engine:
    """Return the process's engine; the first call starts it, also in a forked child."""
    global _engine  # noqa: PLW0603 - one thread per process
    with _lock:
        if _engine is None or _engine.pid != os.getpid():
            _engine = Engine()
        return _engine
