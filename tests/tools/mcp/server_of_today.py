"""An MCP server by the mcp package, for tests; over stdio as a program."""

from __future__ import annotations

import base64
import os
import sys
import zlib
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context  # noqa: TC002 - read at run time
from mcp.types import ImageContent, TextContent

server = MCPServer("today")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(name="odd.name/über")
def odd() -> str:
    """Have a name that the service does not take."""
    return "odd"


@server.tool()
def divide(a: float, b: float) -> float:
    """Divide."""
    return a / b


@server.tool(structured_output=False)
def look() -> Any:
    """Look."""
    rows = zlib.compress(b"\0\0\0\0")

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
    png = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    picture = ImageContent(type="image", data=base64.b64encode(png).decode(), mime_type="image/png")
    return [TextContent(type="text", text="what the camera saw"), picture]


@server.tool()
async def work(ctx: Context) -> str:
    """Work and tell how far it is."""
    await ctx.report_progress(1, 4, "a quarter is done")
    return "worked"


@server.tool()
async def learn(ctx: Context) -> str:
    """Learn a new tool, and forget one."""

    def triple(x: int) -> int:
        """Triple a number."""
        return 3 * x

    server.add_tool(triple)
    server.remove_tool("divide")
    await ctx.notify_tools_changed()
    return "learned"


@server.tool()
def environment(name: str) -> str:
    """Read an environment variable."""
    return os.environ.get(name, "")


@server.tool()
def evaluate(expression: str) -> str:
    """Evaluate Python."""
    return str(eval(expression))


@server.tool()
def die() -> None:
    """Die."""
    print("I am dying with", os.environ.get("TOKEN"), file=sys.stderr, flush=True)
    os._exit(3)


if __name__ == "__main__":
    server.run()
