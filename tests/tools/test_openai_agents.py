"""Objects in the shape of openai-agents' ``FunctionTool``; the package itself is not needed, and not here."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools import ToolRegistry
from tests.tools.tool_calls import call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.tools import ToolRunner

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
URI = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


async def forecast(context: Any, arguments: str) -> Any:
    return f"{context.tool_name}: rain in {json.loads(arguments)['city']}"


@dataclass
class LikeFunctionTool:
    """The fields of a ``FunctionTool`` that are read."""

    on_invoke_tool: Callable[[Any, str], Awaitable[Any]] = forecast
    name: str = "forecast"
    description: str = "Forecast the weather."
    params_json_schema: dict[str, Any] = field(default_factory=lambda: dict(SCHEMA))
    is_enabled: Any = True
    needs_approval: Any = False
    timeout_seconds: float | None = None
    tool_input_guardrails: list[Any] | None = None
    tool_output_guardrails: list[Any] | None = None


async def test_it_is_told_as_it_is_and_called_with_json(runner: ToolRunner) -> None:
    tools = ToolRegistry()
    tools.add(LikeFunctionTool())
    assert tools.definitions() == [
        {"type": "function", "name": "forecast", "description": "Forecast the weather.", "parameters": SCHEMA}
    ]
    assert (await call(runner, tools["forecast"], city="Bath")).output == "forecast: rain in Bath"
    refused = await call(runner, tools["forecast"], town="Bath")
    assert "'city' is a required property" in str(refused.error)


async def test_its_options_count_and_those_given_here_before_them() -> None:
    tools = ToolRegistry()
    tools.add(LikeFunctionTool(needs_approval=lambda *_: False, timeout_seconds=5))
    assert (tools["forecast"].options.approval, tools["forecast"].options.time_limit) == ("always", 5)
    tools.add(LikeFunctionTool(needs_approval=True, is_enabled=False), approval="never", name="weather")
    assert tools["weather"].options.approval == "never"
    assert not tools["weather"].enabled


@pytest.mark.parametrize(
    ("result", "output"),
    [
        (SimpleNamespace(type="text", text="rain"), "rain"),
        (SimpleNamespace(type="image", image_url=URI), "image 1"),
        ([SimpleNamespace(type="text", text="rain"), "sun"], '["rain", "sun"]'),
    ],
)
async def test_its_outputs_are_read(runner: ToolRunner, result: Any, output: str) -> None:
    async def invoke(context: Any, arguments: str) -> Any:
        return result

    tools = ToolRegistry()
    tools.add(LikeFunctionTool(on_invoke_tool=invoke))
    assert output in (await call(runner, tools["forecast"], city="Bath")).output


def test_what_only_its_own_runner_does_is_refused() -> None:
    with pytest.raises(ToolDefinitionError, match="guardrails"):
        ToolRegistry().add(LikeFunctionTool(tool_input_guardrails=[print]))


def test_a_tool_that_is_made_already_can_be_added() -> None:
    one, other = ToolRegistry(), ToolRegistry()
    one.add(LikeFunctionTool())
    other.add(one["forecast"], approval="always")
    assert other["forecast"].options.approval == "always"
    with pytest.raises(ToolDefinitionError, match="has its name"):
        other.add(one["forecast"], name="weather")
