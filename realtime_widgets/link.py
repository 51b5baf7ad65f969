"""One connection of a session while it lasts: what comes is handed on, what goes waits its turn."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.reconnect import SESSION_EXPIRED

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.core import SessionCore
    from realtime_widgets.journal import Journal
    from realtime_widgets.protocol.connection import Connection
    from realtime_widgets.protocol.endpoints import Endpoint

#: How long an endpoint may take to answer the first settings, in seconds.
CONFIGURE_TIMEOUT_S = 15.0
#: Event id of the settings with which a session begins.
CONFIGURE_ID = "rw_configure"


def load_network() -> None:
    """Load what connecting needs while nobody waits: importing the package does without."""
    import_module("realtime_widgets.protocol.connection")


async def connect(endpoint: Endpoint) -> Connection:
    """Open a connection; raises as `Connection.open` does."""
    from realtime_widgets.protocol.connection import Connection

    return await Connection.open(endpoint)


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


class Configurable(Protocol):
    """What the first settings of a connection are sent for."""

    core: SessionCore
    endpoint: Endpoint
    journal: Journal
    closed_reason: str

    async def until(self, condition: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `condition` holds."""


async def configure(
    link: Link, session: Configurable, config: ev.JsonObject, event_id: str = CONFIGURE_ID
) -> None:
    """Send settings over a connection, and wait until they are taken.

    Raises
    ------
    ConnectionFailedError, ConfigurationError
        Where it is lost or never answers, or where the endpoint refuses the settings.
    """
    core, updates = session.core, session.core.updates
    core.refusals.pop(event_id, None)
    event = ev.SessionUpdate(event_id=event_id, session=config)
    session.journal.record("client", event)
    link.send(event)

    def answered() -> bool:
        over = link.error or session.closed_reason
        return bool(core.updates > updates or event_id in core.refusals or over)

    title = session.endpoint.title
    if not await session.until(answered, CONFIGURE_TIMEOUT_S):
        raise ConnectionFailedError(
            f"{title} took the connection and then did not answer for {CONFIGURE_TIMEOUT_S:g} s;"
            " does it speak the Realtime protocol (GA)?",
            unreachable=True,
        )
    if refusal := core.refusals.get(event_id):
        raise ConfigurationError(f"{title} refused the session's settings: {refusal.message}")
    if link.error:
        raise link.error
    if session.closed_reason:
        raise ConnectionFailedError(session.closed_reason)
