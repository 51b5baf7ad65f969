"""What a tool call prints, kept apart from what everybody else prints at the same time.

While a call runs, a proxy stands at ``sys.stdout`` and ``sys.stderr``. It looks at a context variable at
each write: inside a call the text goes to that call's `PrintedText`, everywhere else to the stream that was
there before. Context variables follow the thread of a sync tool and the task of an async one, and
`asyncio.to_thread`; they do not follow a ``threading.Thread`` that a tool starts. Not captured are also
child processes and who holds the original stream, as a logging handler made earlier does.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools import displays
from realtime_widgets.tools.notices import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Characters of one call's printed output that are kept: the first and the last half of them.
PRINTED_LIMIT = 64 * 1024
_STREAMS = ("stdout", "stderr")


class PrintedText:
    """Text that arrives piece by piece, such as what a call prints; keeps the beginning and the end.

    Parameters
    ----------
    limit
        Characters kept; half of them from the beginning, half from the end.
    """

    def __init__(self, limit: int = PRINTED_LIMIT) -> None:
        self._lock = threading.Lock()  # a tool may print from threads of its own
        self._half = limit // 2
        self._head: list[str] = []
        self._head_room = self._half
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._dropped = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the call has ended; what its left-over tasks print then goes where others' output goes."""
        return self._closed

    def close(self) -> None:
        """Take no more."""
        self._closed = True

    def write(self, text: str) -> None:
        """Take printed text."""
        with self._lock:
            if self._head_room:
                self._head.append(text[: self._head_room])
                text = text[self._head_room :]
                self._head_room -= len(self._head[-1])
            if not text:
                return
            if len(text) > self._half:
                self._dropped += len(text) - self._half
                text = text[-self._half :]
            self._tail.append(text)
            self._tail_size += len(text)
            while self._tail_size - len(self._tail[0]) >= self._half:
                oldest = self._tail.popleft()
                self._dropped += len(oldest)
                self._tail_size -= len(oldest)

    def show(self, data: Mapping[str, Any]) -> None:
        """Take something displayed, as a MIME bundle, by its text."""
        text = data.get("text/plain")
        self.write(f"{text if isinstance(text, str) else ''.join(text or ())}\n")

    def text(self) -> str:
        """Return what is kept, with a note where something was left out."""
        with self._lock:
            head, tail, dropped = "".join(self._head), "".join(self._tail), self._dropped
        extra = max(0, len(tail) - self._half)
        dropped += extra
        note = f"\n[… {dropped:,} characters left out …]\n" if dropped else ""
        return well_formed(head + note + tail[extra:])


_current: ContextVar[PrintedText | None] = ContextVar("realtime_widgets_printed", default=None)


def current_call(*, closed: bool = False) -> PrintedText | None:
    """Return what collects the output of the call that this code runs in; None outside of calls.

    A call that has its output counts only where `closed` is set: its code may still run.
    """
    printed = _current.get()
    return None if printed is None or (printed.closed and not closed) else printed


@contextmanager
def captured(printed: PrintedText) -> Iterator[None]:
    """Send to `printed` what is printed in this context (of the thread or task) until the block ends.

    Every stretch of a tool's own code runs inside one: here is where a call's surroundings begin and end.
    """
    token = _current.set(printed)
    _install()
    displays.install(current_call)
    try:
        yield
    finally:
        displays.uninstall()
        _uninstall()
        with suppress(ValueError):  # a coroutine thrown away is closed in another context
            _current.reset(token)


class _Write:
    """A stream's ``write``: inside a call to that call's text, elsewhere to the ``write`` below it."""

    def __init__(self, below: Callable[[str], int]) -> None:
        self.below = below

    def __call__(self, text: str) -> int:
        printed = current_call()
        if printed is None:
            return self.below(text)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        printed.write(text)
        return len(text)


class _StreamProxy:
    """Stands for a stream; only what is printed inside a call takes another way."""

    __slots__ = ("__weakref__", "_stream")
    _stream: Any

    def __init__(self, stream: Any) -> None:
        object.__setattr__(self, "_stream", stream)

    @property
    def write(self) -> Callable[[str], int]:
        # IPython puts a function of its own over ``sys.stdout.write`` for each cell, and puts back afterwards
        # what it found: so what is handed out here must go to what was there, never to the proxy again.
        return _Write(self._stream.write)

    @write.setter
    def write(self, write: Callable[[str], int]) -> None:
        self._stream.write = write.below if isinstance(write, _Write) else write

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if current_call() is None:
            self._stream.flush()

    def isatty(self) -> bool:
        return current_call() is None and bool(self._stream.isatty())

    # Code that asks what kind of stream this is gets the answer of the real one.
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "write":
            object.__setattr__(self, name, value)
        else:
            setattr(self._stream, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __enter__(self) -> Any:
        self._stream.__enter__()
        return self

    def __exit__(self, *details: Any) -> Any:
        return self._stream.__exit__(*details)

    def __dir__(self) -> list[str]:
        return dir(self._stream)

    def __repr__(self) -> str:
        return repr(self._stream)


_lock = threading.Lock()
_active = 0


def _install() -> None:
    """Put the proxies in place; again for each call, since anybody may have replaced the streams."""
    global _active  # noqa: PLW0603 - one count for the one sys.stdout of the process
    with _lock:
        _active += 1
        for name in _STREAMS:
            stream = getattr(sys, name)
            if stream is not None and type(stream) is not _StreamProxy:
                setattr(sys, name, _StreamProxy(stream))


def _uninstall() -> None:
    """Take the proxies away with the last call; one that was put back since then is passed through."""
    global _active  # noqa: PLW0603
    with _lock:
        _active -= 1
        if _active:
            return
        for name in _STREAMS:
            if type(stream := getattr(sys, name)) is _StreamProxy:
                setattr(sys, name, object.__getattribute__(stream, "_stream"))
