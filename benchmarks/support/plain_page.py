"""The floor of every way of sound: a page that shares nothing with ours, 20 ms a message over a WebSocket."""

from __future__ import annotations

import contextlib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.support.bare_page import serving_folder
from devtools.browser import microphone_tracks
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.endpoints.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page, Playwright
    from websockets.asyncio.server import ServerConnection


@asynccontextmanager
async def plain_page(playwright: Playwright, microphone: Path) -> AsyncIterator[Page]:
    """Yield a page that plays back what its microphone hears, by way of a WebSocket server in Python.

    Parameters
    ----------
    playwright
        Playwright, which controls Chromium.
    microphone
        WAV that its microphone plays.
    """
    async with contextlib.AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(_echo))
        url = stack.enter_context(serving_folder(Path(__file__).parent))
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=chromium_flags(microphone, grant=True)
        )
        stack.push_async_callback(browser.close)
        page = await browser.new_page()
        await page.add_init_script(microphone_tracks.REMEMBER_MICROPHONES)
        await page.goto(f"{url}/plain_page.html")
        await page.mouse.click(10, 10)
        await page.evaluate(f"() => start('ws://127.0.0.1:{address}')")
        yield page


async def _echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)
