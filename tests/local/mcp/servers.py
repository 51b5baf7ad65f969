"""MCP servers on loopback for the endpoint: by the mcp package, each on a thread of its own, or by hand."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from aiohttp import web
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Desk:
    """A server with tools of every kind; `headers` holds what came with each request."""

    def __init__(self, name: str = "desk") -> None:
        self.headers: list[dict[str, str]] = []
        self.started = threading.Event()
        self.cancelled = threading.Event()
        self.calls: list[str] = []
        self.server = MCPServer(name)
        tool = self.server.tool
        reads = ToolAnnotations(read_only_hint=True)

        @tool(annotations=reads)
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            self.calls.append("add")
            return a + b

        @tool()
        def where() -> str:
            """Say which server this is."""
            self.calls.append("where")
            return name

        @tool()
        def clock() -> str:
            """Tell the time."""
            return "noon"

        @tool()
        def weather() -> str:
            """Fail."""
            raise ToolError("no weather today")

        @tool()
        def quote() -> str:
            """Quote the key."""
            return f"my headers are {self.headers[-1]}"

        @tool()
        def fail() -> str:
            """Fail with the key."""
            raise ToolError(f"no entry with {self.headers[-1]}")

        @tool()
        def flood() -> str:
            """Return 10 MB."""
            return "x" * 10_000_000

        @tool()
        def long() -> str:
            """Return 100 kB."""
            return "y" * 100_000

        @tool()
        async def wait() -> str:
            """Never answer."""
            self.started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            return ""

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Serve on loopback; gives the address."""
        app = self.server.streamable_http_app()

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await app(scope, receive, send)

        listening = socket.create_server(("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(noting, log_level="critical", timeout_graceful_shutdown=0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


@asynccontextmanager
async def by_hand(answer: Any) -> AsyncIterator[str]:
    """Serve one answer for every request on loopback; gives the address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
    finally:
        await runner.cleanup()
