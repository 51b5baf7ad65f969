from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.tools import ToolRunner
from tests.tools.tool_calls import call, loudly, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable


class OddError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def fail_with(error: BaseException) -> Callable[[], None]:
    def failing() -> None:
        print("before")
        raise error

    return failing


def fail_later_with(error: BaseException) -> Callable[[], Any]:
    async def failing() -> None:
        print("before")
        await asyncio.sleep(0)
        raise error

    return failing


@pytest.mark.parametrize("failing", [fail_with, fail_later_with])
@pytest.mark.parametrize(
    ("make_error", "says"),
    [
        (lambda: ValueError("temperature below absolute zero"), "ValueError: temperature below absolute zero"),
        (lambda: ValueError("two\n  lines"), "ValueError: two lines"),
        (ValueError, "ValueError"),
        (lambda: ValueError("größe \ud800"), "ValueError: größe ?"),
        (lambda: KeyError("a"), "KeyError: 'a'"),
        (OddError, "OddError (its text cannot be shown)"),
        (lambda: SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt, "KeyboardInterrupt"),
        (lambda: asyncio.CancelledError("inner"), "CancelledError: inner"),
        (GeneratorExit, "GeneratorExit"),
        (lambda: ExceptionGroup("both", [ValueError("a")]), "ExceptionGroup: both (1 sub-exception)"),
        (lambda: BaseException("bare"), "BaseException: bare"),
    ],
)
async def test_errors_are_told_to_model_and_person(
    main_loop: Any, failing: Any, make_error: Callable[[], BaseException], says: str
):
    runner = ToolRunner(main_loop)
    result = await call(runner, failing(make_error()))
    assert json.loads(result.output) == {"error": says}
    assert result.error == says
    assert result.value is None
    assert result.printed == "before\n"
    assert "in failing" in result.traceback
    assert "realtime_widgets" not in result.traceback
    assert main_loop.is_running()
    assert (await call(runner, loudly, number=1)).output == "2"
    runner.close()


async def test_stop_iteration_is_an_error_like_others(runner: ToolRunner):
    assert (await call(runner, fail_with(StopIteration("end")))).error == "StopIteration: end"


async def test_the_traceback_starts_at_the_tool_and_keeps_the_cause(runner: ToolRunner):
    def inner() -> None:
        raise ValueError("root cause")

    def outer() -> None:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("what came of it") from error

    result = await call(runner, outer)
    lines = [line for line in result.traceback.splitlines() if line.startswith("  File")]
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["outer", "inner", "outer"]
    assert "root cause" in result.traceback
    assert "root cause" not in result.output


async def test_endless_recursion_and_endless_messages_stay_readable(runner: ToolRunner):
    def even(n: int) -> int:
        return odd(n)

    def odd(n: int) -> int:
        return even(n)

    result = await call(runner, even, n=1)
    assert result.error is not None
    assert result.error.startswith("RecursionError")
    assert len(result.traceback) < 40_000
    result = await call(runner, fail_with(ValueError("x" * 1_000_000)))
    assert len(result.output) < 1_100
    assert len(result.traceback) < 40_000
    assert result.traceback.startswith("Traceback")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("{}", "loudly: number is missing"),
        ('{"number": "x", "b": 1}', "number: Input should be a valid integer"),
        ("{", "not valid JSON"),
        ("[]", "must be one JSON object"),
        ('{"number": "\ud800"}', "number"),
    ],
)
async def test_arguments_that_do_not_fit_never_reach_the_tool(runner: ToolRunner, arguments: str, says: str):
    result = await runner.run("call_1", tool_of(loudly), "loudly", arguments)
    assert says in json.loads(result.output)["error"]
    assert (result.traceback, result.printed) == ("", "")


async def test_wrong_arguments_of_an_async_tool(runner: ToolRunner):
    async def later(number: int) -> None:
        print("reached")

    result = await runner.run("call_1", tool_of(later), "later", '{"number": null}')
    assert "number: Input should be a valid integer, got null" in json.loads(result.output)["error"]
    assert (result.traceback, result.printed) == ("", "")


async def test_a_tool_that_calls_another_wrongly_is_its_own_fault(runner: ToolRunner):
    other = tool_of(loudly)

    def calls() -> None:
        other(number="x")

    result = await call(runner, calls)
    assert result.error is not None
    assert result.error.startswith("ToolArgumentsError: loudly: number")
    assert "in calls" in result.traceback


async def test_an_unknown_tool_is_an_error_output(runner: ToolRunner):
    result = await runner.run("call_1", None, "missing", "{}")
    assert json.loads(result.output) == {"error": "there is no tool named 'missing'"}
    assert (result.name, result.version) == ("missing", None)


async def test_cancelling_the_call_cancels_an_async_tool(main_loop: Any):
    runner = ToolRunner(main_loop)
    started, ended = threading.Event(), threading.Event()

    async def patient() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(call(runner, patient))
    await asyncio.to_thread(started.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(ended.wait)
    runner.close()


async def test_cancelling_the_call_of_a_sync_tool_lets_it_finish_unheard(
    runner: ToolRunner, capsys: pytest.CaptureFixture[str]
):
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def stubborn() -> None:
        started.set()
        go_on.wait()
        print("nobody hears this")
        ended.set()

    running = asyncio.create_task(call(runner, stubborn))
    await asyncio.to_thread(started.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    go_on.set()
    await asyncio.to_thread(ended.wait)
    assert capsys.readouterr().out == ""


async def test_a_call_that_its_loop_cancels_still_has_a_result(main_loop: Any):
    runner = ToolRunner(main_loop)
    started = asyncio.Event()
    here = asyncio.get_running_loop()

    async def patient() -> None:
        here.call_soon_threadsafe(started.set)
        await asyncio.Event().wait()

    running = asyncio.create_task(call(runner, patient))
    await started.wait()
    main_loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(main_loop)])
    result = await running
    assert json.loads(result.output) == {"error": "the call was cancelled before it ended"}
    runner.close()


async def test_closing_ends_every_call_that_has_not_begun():
    runner = ToolRunner(max_workers=1)
    started, go_on = threading.Event(), threading.Event()

    def first() -> str:
        started.set()
        go_on.wait()
        return "finished"

    running = asyncio.create_task(call(runner, first))
    await asyncio.to_thread(started.wait)
    waiting = asyncio.create_task(call(runner, loudly, number=1))
    await asyncio.sleep(0)  # one turn of the loop hands it to the executor
    runner.close()
    go_on.set()
    assert (await running).output == "finished"
    assert json.loads((await waiting).output) == {"error": "the call was cancelled before it ended"}
    after = await call(runner, loudly, number=1)
    assert after.error is not None
    assert "could not be run" in after.error


async def test_closing_cancels_what_runs_on_the_runners_own_loop():
    runner = ToolRunner()
    started = asyncio.Event()
    here = asyncio.get_running_loop()

    async def patient() -> None:
        here.call_soon_threadsafe(started.set)
        await asyncio.Event().wait()

    running = asyncio.create_task(call(runner, patient))
    await started.wait()
    runner.close()
    runner.close()
    assert (await running).error == "the call was cancelled before it ended"


def test_closing_cancels_calls_also_where_a_blocking_call_has_changed_asyncio():
    script = """
import asyncio, nest_asyncio2
from realtime_widgets.tools import ToolRunner
from tests.tools.tool_calls import call

async def main():
    nest_asyncio2.apply()
    runner, started, here = ToolRunner(), asyncio.Event(), asyncio.get_running_loop()

    async def patient() -> None:
        here.call_soon_threadsafe(started.set)
        await asyncio.Event().wait()

    running = asyncio.create_task(call(runner, patient))
    await started.wait()
    runner.close()
    print((await asyncio.wait_for(running, 120)).error)

asyncio.run(main())
"""
    folder = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "the call was cancelled before it ended", done.stderr
