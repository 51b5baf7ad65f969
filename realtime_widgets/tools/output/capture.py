"""Captures what a tool call prints and displays, apart from the output of everything else in the process.

From the first call on, proxies stand in for ``sys.stdout``, ``sys.stderr`` and the ``publish`` of IPython's
display publisher. Each looks at a context variable when it is used: inside a call, output goes to that call's
`PrintedText`; elsewhere it goes where it went before. Context variables follow the thread of a sync tool, the
task of an async one, and `asyncio.to_thread`, but not a ``threading.Thread`` that a tool starts. Child
processes, and code that holds the original stream (such as a logging handler made earlier), are not captured.

The proxies stay, and none is ever freed: ``print()`` of CPython before 3.14 holds no reference to ``sys.stdout``,
so one that goes away while another thread prints takes the process with it.
"""

from __future__ import annotations

import io
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools.output.terminal import TerminalLine
from realtime_widgets.tools.schema.messages import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Characters of one call's printed output that are kept, half from the beginning and half from the end.
PRINTED_LIMIT = 64 * 1024


class PrintedText:
    """Collects text that arrives piece by piece, such as what a call prints; keeps the beginning and the end.

    The text is that of a terminal: a carriage return overwrites its line, so that a progress bar is one line.

    Parameters
    ----------
    limit
        Number of characters to keep, half from the beginning and half from the end.
    """

    def __init__(self, limit: int = PRINTED_LIMIT) -> None:
        self._lock = threading.Lock()  # a tool may print from threads of its own
        self._half = limit // 2
        self._closed = False
        self._begin()

    def erase(self) -> None:
        """Forget the text so far."""
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        self._line = TerminalLine()
        self._head: list[str] = []
        self._head_room = self._half
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._dropped = 0

    @property
    def closed(self) -> bool:
        """Whether the call has ended; what its remaining tasks print is no longer captured."""
        return self._closed

    def close(self) -> None:
        """Stop capturing."""
        self._closed = True

    def write(self, text: str) -> None:
        """Add printed text."""
        with self._lock:
            self._keep(self._line.write(text))

    def _keep(self, text: str) -> None:
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

    def show(self, data: Mapping[str, Any], display_id: str | None = None, *, update: bool = False) -> None:
        """Add displayed output from a MIME bundle, as text.

        Parameters
        ----------
        data
            The output in each of its forms, by MIME type.
        display_id
            Name by which a later output replaces this one.
        update
            Whether it replaces the output of that name, instead of standing below the others.
        """
        text = data.get("text/plain")
        self.write(f"{text if isinstance(text, str) else ''.join(text or ())}\n")

    def clear_output(self, wait: bool = False) -> None:
        """Remove all output so far, as ``IPython.display.clear_output`` does.

        Parameters
        ----------
        wait
            Whether it stays until the next output comes.
        """
        self.erase()

    def text(self) -> str:
        """Return the kept text, with a note in place of what was left out."""
        with self._lock:
            head, tail, dropped = "".join(self._head), "".join(self._tail), self._dropped
            line, room = self._line.text(), self._head_room
        head, tail = head + line[:room], tail + line[room:]
        extra = max(0, len(tail) - self._half)
        dropped += extra
        note = f"\n[… {dropped:,} characters left out …]\n" if dropped else ""
        return well_formed(head + note + tail[extra:])


_current: ContextVar[PrintedText | None] = ContextVar("realtime_widgets_printed", default=None)


def current_call(*, closed: bool = False) -> PrintedText | None:
    """Return the collector of the call that this code runs in; None outside of calls.

    Parameters
    ----------
    closed
        Whether to return that of a call which has ended but whose code still runs.
    """
    printed = _current.get()
    return None if printed is None or (printed.closed and not closed) else printed


@contextmanager
def captured(printed: PrintedText) -> Iterator[None]:
    """Capture in `printed` what this context (of the thread or task) prints and displays until the block ends.

    Every part of a tool's own code runs inside one.
    """
    token = _current.set(printed)
    _install()
    try:
        yield
    finally:
        with suppress(ValueError):  # a coroutine that is thrown away is closed in another context
            _current.reset(token)


class _Write:
    """A stream's ``write``: inside a call it adds to that call's text, elsewhere it calls the original."""

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


class _Present:
    """Whatever stream ``sys`` has at the moment; nothing if it has none."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(sys, self._name, None) or io.StringIO(), name)


#: Proxies that nothing holds any more.
_parked: list[_StreamProxy] = []


class _StreamProxy:
    """Stands in for a stream; only what is printed inside a call goes elsewhere."""

    __slots__ = ("__weakref__", "_name", "_stream")
    _stream: Any
    _name: str

    def __init__(self, name: str, stream: Any) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_stream", stream)

    def __del__(self, parked: list[_StreamProxy] = _parked, present: type[_Present] = _Present) -> None:
        """Stay alive for a ``print`` that still uses this proxy, but let go of the stream, which may be large.

        What that ``print`` has left to write goes to the stream that took its place.
        """
        parked.append(self)
        object.__setattr__(self, "_stream", present(self._name))

    @property
    def write(self) -> Callable[[str], int]:
        # IPython replaces ``sys.stdout.write`` for each cell and restores afterwards what it found: so this must
        # call the original stream, never the proxy again.
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

    # Code that checks the type of the stream sees that of the real one.
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


class _Publish:
    """A display publisher's ``publish``: inside a call it adds to that call, elsewhere it calls the original."""

    def __init__(self, below: Callable[..., Any]) -> None:
        self._below = below

    def __call__(self, data: Any, *arguments: Any, **options: Any) -> Any:
        call = current_call()
        if call is None:
            return self._below(data, *arguments, **options)
        display_id = (options.get("transient") or {}).get("display_id")
        return call.show(data, display_id, update=bool(options.get("update")))


class _ClearOutput:
    """A display publisher's ``clear_output``: inside a call it clears that call's output, not the cell's."""

    def __init__(self, below: Callable[..., Any]) -> None:
        self._below = below

    def __call__(self, wait: bool = False) -> Any:
        call = current_call()
        return self._below(wait) if call is None else call.clear_output(wait)


_lock = threading.Lock()


def _install() -> None:
    """Install the proxies if they are not in place; looked at for each call, because other code replaces them."""
    if type(sys.stdout) is _StreamProxy and type(sys.stderr) is _StreamProxy and _publishes_by_proxy():
        return
    with _lock:
        # Between a comparison and its assignment no other thread can run: neither calls anything. Otherwise a
        # redirection that ends in between would be undone.
        stream = sys.stdout
        if stream is not None and type(stream) is not _StreamProxy:
            proxy = _StreamProxy("stdout", stream)
            if sys.stdout is stream:
                sys.stdout = proxy
        stream = sys.stderr
        if stream is not None and type(stream) is not _StreamProxy:
            proxy = _StreamProxy("stderr", stream)
            if sys.stderr is stream:
                sys.stderr = proxy
        if not _publishes_by_proxy():
            publisher = _publisher()  # IPython's own capture replaces it for a while
            publisher.__dict__["publish"] = _Publish(publisher.publish)
            if not isinstance(publisher.__dict__.get("clear_output"), _ClearOutput):
                publisher.__dict__["clear_output"] = _ClearOutput(publisher.clear_output)


def _publishes_by_proxy() -> bool:
    publisher = _publisher()
    return publisher is None or isinstance(publisher.__dict__.get("publish"), _Publish)


def _publisher() -> Any:
    module = sys.modules.get("IPython.core.interactiveshell")
    shell_class = getattr(module, "InteractiveShell", None)
    shell = shell_class.instance() if shell_class is not None and shell_class.initialized() else None
    return getattr(shell, "display_pub", None)
