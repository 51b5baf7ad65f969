"""One tool by itself: called by hand as the model would call it."""

from __future__ import annotations

import asyncio
import datetime
import functools
from typing import Any

import pytest

from realtime_widgets.errors import ToolArgumentsError, ToolDefinitionError
from realtime_widgets.tools import ToolRegistry
from tests.tools.tool_calls import day_after, tool_of


def test_a_tool_is_called_as_the_model_would():
    tools = ToolRegistry()
    tools.add(day_after)
    tool = tools["day_after"]
    assert tool(day="2026-12-31") == datetime.date(2027, 1, 1)
    assert tool.call_json('{"day": "2026-12-31"}') == datetime.date(2027, 1, 1)
    with pytest.raises(ToolArgumentsError, match="day is missing"):
        tool()
    with pytest.raises(ToolArgumentsError, match="not valid JSON"):
        tool.call_json("{")


async def test_by_hand_a_tool_answers_in_the_model_s_own_words():
    tools = ToolRegistry()

    @tools.add
    async def later(day: datetime.date) -> dict[str, datetime.date]:
        """Give the day."""
        return {"day": day}

    tools.add(day_after)
    assert tools["day_after"].answer('{"day": "2026-12-31"}') == '"2027-01-01"'
    assert await tools["later"].answer('{"day": "2026-12-31"}') == '{"day": "2026-12-31"}'
    with pytest.raises(ToolArgumentsError, match="day is missing"):
        tools["day_after"].answer()


async def test_an_async_tool_gives_its_coroutine():
    tools = ToolRegistry()

    @tools.add
    async def later(a: int) -> int:
        """Answer later."""
        await asyncio.sleep(0)
        return a

    class Caller:
        async def __call__(self, a: int) -> int:
            """Answer later."""
            return a

    tools.add(Caller())
    tools.add(functools.partial(later, a=3), name="bound")
    assert [tool.is_async for tool in tools.values()] == [True, True, True]
    assert await tools["later"](a="2") == 2
    assert await tools["Caller"](a=2) == 2
    assert await tools["bound"]() == 3


def test_a_parameter_may_be_called_self_or_name():
    tools = ToolRegistry()

    @tools.add
    def greet(name: str, arguments: str) -> str:
        """Greet."""
        return name + arguments

    assert tools["greet"](name="a", arguments="b") == "ab"


def test_a_generator_cannot_be_a_tool():
    def counts(n: int) -> Any:
        yield from range(n)

    with pytest.raises(ToolDefinitionError, match="'counts' is a generator"):
        tool_of(counts)
