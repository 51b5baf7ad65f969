"""The kernel's end of the direct lane: a WebSocket server on loopback, one for all sessions of a process.

A page gets in with a token that was given to it over the notebook's own connection and that counts once. On the
I/O thread only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from realtime_widgets.lane.directory import announce, withdraw
from realtime_widgets.lane.frames import MAX_FRAME_BYTES, PAGE, PATH, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request

    from realtime_widgets.concurrency.io_thread import Engine

#: How long a token is good for, in seconds.
TOKEN_S = 60.0
#: How long a page may take to show its token after it has connected, in seconds.
JOIN_S = 10.0
#: Most bytes that wait for a page that does not take them.
MAX_WAITING_BYTES = 2**26
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

log = logging.getLogger(__name__)


class _Join(msgspec.Struct):
    token: str


class LaneUser(Protocol):
    """Who gets the frames of a page that has joined."""

    def arrived(self, header: bytes, payload: bytes) -> None:
        """Handle a frame; the first one is the page's own with its token."""

    def closed(self) -> None:
        """The connection is gone."""


@dataclass(frozen=True)
class ServedFile:
    """A file of a page: its media type, what is in it, and headers."""

    media_type: str
    body: bytes
    headers: dict[str, str]


class LaneConnection:
    """The connection to one page; sends in order, at once, and is cut if the page takes nothing."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._waiting_bytes = 0
        self._sending = asyncio.ensure_future(self._send())

    def send(self, header: bytes, payload: bytes = b"") -> None:
        """Send a frame after those that wait."""
        frame = pack(header, payload)
        self._waiting_bytes += len(frame)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            return self.close()
        self._outgoing.put_nowait(frame)

    def close(self) -> None:
        """Cut the connection."""
        self._sending.cancel()
        self._websocket.transport.abort()

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                frame = await self._outgoing.get()
                await self._websocket.send(frame)
                self._waiting_bytes -= len(frame)


@dataclass(frozen=True)
class _Offer:
    """Whom a token lets in: until when, for how long from now on if it is used often, and who is told."""

    until: float
    for_s: float
    often: bool
    joined: Callable[[LaneConnection], LaneUser]


class LaneServer:
    """Serves lanes on loopback.

    Attributes
    ----------
    port
        Where, on 127.0.0.1.
    lane_id
        By which the Jupyter server finds it; empty without Jupyter's folders.
    find_file
        Finds the file at a path below `PAGE`.
    origins
        Hosts of pages that proxies show under another name than this machine's.
    """

    def __init__(self) -> None:
        self.port = 0
        self.lane_id = ""
        self.find_file: Callable[[str], ServedFile | None] = lambda _path: None
        self.origins: set[str] = set()
        self._server: Server | None = None
        self._connections: set[LaneConnection] = set()
        self._offers: dict[str, _Offer] = {}

    async def start(self) -> None:
        """Begin to serve.

        Raises
        ------
        OSError
            If no port of loopback can be had.
        """
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            compression=None,
            max_size=MAX_FRAME_BYTES,
            process_request=self._check,
            logger=_quiet_log(),
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.lane_id = announce(self.port)

    def offer(
        self, joined: Callable[[LaneConnection], LaneUser], for_s: float = TOKEN_S, often: bool = False
    ) -> str:
        """Return a token for one page, good for `for_s` seconds; `joined` is called with its connection.

        It counts once, or, with `often`, each time until it has not been used for so long.
        """
        now = time.monotonic()
        self._offers = {token: offer for token, offer in self._offers.items() if offer.until > now}
        token = secrets.token_urlsafe(24)
        self._offers[token] = _Offer(now + for_s, for_s, often, joined)
        return token

    def cut(self) -> None:
        """Cut the connections of all pages."""
        for connection in list(self._connections):
            connection.close()

    async def close(self) -> None:
        """Stop serving, and remove what was written down of it."""
        withdraw(self.lane_id)
        if self._server is not None:
            self._server.close()

    async def _serve(self, websocket: ServerConnection) -> None:
        try:
            first = await asyncio.wait_for(websocket.recv(), JOIN_S)
            header, payload = unpack(first if isinstance(first, bytes) else first.encode())
            joined = self._taken(msgspec.json.decode(header, type=_Join).token)
        except (TimeoutError, ValueError, ConnectionClosed):
            joined = None
        if joined is None:
            return await websocket.close(1008, "this page has no right to this lane")
        connection = LaneConnection(websocket)
        self._connections.add(connection)
        user = joined(connection)
        try:
            user.arrived(header, payload)
            async for frame in websocket:
                user.arrived(*unpack(frame if isinstance(frame, bytes) else frame.encode()))
        except (ValueError, ConnectionClosed) as error:
            log.info("the direct lane of a page was closed: %s", error)
        finally:
            self._connections.discard(connection)
            connection.close()
            user.closed()

    def _taken(self, token: str) -> Callable[[LaneConnection], LaneUser] | None:
        offer, now = self._offers.pop(token, None), time.monotonic()
        if offer is None or offer.until <= now:
            return None
        if offer.often:
            self._offers[token] = replace(offer, until=now + offer.for_s)
        return offer.joined

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let in the Jupyter server, which names no origin, and pages of this machine; hand out a page's files."""
        path = urlsplit(request.path).path
        if path.startswith(PAGE):
            file = self.find_file(path)
            if file is None:
                return connection.respond(HTTPStatus.NOT_FOUND, "there is nothing here\n")
            headers = Headers(file.headers | {"Content-Type": file.media_type, "Connection": "close"})
            headers["Content-Length"] = str(len(file.body))
            return Response(HTTPStatus.OK, "OK", headers, file.body)
        if path != PATH:
            return connection.respond(HTTPStatus.NOT_FOUND, "there is nothing here\n")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).hostname not in _LOOPBACK and not self._known(origin):
            return connection.respond(HTTPStatus.FORBIDDEN, "pages of other hosts are not let in\n")
        return None

    def _known(self, origin: str) -> bool:
        return (urlsplit(origin).hostname or "") in self.origins


async def lane_server(engine: Engine) -> LaneServer:
    """Return the process's server; the first call starts it.

    Raises
    ------
    OSError
        If no port of loopback can be had.
    """
    global _starting  # noqa: PLW0603 - one server a process, as there is one engine
    if _starting is None or _starting[0] is not engine:
        _starting = (engine, asyncio.ensure_future(_started(engine)))
    task = _starting[1]
    try:
        return await asyncio.shield(task)
    except OSError:
        _starting = None
        raise


async def _started(engine: Engine) -> LaneServer:
    server = LaneServer()
    await server.start()
    engine.end_with_process(server)
    return server


_starting: tuple[Engine, asyncio.Task[LaneServer]] | None = None


def _quiet_log() -> logging.Logger:
    """Return a log that shows errors only: the library tells of each connection that fails to open."""
    quiet = logging.getLogger(f"{__name__}.websockets")
    quiet.setLevel(logging.ERROR)
    return quiet
