"""A WebSocket that is attached to a call: it sees and controls the call, and is dropped if it does not read."""

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

#: Largest number of bytes that may wait to be read; answers come without their audio, so it is rarely reached.
_MAX_UNREAD = 16 * 1024 * 1024
#: Longest time in seconds for the client to read the rest when the call has ended.
_LEAVE_S = 5.0


class Sideband:
    """One attached client.

    Parameters
    ----------
    socket
        The prepared WebSocket.
    transport
        Its transport.
    receive
        Called with each event of the client, as text.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.WriteTransport, receive: Callable[[str], None]
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._receive = receive
        self._outbox = Outbox(socket)
        self._dropped = False

    def put(self, event: dict[str, Any]) -> None:
        """Queue an event; drop the client if too much is waiting already."""
        if self._dropped:
            return
        if self._outbox.waiting <= _MAX_UNREAD:
            self._outbox.put(event)
            return
        self._dropped = True
        logger.warning("a WebSocket attached to a call does not read its events; it was dropped")
        # Without a close frame, which would have to wait behind everything unread.
        self._transport.abort()

    async def run(self, over: asyncio.Event) -> None:
        """Run the connection until the client is gone, or until `over`."""
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
                    self._receive(message.data)
                await self._outbox.drained()
