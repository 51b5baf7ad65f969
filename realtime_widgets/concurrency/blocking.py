"""Blocking twins of async methods, for code that cannot await.

Prefer ``await``: it leaves the notebook's event loop alone. A blocking call in a thread whose loop runs, as a
cell's does, has to run that loop inside itself. nest-asyncio2 makes that possible; it is applied at the first
such call and changes asyncio for the whole process (tasks in pure Python, `asyncio.run` that nests), which
nothing else in this package asks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from realtime_widgets.concurrency.io_thread import running_loop, shared_engine
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable, Coroutine, Iterator

P = ParamSpec("P")
T = TypeVar("T")

_DOC = """Do as `{name}` and wait for the result; for scripts, threads, cells and callbacks.

        If you can, use ``await`` and `{name}`. While this waits, the thread's event loop goes on: async tools
        run, widgets answer. An interrupt ends the wait and not the session.
        """


def blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Return the blocking twin of an async method; see `wait_for`."""

    @functools.wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> T:
        return wait_for(function(*arguments, **options))

    call.__name__ = f"{function.__name__}_sync"
    call.__qualname__ = f"{function.__qualname__}_sync"
    call.__doc__ = _DOC.format(name=function.__name__)
    return call


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, whether or not this thread's event loop is running.

    Raises
    ------
    ConfigurationError
        If the thread must not wait, or its event loop is of a kind that cannot run inside itself.
    """
    if shared_engine().here:
        coroutine.close()
        raise ConfigurationError("the package's own thread must not wait: call this from another one")
    loop = running_loop()
    if loop is None:
        with asyncio.Runner() as runner:
            return runner.run(coroutine)
    _let_nest(loop, coroutine)
    task = loop.create_task(coroutine)
    loop.call_soon(_serve_messages, loop)
    try:
        with _interruptible():
            return loop.run_until_complete(task)
    except BaseException:
        task.cancel()  # an interrupt ends the wait and leaves the task
        raise


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt end the wait: the handlers of asyncio and ipykernel cancel the task that waits instead."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


class _InCopies:
    """Takes the place of nest-asyncio2's list of callbacks that have to wait, and runs them in copies.

    ipykernel handles every message of a shell in one context, which the cell that waits has entered: without
    this, the events of widgets that come to the same shell would wait for the cell.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._copies: dict[int, tuple[contextvars.Context, contextvars.Context]] = {}

    def append(self, handle: Any) -> None:
        context = handle._context
        _, copy = self._copies.setdefault(id(context), (context, context.copy()))
        self._loop.call_soon(handle._callback, *handle._args, context=copy)

    def __reversed__(self) -> Iterator[Any]:
        return iter(())


def _serve_messages(loop: Any) -> None:
    # The list is private to nest-asyncio2: if it is not as expected, nothing is changed.
    if getattr(loop, "_nest_deferred", None) == []:
        loop._nest_deferred = _InCopies(loop)


def _let_nest(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> None:
    import nest_asyncio2

    try:
        nest_asyncio2.apply(loop)
    except ValueError:
        coroutine.close()
        kind = f"{type(loop).__module__}.{type(loop).__name__}"
        raise ConfigurationError(
            f"the event loop of this thread ({kind}) cannot wait inside itself: use await, or another thread"
        ) from None
