"""A JupyterLab of its own for one measurement, with Chromium in front of it; ended with all that it started."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.support.jupyter import JupyterServer
from tests.support.lab import Lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Playwright


@asynccontextmanager
async def notebook_lab(
    folder: Path, playwright: Playwright, name: str, environment: dict[str, str | None] | None = None
) -> AsyncIterator[Lab]:
    """Start JupyterLab in a new folder; gives what opens notebooks in it.

    Parameters
    ----------
    folder
        Where its files go; it is made.
    playwright
        Drives Chromium.
    name
        What the notebooks are called.
    environment
        Variables for the server and its kernels; None takes one away.
    """
    await asyncio.to_thread(folder.mkdir, parents=True)
    server = JupyterServer(folder, environment)
    await asyncio.to_thread(server.start)
    lab = Lab(server, playwright, name, folder / "artifacts")
    try:
        yield lab
    finally:
        await lab.close()
        await asyncio.to_thread(server.stop)
