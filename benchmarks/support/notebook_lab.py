"""A new JupyterLab for one measurement, with Chromium; both are ended with all their processes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from devtools.browser.jupyter import JupyterServer
from devtools.browser.lab import Lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Playwright


@asynccontextmanager
async def notebook_lab(
    folder: Path, playwright: Playwright, name: str, environment: dict[str, str | None] | None = None
) -> AsyncIterator[Lab]:
    """Start JupyterLab in a new folder and yield a `Lab`, which opens notebooks in it.

    Parameters
    ----------
    folder
        Folder for its files, which is created.
    playwright
        Playwright, which controls Chromium.
    name
        Name of the notebooks.
    environment
        Environment variables for the server and its kernels; None removes a variable.
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
