"""A server that takes settings and items, and sends what a test says for each request of a response."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Event = dict[str, Any]


@dataclass
class BareServer:
    """Serves `answer`, which gets the number of the request, from 1.

    Attributes
    ----------
    url
        Address of the running server.
    requests
        Settings of each response that was asked for.
    """

    answer: Callable[[int], list[Event]]
    url: str = ""
    requests: list[Event] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[BareServer]:
        """Serve until the block is left."""
        async with serve(self._handle, "127.0.0.1", 0, close_timeout=0.2) as server:
            self.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
            yield self

    async def _handle(self, connection: ServerConnection) -> None:
        try:
            await connection.send(json.dumps({"type": "session.created", "session": {}}))
            async for frame in connection:
                for event in self._answers(json.loads(frame)):
                    await connection.send(json.dumps(event))
        except ConnectionClosed:
            pass

    def _answers(self, event: Event) -> list[Event]:
        match event:
            case {"type": "session.update", "session": session}:
                return [{"type": "session.updated", "session": session}]
            case {"type": "response.create", "response": settings}:
                self.requests.append(settings)
                return self.answer(len(self.requests))
        return []
