"""A scheduler of calls by hand, and what came of them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.testing import ManualClock
from realtime_widgets.tools import ToolRunner
from realtime_widgets.tools.execution.calls import CallScheduler, RunningCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.tools import Tool


class Desk:
    """Calls of tools, and what came of them."""

    def __init__(self, main_loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.delivered: list[RunningCall] = []
        self.clock = ManualClock()
        self.runner = ToolRunner(main_loop)
        self.calls = CallScheduler(self.runner, self._deliver, self._changed, self.clock)
        self._something = asyncio.Event()
        self._count = 0

    def _deliver(self, running: RunningCall) -> None:
        self.delivered.append(running)

    def _changed(self) -> None:
        self._something.set()

    def begin(self, tool: Tool, **arguments: Any) -> RunningCall:
        self._count += 1
        call = ToolCall(f"call_{self._count}", "", "", tool.name, json.dumps(arguments))
        self.calls.begin(call, tool)
        return self.calls.by_id[call.call_id]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(120):
            while not condition():
                await self._something.wait()
                self._something.clear()

    async def output(self, running: RunningCall) -> Any:
        await self.until(lambda: running.result)
        assert running.result is not None
        return json.loads(running.result.output)
