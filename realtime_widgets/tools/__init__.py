"""Python functions as tools of the model: their schemas, their registry, and how calls of them run.

Imports `protocol`, `concurrency`, `images`, `lazy_types` and `errors`, never `core`. Inside, each may import what
stands to its right: `mcp, service_view, diff > registry, offer > hosted_mcp, openai_agents, execution, sameness >
tool > options, output > schema`.
"""

from realtime_widgets.tools.execution.runner import ToolResult, ToolRunner
from realtime_widgets.tools.hosted_mcp import HostedMcp
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.output.call_output import progress
from realtime_widgets.tools.registry import ToolChange, ToolRegistry
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
