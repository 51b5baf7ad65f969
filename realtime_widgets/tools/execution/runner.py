"""Runs the code of tool calls off the I/O thread: in worker threads, on event loops, or in an executor."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_widgets.concurrency.loop_thread import LoopThread, schedule
from realtime_widgets.protocol.secrets import masked_frame
from realtime_widgets.tools.output.call_output import CallOutput
from realtime_widgets.tools.output.capture import PRINTED_LIMIT, captured
from realtime_widgets.tools.output.displays import seen_by_user
from realtime_widgets.tools.output.encoding import OUTPUT_LIMIT, cut, is_lazy_later
from realtime_widgets.tools.output.outcome import DONE, Outcome, ToolResult, described, failure, raised
from realtime_widgets.tools.output.results import encode_result, encode_result_later

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_widgets.images import Picture
    from realtime_widgets.tools.options import Submits
    from realtime_widgets.tools.tool import Tool

__all__ = ["ToolResult", "ToolRunner"]

T = TypeVar("T")


@dataclass(frozen=True)
class _Awaitable:
    """What a sync function returned that is still to be awaited: a coroutine or an asynchronous iterator."""

    coroutine: Coroutine[Any, Any, Any]


class ToolRunner:
    """Runs calls concurrently; ordering them is up to the caller.

    Each call has a fresh `contextvars.Context`, so that nothing of the I/O thread reaches user code.

    Parameters
    ----------
    main_loop
        The user's event loop; async tools run there while it is running, and otherwise on a loop of the runner in
        a separate thread.
    clock
        Returns monotonic time in seconds.
    max_workers
        Number of sync calls that run at the same time; further ones wait.
    output_limit
        Longest output sent to the model, in bytes of UTF-8.
    printed_limit
        Number of characters to keep of what a call prints.
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
        self.clock = clock
        self._output_limit = output_limit
        self._printed_limit = printed_limit
        self._max_workers = max_workers
        self.reopen()
        self._own_loop = LoopThread("realtime-tool-loop")

    def new_output(self, on_change: Callable[[], object] | None = None) -> CallOutput:
        """Return a new collector for a call's output; see `CallOutput`."""
        return CallOutput(self._printed_limit, on_change)

    async def run(
        self, call_id: str, tool: Tool | None, name: str, arguments: str, output: CallOutput | None = None
    ) -> ToolResult:
        """Run one call and return its result, even if its code fails.

        Parameters
        ----------
        call_id
            Id of the call.
        tool
            The tool to run; None if there is no tool of that name.
        name
            Name of the tool as the model sent it.
        arguments
            The arguments as the model sent them, JSON text.
        output
            Collector for the call's output, made by `new_output`; None means a new one.

        Raises
        ------
        asyncio.CancelledError
            If the awaiting task is cancelled. An async tool is cancelled too; a sync one cannot be, and its thread
            runs on with its result ignored.
        """
        started = self.clock()
        output = output or self.new_output()
        if tool is None:
            outcome = failure(f"there is no tool named {name!r}")
        else:
            outcome = await self._outcome(tool, arguments, output)
        output.close()
        return ToolResult(
            call_id=call_id,
            name=name,
            version=None if tool is None else tool.version,
            arguments=arguments,
            read_as=masked_frame(output.read_as),
            output=cut(masked_frame(outcome.output), self._output_limit),
            value=outcome.value,
            error=outcome.error and masked_frame(outcome.error),
            traceback=masked_frame(outcome.traceback),
            printed=masked_frame(output.text()),
            displays=output.displays(),
            images=outcome.images,
            seconds=self.clock() - started,
        )

    async def run_in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a short piece of user code in a worker thread, without capturing its output."""
        return await asyncio.wrap_future(self._executor.submit(contextvars.Context().run, function, *arguments))

    def reopen(self) -> None:
        """Accept calls, also again after `close`."""
        self._executor = ThreadPoolExecutor(self._max_workers, thread_name_prefix="realtime-tool")

    def close(self) -> None:
        """Accept no more calls; those that wait for a thread end with an error, running sync ones finish."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._own_loop.close()

    async def _outcome(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        task = asyncio.current_task()
        try:
            return await self._placed(tool, arguments, output)
        except asyncio.CancelledError:
            if task is not None and task.cancelling():
                raise
            return failure("the call was cancelled before it ended")
        except Exception as error:
            return failure(f"the call could not be run: {described(error)}")

    async def _placed(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        """Run a call at the place that its tool's options name."""
        place, executor = tool.options.run_in, tool.options.executor
        if tool.is_async:
            return await self._on_loop(
                lambda: self._call_async(tool, arguments, output), output, place != "thread"
            )
        if place == "main":
            return await self._on_loop(lambda: self._call_here(tool, arguments, output), output)
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            return await self._elsewhere(executor, tool, arguments, output)
        threads = executor or self._executor
        job = threads.submit(contextvars.Context().run, self._call, tool, arguments, output)
        outcome = await _ended(job, output)
        if isinstance(outcome, _Awaitable):
            return await self._on_loop(lambda: self._finish(outcome.coroutine, output), output)
        return outcome

    def _call(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome | _Awaitable:
        output.thread_id = threading.get_ident()
        made: Outcome | _Awaitable | None = None
        with captured(output):
            output.begin()
            try:
                value = tool.function(**_read(tool, arguments, output))
                later = inspect.iscoroutine(value) or is_lazy_later(value)
                made = _Awaitable(_awaited(value)) if later else self._returned(value, output)
            except BaseException as error:  # SystemExit and KeyboardInterrupt come from the tool here
                made = raised(error)
                output.take_figures()
            finally:
                output.thread_id = None
                if not isinstance(made, _Awaitable):
                    output.end()
        return made

    async def _call_here(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        """Run a sync tool on the thread of the running loop."""
        outcome = self._call(tool, arguments, output)
        return await self._finish(outcome.coroutine, output) if isinstance(outcome, _Awaitable) else outcome

    async def _call_async(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        with captured(output):
            output.begin()
            try:
                coroutine = tool.function(**_read(tool, arguments, output))
            except BaseException as error:
                output.end()
                return raised(error)
        return await self._finish(coroutine, output)

    async def _finish(self, coroutine: Coroutine[Any, Any, Any], output: CallOutput) -> Outcome:
        with captured(output):
            try:
                value = await coroutine
                if not is_lazy_later(value):
                    return self._returned(value, output)
                return self._shown(
                    value, output, *await encode_result_later(value, self._output_limit, output.show)
                )
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                return raised(error)
            except BaseException as error:  # asyncio would stop the user's loop for SystemExit
                output.take_figures()
                return raised(error)
            finally:
                output.end()

    async def _elsewhere(self, executor: Submits, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        """Run the bare function in the user's executor, where this package need not be installed."""

        def hand_over() -> Outcome | Future[Any]:
            with captured(output):
                output.begin()
                try:
                    job = executor.submit(functools.partial(tool.function, **_read(tool, arguments, output)))
                except BaseException as error:
                    return raised(error)
            if isinstance(job, Future):
                return job
            return failure(f"the executor of tool {tool.name!r} returned {job!r:.80}, not a future")

        job = await self.run_in_thread(hand_over)
        if isinstance(job, Outcome):
            output.end()
            return job
        job.add_done_callback(lambda _: output.end())
        try:
            await asyncio.wait([asyncio.wrap_future(job)])
        except asyncio.CancelledError:
            job.cancel()
            raise
        error = job.exception()
        if error is not None:
            return raised(error)
        outcome: Outcome = await self.run_in_thread(self._received, job.result(), output)
        return outcome

    def _returned(self, value: Any, output: CallOutput) -> Outcome:
        return self._shown(value, output, *encode_result(value, self._output_limit, output.show))

    def _shown(self, value: Any, output: CallOutput, text: str, pictures: list[Picture]) -> Outcome:
        output.take_figures()
        if value is None and (seen := seen_by_user(output.displays())):
            text = DONE + seen
        return Outcome(text, value, images=tuple(picture.uri for picture in pictures))

    def _received(self, value: Any, output: CallOutput) -> Outcome:
        with captured(output):
            return self._returned(value, output)

    async def _on_loop(
        self, body: Callable[[], Coroutine[Any, Any, Outcome]], output: CallOutput, on_main: bool = True
    ) -> Outcome:
        job: Future[Outcome] | None = None
        if on_main and self._main_loop is not None and self._main_loop.is_running():
            job = schedule(body, self._main_loop)
        if job is None:
            job = schedule(body, self._own_loop.start())
        if job is None:
            output.end()
            return failure("the call could not be run: its event loop is closed")
        return await _ended(job, output)


def _read(tool: Tool, arguments: str, output: CallOutput) -> dict[str, Any]:
    reading = tool.schema.read(arguments)
    output.read_as = reading.read_as
    return reading.values


async def _awaited(value: Any) -> Any:
    """Return an asynchronous iterator itself, which the loop reads later, or what a coroutine returns."""
    return await value if inspect.iscoroutine(value) else value


async def _ended(job: Future[T], output: CallOutput) -> T:
    """Return a job's result; ends the output of one that is cancelled before it begins."""
    job.add_done_callback(lambda _: None if output.began else output.end())
    return await asyncio.wrap_future(job)
