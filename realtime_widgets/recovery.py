"""Finds another connection for a session: after a loss, and before its time is over."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import count
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.errors import ConnectionFailedError, RealtimeWidgetsError
from realtime_widgets.link import connect
from realtime_widgets.reconnect import HandOver, ReconnectPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.clock import Clock
    from realtime_widgets.core import SessionCore
    from realtime_widgets.link import Link
    from realtime_widgets.protocol.connection import Connection
    from realtime_widgets.protocol.endpoints import Endpoint

#: Wait between attempts at a planned hand-over, in seconds.
_HAND_OVER_RETRY_S = 5.0


class Recoverable(Protocol):
    """What a recovery needs of its session."""

    core: SessionCore
    endpoint: Endpoint
    clock: Clock

    async def attach(self, connection: Connection) -> None:
        """Talk over this connection from now on: configure it and put the talk into it."""

    def detach(self) -> Callable[[], None]:
        """Stop talking over the present connection; gives what closes it."""

    def end(self, reason: str) -> None:
        """End the session."""

    def tell(self, text: str) -> None:
        """Tell the person."""

    async def until(self, condition: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `condition` holds."""


class Recovery:
    """Keeps one session connected.

    Parameters
    ----------
    session
        Which one.
    policy, hand_over
        When to try, and when to move.
    """

    def __init__(self, session: Recoverable, policy: ReconnectPolicy, hand_over: HandOver | None = None) -> None:
        self.policy = policy
        self._session = session
        self._hand_over = hand_over or HandOver()
        self._connections = 0

    async def reconnect(self, loss: ConnectionFailedError) -> None:
        """Try again until it succeeds, is refused, or is given up; that ends the session."""
        session, error = self._session, loss
        clock = session.clock
        started = clock.time()
        for attempt in count():
            delay = self.policy.delay_s(attempt, clock.time() - started, random.random())
            if delay is None:
                break
            await clock.sleep(delay)
            try:
                await session.attach(await connect(session.endpoint))
            except ConnectionFailedError as failed:
                error = failed
                if not self.policy.retriable(failed, session.endpoint.local):
                    break
            except RealtimeWidgetsError as failed:
                session.end(f"{loss}, and connecting again failed: {failed}")
                return
            else:
                session.tell("Connected again; the conversation so far was put back as text.")
                return
        session.end(f"{loss}, and connecting again failed: {error}")

    def recoverable(self, link: Link) -> bool:
        """Whether to try again after the loss of an open connection."""
        embedded = self._session.endpoint.local
        return link.error is not None and self.policy.recoverable(link.error, link.expired, embedded)

    async def hand_over(self, expires_at: object) -> None:
        """Move to a new connection in a quiet moment before `expires_at` (Unix seconds), where that is known."""
        session = self._session
        self._connections += 1
        mine = self._connections
        left = expires_at - time.time() if isinstance(expires_at, int | float) else 0.0
        if not isinstance(expires_at, int | float) or left <= 0 or self.policy.limit_s <= 0:
            return  # the clocks differ: the loss itself will be noticed
        plan = self._hand_over.within(left)
        await asyncio.sleep(plan.wait_s(left))
        while (left := expires_at - time.time()) > 0:
            await session.until(session.core.quiet, max(0.0, left - plan.latest_s))
            if mine != self._connections:
                return  # it was lost, and another one has its own end
            try:
                connection = await connect(session.endpoint)
            except ConnectionFailedError:
                await asyncio.sleep(min(_HAND_OVER_RETRY_S, plan.latest_s))
                continue
            await session.until(session.core.quiet, max(0.0, expires_at - time.time() - plan.latest_s))
            if mine != self._connections:
                await connection.close()
                return
            close = session.detach()
            try:
                await session.attach(connection)
            except ConnectionFailedError as failed:
                await self.reconnect(failed)
            except RealtimeWidgetsError as failed:
                session.end(str(failed))
            else:
                session.tell("Moved to a new connection before the session's time was over; the talk goes on.")
            close()
            return
