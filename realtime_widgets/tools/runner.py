"""Runs tool calls beside the session's I/O loop: sync ones in worker threads, async ones on a loop."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import os
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.capture import PRINTED_LIMIT, PrintedText, captured
from realtime_widgets.tools.notices import one_line
from realtime_widgets.tools.output import OUTPUT_LIMIT, cut, encode_output

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from realtime_widgets.tools.tool import Tool

_HERE = str(Path(__file__).parent) + os.sep
_MAX_ERROR = 1_000  # characters of an error text that go to the model
_MAX_TRACEBACK = 32_000  # characters of a traceback that are kept, half from each end


@dataclass(frozen=True)
class ToolResult:
    """How one call ended; there is exactly one for each.

    Attributes
    ----------
    call_id, name, arguments : str
        The call as the model sent it.
    version : int or None
        Version of the tool that ran; None where there is no such tool.
    output : str
        What goes to the model: the result, or ``{"error": ...}``.
    value : object
        What the tool returned; None after an error.
    error : str or None
        What went wrong, in one line.
    traceback : str
        For the person: the frames from the tool on. Empty without an error, and where the tool was never
        reached.
    printed : str
        What the call printed.
    seconds : float
        From the call to its result, waiting for a thread or the loop included.
    """

    call_id: str
    name: str
    version: int | None
    arguments: str
    output: str
    value: Any = field(default=None, repr=False)
    error: str | None = None
    traceback: str = field(default="", repr=False)
    printed: str = field(default="", repr=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class _Outcome:
    output: str
    value: Any = None
    error: str | None = None
    traceback: str = ""


@dataclass(frozen=True)
class _Awaitable:
    """What a sync function gave that still has to be awaited."""

    coroutine: Coroutine[Any, Any, Any]


class ToolRunner:
    """Runs calls side by side; the order of anything is the caller's business.

    Each call has a fresh `contextvars.Context`, so that nothing of the I/O thread reaches user code.

    Parameters
    ----------
    main_loop
        The loop where the user's own clients live; async tools run there while it runs. Where there is
        none, they run on one loop of the runner's own, in a thread of its own.
    clock
        Gives seconds that never go back.
    max_workers
        Sync calls that run at a time; more of them wait.
    output_limit
        Longest output sent to the model, in bytes of UTF-8.
    printed_limit
        Characters kept of what a call prints.
    """

    def __init__(
        self,
        main_loop: asyncio.AbstractEventLoop | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_workers: int = 32,
        output_limit: int = OUTPUT_LIMIT,
        printed_limit: int = PRINTED_LIMIT,
    ) -> None:
        self._main_loop = main_loop
        self._clock = clock
        self._output_limit = output_limit
        self._printed_limit = printed_limit
        self._executor = ThreadPoolExecutor(max_workers, thread_name_prefix="realtime-tool")
        self._own_loop = _LoopThread()

    async def run(self, call_id: str, tool: Tool | None, name: str, arguments: str) -> ToolResult:
        """Run one call and return its result, whatever happens in it.

        Parameters
        ----------
        call_id, name, arguments
            The call as the model sent it; `arguments` is JSON text.
        tool
            The tool of that name; None where there is none.

        Raises
        ------
        asyncio.CancelledError
            Where the awaiting task was cancelled. An async tool is cancelled too; a sync one cannot be and
            goes on in its thread, unheard.
        """
        started = self._clock()
        printed = PrintedText(self._printed_limit)
        if tool is None:
            outcome = _failure(f"there is no tool named {name!r}")
        else:
            outcome = await self._outcome(tool, arguments, printed)
        printed.close()
        return ToolResult(
            call_id=call_id,
            name=name,
            version=None if tool is None else tool.version,
            arguments=arguments,
            output=cut(outcome.output, self._output_limit),
            value=outcome.value,
            error=outcome.error,
            traceback=outcome.traceback,
            printed=printed.text(),
            seconds=self._clock() - started,
        )

    def close(self) -> None:
        """Take no more calls; those that wait for a thread end in an error, running sync ones finish."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._own_loop.close()

    async def _outcome(self, tool: Tool, arguments: str, printed: PrintedText) -> _Outcome:
        task = asyncio.current_task()
        try:
            if tool.is_async:
                return await self._on_loop(lambda: self._call_async(tool, arguments, printed))
            job = self._executor.submit(contextvars.Context().run, self._call, tool, arguments, printed)
            outcome = await asyncio.wrap_future(job)
            if isinstance(outcome, _Awaitable):
                return await self._on_loop(lambda: self._finish(outcome.coroutine, printed))
            return outcome
        except asyncio.CancelledError:
            if task is not None and task.cancelling():
                raise
            return _failure("the call was cancelled before it ended")
        except Exception as error:
            return _failure(f"the call could not be run: {_described(error)}")

    def _call(self, tool: Tool, arguments: str, printed: PrintedText) -> _Outcome | _Awaitable:
        with captured(printed):
            try:
                value = tool.call_json(arguments)
                return _Awaitable(value) if inspect.iscoroutine(value) else self._returned(value)
            except BaseException as error:  # SystemExit and KeyboardInterrupt are the tool's own here
                return _raised(error)

    async def _call_async(self, tool: Tool, arguments: str, printed: PrintedText) -> _Outcome:
        with captured(printed):
            try:
                coroutine = tool.call_json(arguments)
            except BaseException as error:
                return _raised(error)
        return await self._finish(coroutine, printed)

    async def _finish(self, coroutine: Coroutine[Any, Any, Any], printed: PrintedText) -> _Outcome:
        with captured(printed):
            try:
                return self._returned(await coroutine)
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                return _raised(error)
            except BaseException as error:  # asyncio would stop the user's loop for SystemExit
                return _raised(error)

    def _returned(self, value: Any) -> _Outcome:
        return _Outcome(encode_output(value, self._output_limit), value)

    async def _on_loop(self, body: Callable[[], Coroutine[Any, Any, _Outcome]]) -> _Outcome:
        job: Future[_Outcome] | None = None
        if self._main_loop is not None and self._main_loop.is_running():
            job = _schedule(body, self._main_loop)
        if job is None:
            job = _schedule(body, self._own_loop.get())
        if job is None:
            return _failure("the call could not be run: its event loop is closed")
        return await asyncio.wrap_future(job)


class _LoopThread:
    """One event loop in a daemon thread, started when first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
                threading.Thread(
                    target=asyncio.run, args=(_serve(ready),), name="realtime-tool-loop", daemon=True
                ).start()
                self._loop, self._stop = ready.result()
            return self._loop

    def close(self) -> None:
        """End the loop; calls on it are cancelled."""
        with self._lock:
            if self._loop is not None and self._stop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._stop.set)
            self._loop = self._stop = None


async def _serve(ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    stop = asyncio.Event()
    ready.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()


def _schedule(
    body: Callable[[], Coroutine[Any, Any, _Outcome]], loop: asyncio.AbstractEventLoop
) -> Future[_Outcome] | None:
    """Start `body` on a loop of another thread, in a context of its own; None where the loop is closed."""
    coroutine = body()
    try:
        return contextvars.Context().run(asyncio.run_coroutine_threadsafe, coroutine, loop)
    except RuntimeError:
        coroutine.close()
        return None


def _failure(error: str, trace: str = "") -> _Outcome:
    text = one_line(error)
    if len(text) > _MAX_ERROR:
        text = text[: _MAX_ERROR - 1] + "…"
    return _Outcome(json.dumps({"error": text}, ensure_ascii=False), error=text, traceback=trace)


def _raised(error: BaseException) -> _Outcome:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_HERE):
        frames = frames.tb_next
    if isinstance(error, ToolArgumentsError) and frames is None:
        return _failure(str(error))  # the model's mistake: the tool was never reached
    return _failure(_described(error), _formatted(error, frames))


def _described(error: BaseException) -> str:
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return f"{name} (its text cannot be shown)"
    return f"{name}: {text}" if text else name


def _formatted(error: BaseException, frames: TracebackType | None) -> str:
    kept = PrintedText(_MAX_TRACEBACK)
    for line in traceback.TracebackException(type(error), error, frames).format():
        kept.write(line)
    return kept.text()
