"""One connection of a session while it lasts: what comes is handed on, what goes waits its turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.reconnect import SESSION_EXPIRED

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from realtime_widgets.protocol.connection import Connection


class LinkListener(Protocol):
    """What a link tells its session."""

    def received(self, event: ev.AnyServerEvent) -> None:
        """Take an event of the server."""

    def problem(self, text: str) -> None:
        """Take what was wrong with a frame."""

    def link_lost(self, link: Link) -> None:
        """Take note that the connection is gone; `Link.error` says how."""

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine; its failure is the session's."""


class Link:
    """Reads and writes one connection.

    Attributes
    ----------
    error
        How the connection was lost, None while it stands.
    expired
        Whether the service said that the session's time is over.
    """

    def __init__(self, connection: Connection, listener: LinkListener) -> None:
        self.error: ConnectionFailedError | None = None
        self.expired = False
        self._connection = connection
        self._listener = listener
        self._outgoing: asyncio.Queue[ev.ClientEvent] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def unsent(self) -> int:
        """Events that wait to be sent."""
        return self._outgoing.qsize()

    def begin(self) -> None:
        """Begin to read and write."""
        self._tasks = [self._listener.spawn(self._receive()), self._listener.spawn(self._deliver())]

    def send(self, event: ev.ClientEvent) -> None:
        """Send an event after those that wait."""
        self._outgoing.put_nowait(event)

    async def close(self) -> None:
        """Stop and close the connection."""
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        await self._connection.close()

    async def _receive(self) -> None:
        while True:
            try:
                event = await self._connection.receive()
            except ConnectionFailedError as error:
                self.error = error
                self._listener.link_lost(self)
                return
            except ValueError as error:
                self._listener.problem(f"{error}; it was left out.")
                continue
            self.expired |= isinstance(event, ev.ErrorEvent) and event.error.code == SESSION_EXPIRED
            self._listener.received(event)

    async def _deliver(self) -> None:
        while True:
            try:
                await self._connection.send(await self._outgoing.get())
            except ConnectionFailedError:
                return  # `_receive` tells of it once it has read what the server said last
