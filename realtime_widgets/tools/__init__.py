"""Python functions as tools of the model: schema, registry and runner."""

from realtime_widgets.tools.call_output import progress
from realtime_widgets.tools.hosted import HostedMcp
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.registry import ToolChange, ToolRegistry
from realtime_widgets.tools.runner import ToolResult, ToolRunner
from realtime_widgets.tools.tool import Tool

__all__ = [
    "HostedMcp",
    "Tool",
    "ToolChange",
    "ToolOptions",
    "ToolRegistry",
    "ToolResult",
    "ToolRunner",
    "progress",
]
