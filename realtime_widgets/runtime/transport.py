"""One connection of a session while it lasts: reads events, and sends from a bounded queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.reconnect.policy import SESSION_EXPIRED
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.wire.connection import Connection

#: Number of unsent events above which audio is dropped: 30 s of 20 ms blocks, longer if a page groups them.
MAX_UNSENT = 1500


def load_network() -> None:
    """Load what connecting needs while nobody waits: importing the package does without."""
    import realtime_widgets.protocol.wire.connection  # noqa: F401


async def connect(endpoint: Endpoint) -> Connection:
    """Open a connection; raises as `Connection.open` does."""
    from realtime_widgets.protocol.wire.connection import Connection

    return await Connection.open(endpoint)


class SettingsRefusedError(ConfigurationError):
    """The endpoint refused settings, with `detail` as its reason."""

    def __init__(self, title: str, detail: ev.ErrorDetail) -> None:
        words = detail.message or detail.code or "it does not say why"
        super().__init__(f"{title} refused the session's settings: {words}")
        self.detail = detail


class Transport:
    """Reads and writes one connection.

    Parameters
    ----------
    connection
        The connection, open.
    received
        Called with each event of the server, and with the error of each frame that is none.
    jammed
        Called with True if sound cannot be sent any more because too much waits, and with False once it can.
    lost
        Called with this transport when the connection is gone.
    spawn
        Runs a coroutine as a task.

    Attributes
    ----------
    error
        How the connection was lost, None while it stands.
    expired
        Whether the service said that the session's time is over.
    unnamed_refusal
        Its last error that names no event of ours, None while there is none.
    """

    def __init__(
        self,
        connection: Connection,
        received: Callable[[ev.AnyServerEvent | ValueError], None],
        jammed: Callable[[bool], None],
        lost: Callable[[Transport], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self.error: ConnectionFailedError | None = None
        self.expired = False
        self.unnamed_refusal: ev.ErrorDetail | None = None
        self._connection = connection
        self._received, self._jammed, self._lost = received, jammed, lost
        self._outgoing: asyncio.Queue[ev.ClientEvent] = asyncio.Queue()
        self._full = False
        self._tasks = [spawn(self._receive()), spawn(self._deliver())]

    def has_room(self) -> bool:
        """Whether audio can be sent; once it cannot, half of what waits has to go first."""
        full, waiting = self._full, self._outgoing.qsize()
        self._full = waiting >= (MAX_UNSENT // 2 if full else MAX_UNSENT)
        if self._full != full:
            self._jammed(self._full)
        return not self._full

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
                self._lost(self)
                return
            except ValueError as error:
                self._received(error)
                continue
            if isinstance(event, ev.ErrorEvent):
                self.expired |= event.error.code == SESSION_EXPIRED
                if not event.error.event_id and event.error.code != SESSION_EXPIRED:
                    self.unnamed_refusal = event.error
            self._received(event)

    async def _deliver(self) -> None:
        while True:
            try:
                await self._connection.send(await self._outgoing.get())
            except ConnectionFailedError:
                return  # `_receive` tells of it once it has read what the server said last
