"""A WebSocket that is attached to a call: it sees and steers, and is dropped when it does not read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType

from realtime_widgets.local.realtime.connection import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

logger = logging.getLogger(__name__)

#: Bytes that may wait to be read before the next event; answers come without their sound, so it is far away.
_MAX_UNREAD = 16 * 1024 * 1024
#: How long the client may take to read what is left when the call has ended.
_LEAVE_S = 5.0


class Sideband:
    """One attached client.

    Parameters
    ----------
    socket
        The prepared WebSocket.
    transport
        What carries it.
    take
        Called with each of the client's events, as text.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.WriteTransport, take: Callable[[str], None]
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._take = take
        self._outbox = Outbox(socket)
        self._dropped = False

    def put(self, event: dict[str, Any]) -> None:
        """Queue an event; drops the client where too much is waiting to be read already."""
        if self._dropped:
            return
        if self._outbox.waiting <= _MAX_UNREAD:
            self._outbox.put(event)
            return
        self._dropped = True
        logger.warning("a WebSocket attached to a call does not read its events; it was dropped")
        # Without a word: it would be written behind all that is not read.
        self._transport.abort()

    async def run(self, over: asyncio.Event) -> None:
        """Hold the connection until the client is gone, or until `over`."""
        tasks = [asyncio.create_task(each) for each in (self._outbox.run(), self._read(), over.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(_LEAVE_S):
                await self._outbox.flush()
                await self._socket.close(code=WSCloseCode.OK, message=b"The call has ended.")
        except TimeoutError:
            self._transport.abort()

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._take(message.data)
                await self._outbox.room()
