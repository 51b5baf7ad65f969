"""An MCP server that says what it was told to keep, over stdio as a program."""

from __future__ import annotations

import os

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("quotes")


@server.tool()
def variable(name: str) -> str:
    """Say a variable."""
    return f"{name} is {os.environ[name]}"


@server.tool()
def fail() -> str:
    """Fail with a secret."""
    raise ToolError(f"no entry with {os.environ['DOCS_TOKEN']}")


if __name__ == "__main__":
    server.run()
