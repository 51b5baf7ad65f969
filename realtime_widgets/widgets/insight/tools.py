"""The tools of a session as the page lists them, and calls by hand as it shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from realtime_widgets.widgets.messages import ToolRow, Tried

if TYPE_CHECKING:
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.runtime.tools.by_hand import HandRun
    from realtime_widgets.tools import ToolRegistry


def tool_rows(tools: ToolRegistry, runtime: SessionRuntime) -> list[ToolRow]:
    """Return all tools, in the order in which they were added."""
    refused = tools.refused
    return [
        ToolRow(
            name=name,
            signature=tool.signature,
            description=tool.description,
            parameters=json.dumps(tool.parameters, ensure_ascii=False),
            enabled=tool.enabled,
            version=tool.version,
            origin=tool.origin,
            asks=tool.options.approval != "never",
            refused=refused.get(name, ""),
            change=runtime.by_hand.change_of(name),
        )
        for name, tool in tools.items()
    ]


def tried(run: HandRun) -> Tried:
    """Return how a call by hand goes."""
    result = run.result
    if result is None:
        return Tried(run.number, run.name, "", "", "", "", None)
    error = result.error or ""
    output = "" if error else result.output
    return Tried(run.number, run.name, output, error, result.printed, result.traceback, round(result.seconds, 3))
