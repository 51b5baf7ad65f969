"""A proxy in front of a Realtime server that admits only clients with the right key."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from devtools.endpoints.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response


@asynccontextmanager
async def guarded(url: str, key: str, *, late: bool = False) -> AsyncIterator[str]:
    """Start the proxy for the server at `url` (of its WebSocket) and yield the address to connect to.

    With `late` the proxy accepts every client, and then closes the connection of one without the key.
    """

    def right(request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {key}"

    def admit(client: ServerConnection, request: Request) -> Response | None:
        return None if late or right(request) else client.respond(HTTPStatus.UNAUTHORIZED, "no such key\n")

    async def handle(client: ServerConnection) -> None:
        async def down(inner: Any) -> None:
            async for frame in inner:
                await client.send(frame)

        assert client.request is not None
        if not right(client.request):
            await client.close(3000, "invalid_request_error.invalid_api_key")
            return
        async with connect(url, compression=None, proxy=None) as inner:
            task = asyncio.create_task(down(inner))
            async for frame in client:
                await inner.send(frame)
            task.cancel()

    async with serving(handle, process_request=admit) as port:
        yield f"http://127.0.0.1:{port}/v1"
