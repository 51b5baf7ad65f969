"""One WebSocket connection of the Realtime protocol: frames in, typed events out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol.door import Door
from realtime_widgets.protocol.events import ErrorEvent

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.protocol.events import AnyServerEvent, ClientEvent

# The library logs the handshake's headers, and with them the key, at DEBUG: never let it.
_library_log = logging.getLogger(f"{__name__}.websockets")
_library_log.setLevel(logging.INFO)

#: Largest frame taken from a server: 16 MiB, above any event the service documents.
MAX_FRAME_BYTES = 16 * 2**20
OPEN_TIMEOUT_S = 15.0
#: How long an unknown server may take to show its dialect before it is taken for GA.
FIRST_EVENT_TIMEOUT_S = 2.0
#: What the service answers to who asks for the shapes of 2024.
SHAPES_2024_REFUSED = "beta_api_shape_disabled"


class Connection:
    """An open connection; make one with `Connection.open`."""

    def __init__(self, websocket: ClientConnection, endpoint_name: str, door: Door) -> None:
        self._websocket = websocket
        self._endpoint_name = endpoint_name
        self._door = door
        self._read: deque[AnyServerEvent | ValueError] = deque()

    @classmethod
    async def open(cls, endpoint: Endpoint) -> Connection:
        """Connect to `endpoint`, and find out its dialect where that is not known.

        Raises
        ------
        ConnectionFailedError
            Where it cannot be reached or refuses; the text names the cure, never the key.
        """
        connection = await cls._connect(endpoint, endpoint.dialect)
        if endpoint.dialect == "2024" and await connection._refuses_shapes():
            await connection.close()
            connection = await cls._connect(endpoint, "ga")
        elif endpoint.dialect == "auto":
            await connection._find_dialect()
        return connection

    @property
    def dialect(self) -> Dialect:
        """What the server speaks, as far as that is known."""
        return self._door.dialect

    @classmethod
    async def _connect(cls, endpoint: Endpoint, dialect: Dialect) -> Connection:
        where = f"{endpoint.title} ({endpoint.base_url})"
        headers = await endpoint.fresh_headers()
        if dialect == "2024":
            headers["OpenAI-Beta"] = "realtime=v1"
        try:
            websocket = await connect(
                endpoint.websocket_url(),
                additional_headers=headers,
                max_size=MAX_FRAME_BYTES,
                open_timeout=OPEN_TIMEOUT_S,
                compression=None,
                proxy=None if endpoint.loopback else True,
                logger=_library_log,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if endpoint.ask_again(status):
                return await cls._connect(endpoint, dialect)
            cure = endpoint.refusal_cure(status)
            raise ConnectionFailedError(
                f"{where} refused the session with HTTP {status}: {cure}", http_status=status
            ) from None
        except (InvalidHandshake, InvalidURI) as error:
            raise ConnectionFailedError(
                f"{where} does not speak WebSocket: {type(error).__name__}; check the URL", unreachable=True
            ) from None
        except TimeoutError:
            raise ConnectionFailedError(
                f"{where} did not answer within {OPEN_TIMEOUT_S:g} s; check the network and the URL",
                unreachable=True,
            ) from None
        except OSError as error:
            raise ConnectionFailedError(
                f"{where} cannot be reached: {error.strerror or error}; is it running, is the URL right?",
                unreachable=True,
            ) from None
        return cls(websocket, endpoint.title, Door(dialect, endpoint.capabilities))

    async def send(self, event: ClientEvent) -> None:
        """Send one event.

        Raises
        ------
        ConnectionFailedError
            Where the connection is gone.
        """
        try:
            await self._websocket.send(self._door.write(event))
        except ConnectionClosed as error:
            raise self._closed(error) from None

    async def receive(self) -> AnyServerEvent:
        """Wait for the next event.

        Raises
        ------
        ConnectionFailedError
            Where the connection is gone.
        ValueError
            Where a frame is no event; the connection stays usable.
        """
        while not self._read:
            await self._read_frame()
        event = self._read.popleft()
        if isinstance(event, ValueError):
            raise event
        return event

    async def _read_frame(self) -> None:
        try:
            frame = await self._websocket.recv()
        except ConnectionClosed as error:
            raise self._closed(error) from None
        try:
            self._read.extend(self._door.read(frame))
        except ValueError as error:
            self._read.append(error)

    async def _refuses_shapes(self) -> bool:
        """Whether the server's first word is that it no longer speaks the shapes of 2024."""
        try:
            async with asyncio.timeout(FIRST_EVENT_TIMEOUT_S):
                await self._read_frame()
        except TimeoutError:
            return False
        except ConnectionFailedError as error:
            return SHAPES_2024_REFUSED in str(error)
        first = self._read[0] if self._read else None
        return isinstance(first, ErrorEvent) and first.error.code == SHAPES_2024_REFUSED

    async def _find_dialect(self) -> None:
        """Wait for an event that shows the dialect: the session's settings are the first thing to be sent."""
        # A lost connection is told by `receive`, which meets it again.
        with contextlib.suppress(ConnectionFailedError, TimeoutError):
            async with asyncio.timeout(FIRST_EVENT_TIMEOUT_S):
                while self._door.dialect == "auto":
                    await self._read_frame()

    async def close(self) -> None:
        """Close in an orderly way; harmless when closed already."""
        await self._websocket.close()

    def _closed(self, error: ConnectionClosed) -> ConnectionFailedError:
        closing = error.rcvd or error.sent
        if closing is None:
            return ConnectionFailedError(f"the connection to {self._endpoint_name} was lost", close_code=1006)
        reason = f": {closing.reason}" if closing.reason else ""
        text = f"{self._endpoint_name} closed the connection (code {closing.code}{reason})"
        return ConnectionFailedError(text, close_code=closing.code)
