"""Runs tool calls beside the session's I/O loop: in worker threads, on loops, or in an executor."""

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

from realtime_widgets.tools.call_output import CallOutput
from realtime_widgets.tools.capture import PRINTED_LIMIT, captured
from realtime_widgets.tools.loop_thread import LoopThread, schedule
from realtime_widgets.tools.outcome import Outcome, ToolResult, described, failure, raised
from realtime_widgets.tools.output import OUTPUT_LIMIT, cut
from realtime_widgets.tools.results import encode_result

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_widgets.tools.options import Submits
    from realtime_widgets.tools.tool import Tool

__all__ = ["ToolResult", "ToolRunner"]

T = TypeVar("T")


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
        self.clock = clock
        self._output_limit = output_limit
        self._printed_limit = printed_limit
        self._executor = ThreadPoolExecutor(max_workers, thread_name_prefix="realtime-tool")
        self._own_loop = LoopThread()

    def new_output(self, on_change: Callable[[], object] | None = None) -> CallOutput:
        """Make what collects a call's output; see `CallOutput`."""
        return CallOutput(self._printed_limit, on_change)

    async def run(
        self, call_id: str, tool: Tool | None, name: str, arguments: str, output: CallOutput | None = None
    ) -> ToolResult:
        """Run one call and return its result, whatever happens in it.

        Parameters
        ----------
        call_id, name, arguments
            The call as the model sent it; `arguments` is JSON text.
        tool
            The tool of that name; None where there is none.
        output
            Collects what the call gives off; made by `new_output`.

        Raises
        ------
        asyncio.CancelledError
            Where the awaiting task was cancelled. An async tool is cancelled too; a sync one cannot be and
            goes on in its thread, unheard.
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
            output=cut(outcome.output, self._output_limit),
            value=outcome.value,
            error=outcome.error,
            traceback=outcome.traceback,
            printed=output.text(),
            pictures=tuple(output.pictures()),
            images=outcome.images,
            seconds=self.clock() - started,
        )

    async def aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a short piece of user code that belongs to no call's output, in a worker thread."""
        return await asyncio.wrap_future(self._executor.submit(contextvars.Context().run, function, *arguments))

    def close(self) -> None:
        """Take no more calls; those that wait for a thread end in an error, running sync ones finish."""
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
        """Run a call where its tool wants to be run."""
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
                value = tool.call_json(arguments)
                made = _Awaitable(value) if inspect.iscoroutine(value) else self._returned(value, output)
            except BaseException as error:  # SystemExit and KeyboardInterrupt are the tool's own here
                made = raised(error)
            finally:
                output.thread_id = None
                if not isinstance(made, _Awaitable):
                    output.end()
        return made

    async def _call_here(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        """Run a sync tool on the loop's own thread."""
        outcome = self._call(tool, arguments, output)
        return await self._finish(outcome.coroutine, output) if isinstance(outcome, _Awaitable) else outcome

    async def _call_async(self, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        with captured(output):
            output.begin()
            try:
                coroutine = tool.call_json(arguments)
            except BaseException as error:
                output.end()
                return raised(error)
        return await self._finish(coroutine, output)

    async def _finish(self, coroutine: Coroutine[Any, Any, Any], output: CallOutput) -> Outcome:
        with captured(output):
            try:
                return self._returned(await coroutine, output)
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                return raised(error)
            except BaseException as error:  # asyncio would stop the user's loop for SystemExit
                return raised(error)
            finally:
                output.end()

    async def _elsewhere(self, executor: Submits, tool: Tool, arguments: str, output: CallOutput) -> Outcome:
        """Run the bare function in an executor of the user's; nothing of this package has to be there."""

        def hand_over() -> Outcome | Future[Any]:
            with captured(output):
                output.begin()
                try:
                    job = executor.submit(functools.partial(tool.function, **tool.schema.parse(arguments)))
                except BaseException as error:
                    return raised(error)
            if isinstance(job, Future):
                return job
            return failure(f"the executor of tool {tool.name!r} gave no concurrent.futures.Future but {job!r:.80}")

        job = await self.aside(hand_over)
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
        outcome: Outcome = await self.aside(self._received, job.result(), output)
        return outcome

    def _returned(self, value: Any, output: CallOutput) -> Outcome:
        text, pictures = encode_result(value, self._output_limit)
        for picture in pictures:
            output.show({picture.kind: picture.data})
        return Outcome(text, value, images=tuple(picture.uri for picture in pictures))

    def _received(self, value: Any, output: CallOutput) -> Outcome:
        try:
            return self._returned(value, output)
        except Exception as error:
            return raised(error)

    async def _on_loop(
        self, body: Callable[[], Coroutine[Any, Any, Outcome]], output: CallOutput, on_main: bool = True
    ) -> Outcome:
        job: Future[Outcome] | None = None
        if on_main and self._main_loop is not None and self._main_loop.is_running():
            job = schedule(body, self._main_loop)
        if job is None:
            job = schedule(body, self._own_loop.get())
        if job is None:
            output.end()
            return failure("the call could not be run: its event loop is closed")
        return await _ended(job, output)


async def _ended(job: Future[T], output: CallOutput) -> T:
    """Wait for a job; one that is cancelled before it begins leaves no code behind."""
    job.add_done_callback(lambda _: None if output.began else output.end())
    return await asyncio.wrap_future(job)
