"""WebSocket servers on a free port of loopback, and the server's side of the Realtime protocol."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from websockets.asyncio.server import ServerConnection

_PATIENCE_S = 120.0


@asynccontextmanager
async def serving(handle: Callable[[ServerConnection], Awaitable[None]], **options: Any) -> AsyncIterator[int]:
    """Serve WebSockets and yield the port.

    Parameters
    ----------
    handle
        A coroutine function that serves one connection; may raise `ConnectionClosed` when the client disconnects.
    **options
        Other options of `websockets.asyncio.server.serve`.
    """

    async def session(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await handle(socket)

    async with serve(session, "127.0.0.1", 0, compression=None, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1]


class Client:
    """One client of a Realtime server, as the server sees it.

    Parameters
    ----------
    socket
        The connection to it.
    """

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self._numbers = 0

    def new_event_id(self) -> str:
        """Return an ``event_id`` that this client has not received yet."""
        self._numbers += 1
        return f"event_{self._numbers}"

    async def send(self, *events: dict[str, Any]) -> None:
        """Send events, each with a new ``event_id``."""
        for event in events:
            await self.socket.send(json.dumps({"event_id": self.new_event_id(), **event}))

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Open the session, accept all settings, and yield every event that the client sends."""
        await self.send(shapes.session_created())
        async for frame in self.socket:
            event = json.loads(frame)
            if event["type"] == "session.update":
                await self.send(shapes.session_updated(event["session"]))
            yield event


class Endpoint:
    """A Realtime server on loopback, as an async context manager; a subclass defines how it serves a client.

    Attributes
    ----------
    url
        Address of the endpoint, known inside the block.
    something
        Set and cleared again with each client that comes or goes, and with whatever else a subclass tells of.
    clients
        How many clients are connected.
    """

    def __init__(self) -> None:
        self.url = ""
        self.something = asyncio.Event()
        self.clients = 0
        self._serving: AbstractAsyncContextManager[int] | None = None

    async def serve(self, client: Client) -> None:
        """Serve a client until it disconnects."""
        raise NotImplementedError

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is checked whenever something happens."""
        async with asyncio.timeout(_PATIENCE_S):
            while not condition():
                await self.something.wait()

    def _tell(self) -> None:
        self.something.set()
        self.something.clear()

    async def _serve(self, socket: ServerConnection) -> None:
        self.clients += 1
        self._tell()
        try:
            await self.serve(Client(socket))
        finally:
            self.clients -= 1
            self._tell()

    async def __aenter__(self) -> Self:
        self._serving = serving(self._serve)
        self.url = f"http://127.0.0.1:{await self._serving.__aenter__()}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._serving is not None
        await self._serving.__aexit__(kind, error, trace)
