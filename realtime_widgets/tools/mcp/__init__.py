"""Tools of MCP servers: started or reached from here, listed, and called as our own are."""

from realtime_widgets.tools.mcp.servers import McpServer, McpServers

__all__ = ["McpServer", "McpServers"]
