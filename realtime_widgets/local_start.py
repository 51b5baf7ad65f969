"""Starts the embedded endpoint for a session, and watches it load its models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.local.process import EmbeddedEndpoint

#: How often the endpoint is asked whether its models are loaded, in seconds.
READY_POLL_S = 0.25


async def start_embedded() -> EmbeddedEndpoint:
    """Start this process's endpoint, where it does not run.

    Raises
    ------
    LocalEndpointError
        Where that fails.
    """
    from realtime_widgets.local.process import EmbeddedEndpoint

    return await asyncio.to_thread(EmbeddedEndpoint.shared)


async def watch_loading(embedded: EmbeddedEndpoint, tell: Callable[[bool], None]) -> None:
    """Say whether the endpoint still loads its speech models, until it does not."""
    while loading := await asyncio.to_thread(embedded.loading):
        tell(bool(loading))
        await asyncio.sleep(READY_POLL_S)
    tell(False)
