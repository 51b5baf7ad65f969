"""An event loop in a separate thread, and starting coroutines on the loop of another thread."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class LoopThread:
    """An event loop on a daemon thread; safe to use from any thread.

    Parameters
    ----------
    name
        Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        #: The process that it belongs to.
        self.pid = os.getpid()

    @property
    def here(self) -> bool:
        """Whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def check(self) -> None:
        """Raise if this process has no such thread.

        Raises
        ------
        ConfigurationError
            If it was forked from the process that started the thread: threads are not copied.
        """
        if self.pid != os.getpid():
            raise ConfigurationError(
                f"this session belongs to the process {self.pid}, from which this one ({os.getpid()}) was forked: "
                "make a new RealtimeSession here"
            )

    def start(self) -> asyncio.AbstractEventLoop:
        """Return the running loop; starts the thread if it does not run.

        Raises
        ------
        ConfigurationError
            As for `check`.
        """
        self.check()
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                running: Future[asyncio.AbstractEventLoop] = Future()
                self._thread = threading.Thread(target=_run, args=(running,), name=self._name, daemon=True)
                self._thread.start()
                self._loop = running.result()
            return self._loop

    def close(self) -> None:
        """Cancel what runs on the loop and end the thread; `start` starts a new one."""
        with self._lock:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = self._thread = None


def _run(running: Future[asyncio.AbstractEventLoop]) -> None:
    # Its runner cancels the tasks at the end. Not `asyncio.run`, which a blocking call may have replaced by one
    # that leaves them.
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.call_soon(running.set_result, loop)
        loop.run_forever()


def schedule(body: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> Future[T] | None:
    """Start a coroutine on the loop of another thread, in a new context.

    Parameters
    ----------
    body
        Makes the coroutine.
    loop
        The loop to run it on.

    Returns
    -------
    concurrent.futures.Future or None
        The coroutine's result; None if the loop is closed.
    """
    coroutine = body()
    try:
        return contextvars.Context().run(asyncio.run_coroutine_threadsafe, coroutine, loop)
    except RuntimeError:
        coroutine.close()
        return None
