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


def detach_from_shell() -> bool:
    """Make this thread's comm messages belong to no shell of the kernel.

    ipykernel (7.4) sends a comm's later messages to the shell that last sent on that comm, and a thread
    without a parent of its own falls back to the main shell's; the stream would then wait for the running
    cell. An empty parent of this thread's own keeps it on the front end's subshell. The name is private to
    ipykernel, hence the guard: without it, sound waits for running cells, and the doctor says so.

    Returns
    -------
    bool
        Whether there is a kernel and the cure could be applied.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    parent = getattr(getattr(shell, "kernel", None), "_shell_parent", None)
    if parent is None or not hasattr(parent, "set"):
        return False
    parent.set({})
    return True


class Engine:
    """An event loop on a daemon thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pid = os.getpid()
        #: Whether comm messages of this thread stay off the main shell; False outside a kernel.
        self.detached = False
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        started = threading.Event()
        self.loop.call_soon(started.set)
        self._thread.start()
        started.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.detached = detach_from_shell()
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
