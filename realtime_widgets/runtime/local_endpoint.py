"""Starts the embedded endpoint for a session, and follows the loading of its models."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.protocol.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: How often the endpoint is asked whether its models are loaded, in seconds.
READY_POLL_S = 0.25


class LocalStart:
    """The start of this process's endpoint, as one session follows it.

    Parameters
    ----------
    changed
        Called when `loading` changes.

    Attributes
    ----------
    loading
        Whether the endpoint was started and is still loading its speech models.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.loading = False
        self._changed = changed
        self._embedded: EmbeddedEndpoint | None = None

    async def start(self, endpoint: Endpoint) -> Endpoint:
        """Start the endpoint unless it runs; return `endpoint` with its address and key.

        Raises
        ------
        LocalEndpointError
            If it cannot be started.
        """
        from realtime_widgets.local.server.child_process import EmbeddedEndpoint

        shared_engine().leave_first()  # the endpoint ends with the program too, after those who talk to it
        self._embedded = started = await asyncio.to_thread(EmbeddedEndpoint.shared, endpoint.brain)
        return replace(endpoint, base_url=started.url, api_key=Secret(started.api_key), token_provider=None)

    async def watch(self) -> None:
        """Update `loading` until the models are loaded; return at once if the endpoint was not started."""
        if self._embedded is None:
            return
        while loading := await asyncio.to_thread(self._embedded.loading):
            self._tell(bool(loading))
            await asyncio.sleep(READY_POLL_S)
        self._tell(False)

    def _tell(self, loading: bool) -> None:
        if loading != self.loading:
            self.loading = loading
            self._changed()
