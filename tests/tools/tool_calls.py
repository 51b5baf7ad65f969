"""How the tests of tools make and call them."""

from __future__ import annotations

import asyncio
import datetime
import json
import threading
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.tools import ToolResult, ToolRunner


class Gate(threading.Event):
    """An event that a tool waits for in a thread, and that tells when it does."""

    def __init__(self) -> None:
        super().__init__()
        self._reached = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self._reached.set()
        return super().wait(timeout)

    async def reached(self) -> None:
        """Wait until somebody waits."""
        assert await asyncio.to_thread(self._reached.wait, 120)


def tool_of(function: Callable[..., Any], **options: Any) -> Tool:
    return Tool.of(function, **{"description": "For a test."} | options)


async def call(runner: ToolRunner, function: Callable[..., Any], **arguments: Any) -> ToolResult:
    tool = function if isinstance(function, Tool) else tool_of(function)
    return await runner.run("call_1", tool, tool.name, json.dumps(arguments))


def loudly(number: int) -> int:
    print("working on", number)
    return 2 * number


def where() -> str:
    print("here")
    return threading.current_thread().name


async def where_async() -> str:
    await asyncio.sleep(0)
    return where()


def double(number: int) -> int:
    """Double a number."""
    return 2 * number


def day_after(day: datetime.date) -> datetime.date:
    """Give the day after."""
    return day + datetime.timedelta(days=1)
