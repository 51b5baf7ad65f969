"""One WebSocket connection of the Realtime protocol: frames in, typed events out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidProxyStatus,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol.events import ErrorEvent
from realtime_widgets.protocol.secrets import forget_locals, masked, masked_frame
from realtime_widgets.protocol.wire.codec import Codec
from realtime_widgets.protocol.wire.unreached import proxy_refusal, refusal, session_proxy, unreached

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.events import AnyServerEvent, ClientEvent
    from realtime_widgets.protocol.secrets import Secret, SecretTexts

# The library logs the handshake's headers, and with them the key, at DEBUG: never let it.
_library_log = logging.getLogger(f"{__name__}.websockets")
_library_log.setLevel(logging.INFO)

#: Largest frame accepted from a server: 16 MiB, above any event that the service documents.
MAX_FRAME_BYTES = 16 * 2**20
OPEN_TIMEOUT_S = 15.0
#: How long the other side may take to close as well; then the connection is cut.
CLOSE_TIMEOUT_S = 2.0
#: How long a server may take to answer a ping; one goes out every so many seconds, too.
PING_TIMEOUT_S = 20.0
#: The library's reason for closing when that time is over.
_NO_PONG = "keepalive ping timeout"
#: How long an unknown server may take to show its dialect before GA is assumed.
FIRST_EVENT_TIMEOUT_S = 2.0
#: Code of the service's error when a client asks for the shapes of 2024.
SHAPES_2024_REFUSED = "beta_api_shape_disabled"


class _ConnectHere(connect):
    """Connects to the address given and follows no redirect: keys and the talk are for this host only."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Refuse."""
        return exc


class Connection:
    """An open connection; make one with `Connection.open`.

    Parameters
    ----------
    websocket
        What it goes over.
    endpoint_name
        Name of the endpoint in a sentence.
    codec
        Encodes and decodes its frames.
    headers
        What it was opened with; its secrets are masked in what the server says while it lasts.
    """

    def __init__(
        self, websocket: ClientConnection, endpoint_name: str, codec: Codec, headers: SecretTexts
    ) -> None:
        self._websocket = websocket
        self._headers = headers
        self._endpoint_name = endpoint_name
        self._codec = codec
        self._read: deque[AnyServerEvent | ValueError] = deque()

    @classmethod
    async def open(cls, endpoint: Endpoint) -> Connection:
        """Connect to `endpoint`, and find out its dialect if that is unknown.

        Raises
        ------
        ConnectionFailedError
            If it cannot be reached or refuses; the text says what to do, and never shows the key.
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
        """Dialect of the server; ``"auto"`` while it is unknown."""
        return self._codec.dialect

    @classmethod
    async def _connect(cls, endpoint: Endpoint, dialect: Dialect) -> Connection:
        proxy = session_proxy(endpoint)
        headers = await endpoint.fresh_headers()
        shapes = {"OpenAI-Beta": "realtime=v1"} if dialect == "2024" else {}
        try:
            websocket = await _opened(endpoint, headers, shapes, proxy)
        except InvalidStatus as error:
            status = error.response.status_code
            if endpoint.ask_again(status):
                return await cls._connect(endpoint, dialect)
            raise refusal(endpoint, status, error.response.body, headers) from None
        except InvalidProxyStatus as error:
            raise proxy_refusal(endpoint, proxy, error.response.status_code) from None
        except (ProxyError, OSError) as error:
            raise unreached(endpoint, error, OPEN_TIMEOUT_S, proxy) from None
        except (WebSocketException, ImportError) as error:
            raise unreached(endpoint, error, OPEN_TIMEOUT_S) from None
        return cls(websocket, endpoint.title, Codec(dialect, endpoint.capabilities), headers)

    async def send(self, event: ClientEvent) -> None:
        """Send one event.

        Raises
        ------
        ConnectionFailedError
            If the connection is gone.
        """
        try:
            await self._websocket.send(self._codec.write(event))
        except ConnectionClosed as error:
            raise self._closed(error) from None
        except BaseException as error:
            forget_locals(error)  # the frame may hold the token of an MCP server
            raise

    async def receive(self) -> AnyServerEvent:
        """Return the next event, once it is there.

        Raises
        ------
        ConnectionFailedError
            If the connection is gone.
        ValueError
            If a frame is not an event; the connection stays usable.
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
        if isinstance(frame, str):
            frame = masked_frame(frame)
        try:
            self._read.extend(self._codec.read(frame))
        except ValueError as error:
            self._read.append(error)

    async def _refuses_shapes(self) -> bool:
        """Whether the server's first event says that it no longer speaks the shapes of 2024."""
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
        """Wait for an event that shows the dialect: a server sends the session's settings first."""
        # `receive` meets a lost connection again and raises.
        with contextlib.suppress(ConnectionFailedError, TimeoutError):
            async with asyncio.timeout(FIRST_EVENT_TIMEOUT_S):
                while self._codec.dialect == "auto":
                    await self._read_frame()

    async def close(self) -> None:
        """Close the connection, whether or not the other side answers; harmless if it is closed already."""
        # Not the library's own limit: that leaves out the wait for a full send buffer.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._websocket.close()
        self._websocket.transport.abort()
        await self._websocket.wait_closed()

    def _closed(self, error: ConnectionClosed) -> ConnectionFailedError:
        ours = error.sent is not None and not error.rcvd_then_sent
        closing = error.sent if ours else error.rcvd
        if closing is None:
            return ConnectionFailedError(f"the connection to {self._endpoint_name} was lost", close_code=1006)
        reason = f": {masked(closing.reason)}" if closing.reason else ""
        if ours and closing.reason == _NO_PONG:
            silence = f"it has not answered for {PING_TIMEOUT_S:g} s"
            text = f"the connection to {self._endpoint_name} was given up: {silence}"
        elif ours:
            text = f"the connection to {self._endpoint_name} was closed from here (code {closing.code}{reason})"
        else:
            text = f"{self._endpoint_name} closed the connection (code {closing.code}{reason})"
        return ConnectionFailedError(text, close_code=closing.code)


async def _opened(
    endpoint: Endpoint, headers: SecretTexts, further: dict[str, str], proxy: Secret | None
) -> ClientConnection:
    """Open a connection; whatever is raised, its frames hold neither the key nor a proxy's password."""
    try:
        return await _ConnectHere(
            endpoint.websocket_url(),
            additional_headers={**headers, **further},
            max_size=MAX_FRAME_BYTES,
            open_timeout=OPEN_TIMEOUT_S,
            ping_interval=PING_TIMEOUT_S,
            ping_timeout=PING_TIMEOUT_S,
            compression=None,
            proxy=proxy.reveal() if proxy else None,
            logger=_library_log,
        )
    except BaseException as error:
        forget_locals(error)
        if isinstance(error, InvalidStatus):
            error.args = ()  # the server's response, which may quote the key
        raise
