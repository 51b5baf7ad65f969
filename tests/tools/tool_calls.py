"""How the tests of tools make and call them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.tools import ToolResult, ToolRunner


def tool_of(function: Callable[..., Any], **options: Any) -> Tool:
    return Tool.of(function, **{"description": "For a test."} | options)


async def call(runner: ToolRunner, function: Callable[..., Any], **arguments: Any) -> ToolResult:
    tool = function if isinstance(function, Tool) else tool_of(function)
    return await runner.run("call_1", tool, tool.name, json.dumps(arguments))


def loudly(number: int) -> int:
    print("working on", number)
    return 2 * number
