"""One WebSocket connection of the Realtime protocol: frames in, typed events out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol.events import decode, encode

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.protocol.events import AnyServerEvent, ClientEvent

# The library logs the handshake's headers, and with them the key, at DEBUG: never let it.
_library_log = logging.getLogger(f"{__name__}.websockets")
_library_log.setLevel(logging.INFO)

#: Largest frame taken from a server: 16 MiB, above any event the service documents.
MAX_FRAME_BYTES = 16 * 2**20
OPEN_TIMEOUT_S = 15.0

_STATUS_CURES = {
    401: "the API key is missing or wrong: check OPENAI_API_KEY or api_key=",
    403: "the key has no access to this model or endpoint",
    404: "there is no Realtime endpoint at this address, or no such model",
    429: "too many requests or sessions: wait, or check the account's limits",
}


class Connection:
    """An open connection; make one with `Connection.open`."""

    def __init__(self, websocket: ClientConnection, endpoint_name: str) -> None:
        self._websocket = websocket
        self._endpoint_name = endpoint_name

    @classmethod
    async def open(cls, endpoint: Endpoint) -> Connection:
        """Connect to `endpoint`.

        Raises
        ------
        ConnectionFailedError
            Where it cannot be reached or refuses; the text names the cure, never the key.
        """
        where = f"{endpoint.title} ({endpoint.base_url})"
        try:
            websocket = await connect(
                endpoint.websocket_url(),
                additional_headers=endpoint.headers(),
                max_size=MAX_FRAME_BYTES,
                open_timeout=OPEN_TIMEOUT_S,
                compression=None,
                proxy=None if endpoint.loopback else True,
                logger=_library_log,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            cure = _STATUS_CURES.get(status, "see the endpoint's log")
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
        return cls(websocket, endpoint.title)

    async def send(self, event: ClientEvent) -> None:
        """Send one event.

        Raises
        ------
        ConnectionFailedError
            Where the connection is gone.
        """
        try:
            await self._websocket.send(encode(event))
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
        try:
            frame = await self._websocket.recv()
        except ConnectionClosed as error:
            raise self._closed(error) from None
        return decode(frame)

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
