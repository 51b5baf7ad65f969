"""A page that talks by WebRTC: served on loopback, in a Chromium whose microphone asks again and again."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from tests.support.chromium import chromium_flags, find_chromium
from tests.support.sound import microphone_wav
from tests.support.voice import RATE, recognise, speak, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page, Playwright

    from realtime_widgets.local.process import EmbeddedEndpoint
    from tests.support.page import Tap

TIMEOUT_S = 60.0
#: The question comes again after this long. The forecast takes longer to say, so that there is something to
#: interrupt.
AGAIN_S = 6.0
FORECAST = (
    "sunny in the morning with some clouds from the west, warm and dry in the afternoon with a light wind, "
    "and clear in the evening with a few showers in the hills before midnight"
)


@asynccontextmanager
async def call_page(
    playwright: Playwright, folder: Path, html: Path, files: dict[str, Path] | None = None
) -> AsyncIterator[Page]:
    """Open a page that keeps the protocol's events in ``globalThis.events``.

    Parameters
    ----------
    playwright
        Drives Chromium.
    folder
        Where what the microphone says is written.
    html
        The page.
    files
        Folders that the page loads from, by their path in its address.
    """

    async def page_file(_: web.Request) -> web.FileResponse:
        return web.FileResponse(html)

    app = web.Application()
    app.router.add_get("/", page_file)
    for path, served in (files or {}).items():
        app.router.add_static(path, served)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    question = [(1.0, speak("What is the weather in Paris?"))]
    wav = microphone_wav(folder / "question.wav", question, rate=RATE, seconds=AGAIN_S)
    browser = await playwright.chromium.launch(
        executable_path=find_chromium(), args=chromium_flags(wav, loop=True, grant=True)
    )
    try:
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        yield page
    finally:
        await browser.close()
        await runner.cleanup()


_NEXT_EVENT = """
([kind, text]) => {
  globalThis.read ??= 0;
  while (globalThis.read < globalThis.events.length) {
    const event = globalThis.events[globalThis.read++];
    if (event.type === kind && JSON.stringify(event).includes(text)) return event;
  }
}
"""


async def until(page: Page, kind: str, text: str = "") -> dict[str, Any]:
    """Return the next event of this type, with this text in it, after the last that was waited for."""
    handle = await page.wait_for_function(_NEXT_EVENT, arg=[kind, text], timeout=TIMEOUT_S * 1000)
    event: dict[str, Any] = await handle.json_value()
    return event


async def client_secret(http: aiohttp.ClientSession, endpoint: EmbeddedEndpoint, **body: Any) -> str:
    """Make what a page may hold instead of the endpoint's key."""
    async with http.post(endpoint.url + "/realtime/client_secrets", json=body) as made:
        return str((await made.json())["value"])


async def hears_and_interrupts(page: Page, tap: Tap, mute: str) -> None:
    """The answer is heard as it is written; the next question cuts the one after it.

    Parameters
    ----------
    page, tap
        Where the talk is, and what sounds there.
    mute
        The page's function that silences its microphone or lets it go on.
    """
    await page.evaluate(f"{mute}(true)")
    answer = await until(page, "response.output_audio_transcript.done", "sunny")
    await until(page, "output_audio_buffer.stopped")
    heard = set(recognise(await tap.read()))
    expected = set(words(answer["transcript"]))
    assert len(heard & expected) >= 0.7 * len(expected), (heard, expected)

    await page.evaluate(f"{mute}(false)")
    await until(page, "output_audio_buffer.started")
    await until(page, "output_audio_buffer.cleared")
    assert (await until(page, "conversation.item.truncated"))["audio_end_ms"] > 0


async def ends_call(
    http: aiohttp.ClientSession, endpoint: EmbeddedEndpoint, call_id: str, end: Callable[[], Awaitable[Any]]
) -> None:
    """The call ends with what `end` does, as a WebSocket attached to it is told."""
    async with http.ws_connect(f"{endpoint.url}/realtime?call_id={call_id}") as sideband:
        await end()
        async with asyncio.timeout(TIMEOUT_S):
            async for message in sideband:
                assert message.type is aiohttp.WSMsgType.TEXT
        assert sideband.close_code == aiohttp.WSCloseCode.OK
