"""Starts the embedded endpoint for a session, and watches it load its models."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from realtime_widgets.protocol.endpoints import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.local.process import EmbeddedEndpoint
    from realtime_widgets.protocol.endpoints import Endpoint

#: How often the endpoint is asked whether its models are loaded, in seconds.
READY_POLL_S = 0.25


class LocalStart:
    """This process's endpoint as one session sees it begin.

    Parameters
    ----------
    changed
        Called when `loading` is different, where anybody wants to know.

    Attributes
    ----------
    loading
        Whether it was started and still loads its speech models.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.loading = False
        self._changed = changed
        self._embedded: EmbeddedEndpoint | None = None

    async def start(self, endpoint: Endpoint) -> Endpoint:
        """Start it, where it does not run; gives `endpoint` with its address and key.

        Raises
        ------
        LocalEndpointError
            Where that fails.
        """
        from realtime_widgets.local.process import EmbeddedEndpoint

        self._embedded = started = await asyncio.to_thread(EmbeddedEndpoint.shared)
        return replace(endpoint, base_url=started.url, api_key=Secret(started.api_key), token_provider=None)

    async def watch(self) -> None:
        """Follow `loading` until it is over, where it was started."""
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
