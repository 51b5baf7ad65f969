"""Starts a session that is over again, on the same object; on the I/O thread only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_widgets.errors import RealtimeWidgetsError, SessionClosedError

if TYPE_CHECKING:
    from realtime_widgets.core.usage.budget import Budget
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.tools.mcp import McpServers

#: Longest wait for the player's word on where it fell silent, before the talk is forgotten, in seconds.
SILENCE_S = 2.0


class Restarts:
    """Starts one session again, one time after the other.

    Parameters
    ----------
    runtime, mcp
        Of the session.
    """

    def __init__(self, runtime: SessionRuntime, mcp: McpServers) -> None:
        self._runtime = runtime
        self._mcp = mcp
        self._running: asyncio.Task[None] | None = None

    async def restart(self, keep_talk: bool, budget: Budget | None = None) -> None:
        """Close the session if it runs, and start it; who asks meanwhile waits for the same start.

        Raises
        ------
        SessionClosedError
            If the budget is used up.
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            As for `SessionRuntime.start`.
        """
        if self._running is None:
            self._running = asyncio.create_task(self._restart(keep_talk, budget))
            self._running.add_done_callback(self._over)
        await asyncio.shield(self._running)

    def begin(self, keep_talk: bool) -> None:
        """Start a session that is over, without waiting; one that runs is left if its talk is not kept.

        What goes wrong is shown as a problem.
        """
        if self._running is None and (self._runtime.state == "closed" or not keep_talk):
            self._running = asyncio.create_task(self._reporting(keep_talk))
            self._running.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running = None

    async def _restart(self, keep_talk: bool, budget: Budget | None) -> None:
        runtime = self._runtime
        await runtime.close()
        await self._mcp.close()
        if budget is not None:
            runtime.accounts.limit(budget)
        if used_up := runtime.accounts.used_up:
            raise SessionClosedError(f"this session is over: {used_up}")
        if not keep_talk and runtime.core.ledger.playing:
            runtime.perform(runtime.core.interrupt())
            await runtime.until(lambda: not runtime.core.ledger.playing, SILENCE_S)
        runtime.reopen(keep_talk)
        self._mcp.reopen()
        await runtime.start()

    async def _reporting(self, keep_talk: bool) -> None:
        try:
            await self._restart(keep_talk, None)
        except RealtimeWidgetsError as error:
            if self._runtime.closed_reason not in str(error):  # that one was reported as it ended
                self._runtime.problem(str(error))
