"""Finds another connection for a session: after a loss, and before its time is over."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import count
from typing import TYPE_CHECKING

from realtime_widgets.core.reconnect.policy import HandOver, ReconnectPolicy
from realtime_widgets.errors import ConnectionFailedError, RealtimeWidgetsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.protocol.wire.connection import Connection

#: Wait between attempts at a planned hand-over, in seconds.
_HAND_OVER_RETRY_S = 5.0


class Reconnector:
    """Keeps one session connected.

    Parameters
    ----------
    policy
        When to try again.
    clock
        What the waits between attempts go by.
    """

    def __init__(self, policy: ReconnectPolicy, clock: Clock) -> None:
        self.policy = policy
        self._clock = clock
        self._hand_over = HandOver()
        #: Connections that were begun or lost: a hand-over that finds another number is out of date.
        self._connections = 0
        self._opened_at = 0.0
        #: Attempts, and connections that were lost, since one was of use.
        self._attempts = self._losses = 0

    def lasts(self) -> None:
        """Note that the connection is of use: after its loss the waits begin anew."""
        self._attempts = self._losses = 0

    async def reconnect(
        self, attempt: Callable[[], Awaitable[None]], loss: ConnectionFailedError, embedded: bool
    ) -> str:
        """Try again until an attempt succeeds, is refused, or is given up.

        After a connection that was of no use the waits go on growing; a number of those in a row is the end.

        Parameters
        ----------
        attempt
            Opens a connection and puts the talk into it.
        loss
            How the connection was lost.
        embedded
            Whether the other side is the session's own child process.

        Returns
        -------
        str
            Why there is no connection; empty if there is one.
        """
        self._connections += 1  # nothing is left to hand over
        error = loss
        started = self._clock.time()
        if started - self._opened_at >= self.policy.stable_s:
            self.lasts()
        self._losses += 1
        if self._losses > self.policy.losses:
            return f"{loss}, the {self._losses}th connection in a row that was lost at once"
        for number in count(self._attempts):
            delay = self.policy.delay_s(number, self._clock.time() - started, random.random())
            if delay is None:
                break
            self._attempts = number + 1
            await self._clock.sleep(delay)
            try:
                await attempt()
            except ConnectionFailedError as failed:
                error = failed
                if not self.policy.retriable(failed, embedded):
                    break
            except RealtimeWidgetsError as failed:
                return f"{loss}, and connecting again failed: {failed}"
            else:
                self._opened_at = self._clock.time()
                return ""
        return f"{loss}, and connecting again failed: {error}"

    async def hand_over(
        self,
        expires_at: object,
        quiet: Callable[[float], Awaitable[object]],
        connect: Callable[[], Awaitable[Connection]],
        move: Callable[[Connection], Awaitable[None]],
    ) -> None:
        """Move to a new connection in a quiet moment before the present one ends.

        Parameters
        ----------
        expires_at
            When it ends, in Unix seconds; anything else if that is not known.
        quiet
            Waits for a quiet moment, at most the given number of seconds.
        connect
            Opens a connection.
        move
            Talks over a connection from now on.
        """
        self._connections += 1
        mine = self._connections
        left = expires_at - time.time() if isinstance(expires_at, int | float) else 0.0
        if not isinstance(expires_at, int | float) or left <= 0 or self.policy.limit_s <= 0:
            return  # the clocks differ: the loss itself will be noticed
        plan = self._hand_over.within(left)
        await asyncio.sleep(plan.wait_s(left))
        while (left := expires_at - time.time()) > 0:
            await quiet(max(0.0, left - plan.latest_s))
            if mine != self._connections:
                return  # it was lost
            try:
                connection = await connect()
            except ConnectionFailedError:
                await asyncio.sleep(min(_HAND_OVER_RETRY_S, plan.latest_s))
                continue
            await quiet(max(0.0, expires_at - time.time() - plan.latest_s))
            if mine != self._connections:
                await connection.close()
            else:
                await move(connection)
            return
