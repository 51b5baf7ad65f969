"""Tools of MCP servers that this process starts or connects to; they are called as functions are.

Imports `tools.registry` and what stands below it, `protocol.endpoint.urls`, `concurrency` and `errors`.
"""

from realtime_widgets.tools.mcp.servers import McpServer, McpServers

__all__ = ["McpServer", "McpServers"]
