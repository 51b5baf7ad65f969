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
async def guarded(url: str, key: str, *, late: bool = False) -> AsyncIterator[str]:
    """Put the door before the server at `url` (its WebSocket's); gives where to connect.

    A `late` door opens to everybody and closes again before who has no key.
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

    async with serve(handle, "127.0.0.1", 0, process_request=admit, compression=None) as outer:
        port = next(iter(outer.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
