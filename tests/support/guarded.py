"""A door before a Realtime server that lets in only who brings the right key."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import Request, Response, ServerConnection


@asynccontextmanager
async def guarded(url: str, key: str) -> AsyncIterator[str]:
    """Put the door before the server at `url` (its WebSocket's); gives where to connect."""

    def admit(client: ServerConnection, request: Request) -> Response | None:
        right = request.headers.get("Authorization") == f"Bearer {key}"
        return None if right else client.respond(HTTPStatus.UNAUTHORIZED, "no such key\n")

    async def handle(client: ServerConnection) -> None:
        async def down(inner: Any) -> None:
            async for frame in inner:
                await client.send(frame)

        async with connect(url, compression=None, proxy=None) as inner:
            task = asyncio.create_task(down(inner))
            async for frame in client:
                await inner.send(frame)
            task.cancel()

    async with serve(handle, "127.0.0.1", 0, process_request=admit, compression=None) as outer:
        port = next(iter(outer.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
