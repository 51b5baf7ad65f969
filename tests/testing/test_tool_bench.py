from __future__ import annotations

import asyncio
import json
import threading

import pytest
from PIL import Image

from realtime_widgets import ConfigurationError, ToolDefinitionError, progress
from realtime_widgets.testing import Call, ManualClock, ScriptNotFollowedError, ToolBench, call_tool


def rate(temperature: float) -> float:
    """Rate of our reaction."""
    print(f"at {temperature}")
    return 0.02 * temperature


def test_one_call_in_one_line() -> None:
    result = call_tool(rate, temperature=40)
    assert (result.value, result.output, result.printed, result.error) == (0.8, "0.8", "at 40.0\n", None)


async def test_one_call_in_one_line_while_a_loop_runs() -> None:
    assert call_tool(rate, {"temperature": "40"}).value == 0.8


def test_arguments_that_the_model_got_wrong() -> None:
    assert "temperature" in str(call_tool(rate).error)
    assert "JSON" in str(call_tool(rate, '{"temperature": ').error)


def test_an_async_tool_and_one_that_fails() -> None:
    async def wait() -> str:
        """Wait."""
        await asyncio.sleep(0)
        return "waited"

    def fail() -> None:
        """Fail."""
        raise KeyError("sample 7")

    assert call_tool(wait).output == "waited"
    failed = call_tool(fail)
    assert failed.error == "KeyError: 'sample 7'"
    assert 'raise KeyError("sample 7")' in failed.traceback
    assert json.loads(failed.output) == {"error": "KeyError: 'sample 7'"}


def test_a_function_that_can_be_no_tool() -> None:
    with pytest.raises(ToolDefinitionError):
        call_tool(lambda *everything: None)


async def test_several_calls_at_once_and_what_the_model_got() -> None:
    async with ToolBench(rate) as bench:

        @bench.session.tool(name="twice")
        def double(number: int) -> int:
            """Twice a number."""
            return 2 * number

        reply = await bench.call_all(Call("rate", {"temperature": 1}), Call("twice", {"number": 4}))
        assert [result.value for result in reply.tool_calls] == [0.02, 8]
        assert (await bench.call(double, number=5)).value == 10
        assert sorted(bench.outputs()) == ["0.02", "10", "8"]
        assert bench.definition("twice")["parameters"]["required"] == ["number"]
        with pytest.raises(KeyError, match="the model has no tool 'other'"):
            bench.definition("other")


async def test_a_picture_goes_to_the_model_after_its_output() -> None:
    def plot() -> object:
        """A picture."""
        return Image.new("RGB", (8, 8), "red")

    async with ToolBench(plot) as bench:
        assert len((await bench.call(plot)).images) == 1
        assert len((await bench.call(plot)).images) == 1
        kinds = [event["item"]["type"] for event in bench.server.received_of("conversation.item.create")]
        assert kinds == ["message", "function_call_output", "message"] * 2


async def test_consent_is_given_by_the_test() -> None:
    async with ToolBench() as bench:
        bench.session.tool(rate, approval="always")
        calling = asyncio.create_task(bench.call("rate", temperature=3))
        (await bench.session.calls.next_asking()).deny("too hot")
        assert "too hot" in str((await calling).error)


async def test_a_time_limit_ends_by_the_clock() -> None:
    started, end = threading.Event(), threading.Event()

    def slow() -> None:
        """Take long."""
        progress("begun")
        started.set()
        end.wait()

    clock = ManualClock()
    async with ToolBench(clock=clock) as bench:
        bench.session.tool(slow, time_limit=60)
        calling = asyncio.create_task(bench.call(slow))
        await asyncio.to_thread(started.wait)
        await clock.advance(59)
        assert [call.phase for call in bench.session.calls.values()] == ["running"]
        await clock.advance(1)
        assert "its limit of 60 s" in str((await calling).error)
        end.set()


async def test_a_call_without_an_output_is_told() -> None:
    end = threading.Event()

    def stuck() -> None:
        """Never end."""
        end.wait()

    with pytest.raises(ScriptNotFollowedError, match="function_call_output"):
        async with ToolBench(stuck, patience=0.2) as bench:
            try:
                await bench.call(stuck)
            finally:
                end.set()


async def test_what_a_bench_refuses() -> None:
    with pytest.raises(ConfigurationError, match="brings its own endpoint"):
        ToolBench(endpoint="openai")
    async with ToolBench(rate) as bench:
        with pytest.raises(ConfigurationError, match="not both"):
            await bench.call(rate, {"temperature": 1}, temperature=1)
        with pytest.raises(ConfigurationError, match="not a tool of this session"):
            await bench.call(print)
        with pytest.raises(ConfigurationError, match="at least one"):
            await bench.call_all()
