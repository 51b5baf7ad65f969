from __future__ import annotations

import asyncio
import contextvars
import functools
import itertools
import json
import math
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from realtime_widgets.tools import Tool, ToolRegistry, ToolResult, ToolRunner

PERSONS = contextvars.ContextVar("persons", default="default")


def tool_of(function: Callable[..., Any], **options: Any) -> Tool:
    return Tool.of(function, **{"description": "For a test."} | options)


async def call(runner: ToolRunner, function: Callable[..., Any], **arguments: Any) -> ToolResult:
    tool = function if isinstance(function, Tool) else tool_of(function)
    return await runner.run("call_1", tool, tool.name, json.dumps(arguments))


@pytest_asyncio.fixture
async def runner() -> AsyncIterator[ToolRunner]:
    made = ToolRunner()
    yield made
    made.close()


@pytest.fixture
def main_loop() -> Any:
    """A running loop in a thread of its own, as the kernel's is to the I/O loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="main-loop")
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def loudly(number: int) -> int:
    print("working on", number)
    return 2 * number


async def test_a_call_gives_all_that_there_is_to_know():
    ticks = itertools.count(100.0, 1.5)
    runner = ToolRunner(clock=lambda: next(ticks))
    result = await runner.run("call_7", tool_of(loudly), "loudly", '{"number": "4"}')
    runner.close()
    assert result == ToolResult(
        call_id="call_7",
        name="loudly",
        version=1,
        arguments='{"number": "4"}',
        output="8",
        value=8,
        error=None,
        traceback="",
        printed="working on 4\n",
        seconds=1.5,
    )


async def test_sync_tools_leave_the_io_loop_alone(runner: ToolRunner):
    def where() -> str:
        return threading.current_thread().name

    result = await call(runner, where)
    assert result.output.startswith("realtime-tool")
    assert result.output != threading.current_thread().name


async def test_each_call_has_a_context_of_its_own(runner: ToolRunner):
    PERSONS.set("the I/O thread's")

    def look() -> str:
        seen = PERSONS.get()
        PERSONS.set("changed")
        return seen

    async def look_later() -> str:
        return look()

    for function in (look, look, look_later, look_later):
        assert (await call(runner, function)).output == "default"
    assert PERSONS.get() == "the I/O thread's"


async def test_async_tools_run_on_the_main_loop(main_loop: Any):
    runner = ToolRunner(main_loop)

    async def where(word: str) -> str:
        print("on the loop")
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is main_loop
        return f"{word} {threading.current_thread().name}"

    result = await call(runner, where, word="in")
    assert (result.output, result.printed) == ("in main-loop", "on the loop\n")
    runner.close()


async def test_the_main_loop_may_be_the_io_loop():
    runner = ToolRunner(asyncio.get_running_loop())

    async def where() -> bool:
        await asyncio.sleep(0)
        return asyncio.get_running_loop() is not None

    assert (await call(runner, where)).output == "true"
    runner.close()


async def test_without_a_main_loop_async_tools_share_one_of_their_own():
    stopped, closed = asyncio.new_event_loop(), asyncio.new_event_loop()
    closed.close()

    async def where() -> str:
        return f"{threading.current_thread().name} {id(asyncio.get_running_loop())}"

    for loop in (None, stopped, closed):
        runner = ToolRunner(loop)
        first, second = await asyncio.gather(call(runner, where), call(runner, where))
        assert first.output.startswith("realtime-tool-loop")
        assert first.output == second.output
        runner.close()
    stopped.close()


async def test_a_sync_function_that_gives_a_coroutine(main_loop: Any):
    runner = ToolRunner(main_loop)

    async def later(word: str) -> str:
        print("second")
        return word + threading.current_thread().name

    def sooner(word: str) -> Any:
        print("first")
        return later(word)

    result = await call(runner, sooner, word="in ")
    assert (result.output, result.printed) == ("in main-loop", "first\nsecond\n")
    runner.close()


async def test_methods_partials_and_callable_objects(runner: ToolRunner):
    class Lab:
        def __init__(self) -> None:
            self.count = 0

        def measure(self, step: int) -> int:
            self.count += step
            return self.count

        def __call__(self, step: int) -> int:
            return -self.measure(step)

    lab = Lab()
    assert (await call(runner, lab.measure, step=2)).output == "2"
    assert (await call(runner, lab, step=2)).output == "-4"
    assert (await call(runner, functools.partial(lab.measure, step=3))).output == "7"


async def test_calls_side_by_side_print_apart(runner: ToolRunner, capsys: pytest.CaptureFixture[str]):
    both = threading.Barrier(2)

    def chat(name: str) -> str:
        for number in range(20):
            both.wait()
            print(name, number)
        print(name, "complains", file=sys.stderr)
        return name

    first, second = await asyncio.gather(call(runner, chat, name="a"), call(runner, chat, name="b"))
    for result, name in ((first, "a"), (second, "b")):
        lines = [f"{name} {number}" for number in range(20)] + [f"{name} complains"]
        assert result.printed.splitlines() == lines
    assert capsys.readouterr() == ("", "")


async def test_a_tool_replaced_while_it_runs(runner: ToolRunner):
    tools = ToolRegistry()
    started, go_on = threading.Event(), threading.Event()

    def version() -> str:
        """Tell the version."""
        started.set()
        go_on.wait()
        return "old code"

    tools.add(version)
    running = asyncio.create_task(runner.run("call_1", tools["version"], "version", "{}"))
    await asyncio.to_thread(started.wait)
    tools.add(lambda: "new code", name="version", description="Tell the version.")
    new = await runner.run("call_2", tools["version"], "version", "{}")
    go_on.set()
    old = await running
    assert (old.output, old.version) == ("old code", 1)
    assert (new.output, new.version) == ("new code", 2)


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
        (lambda: ValueError(), "ValueError"),
        (lambda: ValueError("größe \ud800"), "ValueError: größe ?"),
        (lambda: KeyError("a"), "KeyError: 'a'"),
        (lambda: OddError(), "OddError (its text cannot be shown)"),
        (lambda: SystemExit(3), "SystemExit: 3"),
        (lambda: KeyboardInterrupt(), "KeyboardInterrupt"),
        (lambda: asyncio.CancelledError("inner"), "CancelledError: inner"),
        (lambda: GeneratorExit(), "GeneratorExit"),
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
async def test_arguments_that_do_not_fit_never_reach_the_tool(
    runner: ToolRunner, arguments: str, says: str
):
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


class BadRepr:
    def __repr__(self) -> str:
        print("in repr")
        raise SystemExit(1)


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("plain text", "plain text"),
        (None, "null"),
        ({"rate": math.nan, "unit": "größe 🔬"}, '{"rate": null, "unit": "größe 🔬"}'),
        (b"abc", '"<3 bytes of binary data, not shown>"'),
        (BadRepr(), '{"error": "SystemExit: 1"}'),
    ],
)
async def test_outputs(runner: ToolRunner, value: Any, output: str):
    result = await call(runner, tool_of(lambda: value, name="gives"))
    assert result.output == output


async def test_a_megabyte_and_a_hundred_thousand_lines():
    runner = ToolRunner(output_limit=1_000, printed_limit=2_000)

    def flood() -> str:
        for number in range(100_000):
            print("line", number, "größe 🔬")
        return "x" * 1_000_000

    result = await call(runner, flood)
    assert len(result.output.encode()) == 1_000
    assert result.output.endswith("[cut here: the result was longer than the 1000 bytes that are passed on]")
    assert len(result.value) == 1_000_000
    assert len(result.printed) < 2_100
    assert result.printed.startswith("line 0 größe 🔬\nline 1 ")
    assert result.printed.endswith("line 99999 größe 🔬\n")
    assert "characters left out" in result.printed
    runner.close()


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


async def test_many_calls_each_have_one_result(runner: ToolRunner):
    def sync(n: int) -> int:
        print(n)
        return n

    async def later(n: int) -> int:
        print(n)
        await asyncio.sleep(0)
        return n

    kinds = [tool_of(sync), tool_of(later)]
    results = await asyncio.gather(*(call(runner, kinds[n % 2], n=n) for n in range(200)))
    assert [result.value for result in results] == list(range(200))
    assert [result.printed for result in results] == [f"{n}\n" for n in range(200)]
