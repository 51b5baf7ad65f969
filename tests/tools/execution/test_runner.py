from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import itertools
import json
import math
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.tools import ToolRegistry, ToolResult, ToolRunner
from tests.tools.tool_calls import call, loudly, tool_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

PERSONS = contextvars.ContextVar("persons", default="default")


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


class BadRepr:
    def __repr__(self) -> str:
        print("in repr")
        raise SystemExit(1)


def given(value: Callable[[], Any]) -> Any:
    return value()


async def given_later(value: Callable[[], Any]) -> Any:
    return value()


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("plain text", "plain text"),
        (None, "null"),
        ({"rate": math.nan, "unit": "größe 🔬"}, '{"rate": null, "unit": "größe 🔬"}'),
        (b"abc", '"<3 bytes of binary data, not shown>"'),
    ],
)
async def test_outputs(runner: ToolRunner, value: Any, output: str):
    result = await call(runner, tool_of(lambda: value, name="gives"))
    assert result.output == output


async def test_a_call_that_worked_is_no_error_whatever_it_returned(runner: ToolRunner):
    result = await call(runner, tool_of(functools.partial(given, BadRepr), name="gives"))
    assert (result.error, result.printed) == (None, "in repr\n")
    assert json.loads(result.output)["repr"] == "<BadRepr whose repr raised SystemExit>"


async def test_an_iterator_is_read_as_code_of_the_call(runner: ToolRunner):
    def numbers() -> Iterator[int]:
        print("reading")
        yield 1
        yield 2

    async def later() -> AsyncIterator[int]:
        print("reading")
        yield 1
        await asyncio.sleep(0)
        yield 2

    for each, value in itertools.product((given, given_later), (numbers, later)):
        function = functools.partial(each, value)
        result = await call(runner, tool_of(function, name="gives"))
        assert (result.output, result.error, result.printed) == ("[1, 2]", None, "reading\n")
        answer = tool_of(function, name="gives").answer()
        assert (await answer if inspect.iscoroutine(answer) else answer) == "[1, 2]"


async def test_an_asynchronous_iterator_is_read_no_further_than_the_limit():
    read: list[int] = []

    async def endless(last: float) -> AsyncIterator[Any]:
        while len(read) < last:
            read.append(1)
            yield "x" * 100
        raise ValueError("the line is cut")

    runner = ToolRunner(output_limit=1_000)
    result = await call(runner, tool_of(lambda: endless(math.inf), name="gives"))
    assert result.output.endswith("[cut here: the result was longer than 1000 bytes]")
    assert len(read) < 15
    read.clear()
    result = await call(runner, tool_of(lambda: endless(2), name="gives"))
    assert json.loads(result.output) == ["x" * 100] * 2 + ["<ended here by ValueError: the line is cut>"]
    assert result.error is None
    runner.close()


async def test_a_call_that_is_cancelled_ends_the_reading_of_an_asynchronous_iterator(runner: ToolRunner):
    home, begun, ended = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    async def stuck() -> AsyncIterator[int]:
        home.call_soon_threadsafe(begun.set)
        try:
            await asyncio.Event().wait()
        finally:
            home.call_soon_threadsafe(ended.set)
        yield 1

    running = asyncio.create_task(call(runner, tool_of(functools.partial(given, stuck), name="gives")))
    reading = asyncio.create_task(begun.wait())
    await asyncio.wait([running, reading], return_when=asyncio.FIRST_COMPLETED)
    assert running.cancel()
    await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_megabyte_and_a_hundred_thousand_lines():
    runner = ToolRunner(output_limit=1_000, printed_limit=2_000)

    def flood() -> str:
        for number in range(100_000):
            print("line", number, "größe 🔬")
        return "x" * 1_000_000

    result = await call(runner, flood)
    assert len(result.output.encode()) == 1_000
    assert result.output.endswith("[cut here: the result was longer than 1000 bytes]")
    assert len(result.value) == 1_000_000
    assert len(result.printed) < 2_100
    assert result.printed.startswith("line 0 größe 🔬\nline 1 ")
    assert result.printed.endswith("line 99999 größe 🔬\n")
    assert "characters left out" in result.printed
    runner.close()


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
