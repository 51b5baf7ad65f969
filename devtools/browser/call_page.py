"""A WebRTC call from a page on loopback, in a Chromium whose microphone plays spoken questions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.page import PATIENCE_S, Tap, say
from devtools.browser.page_scripts import SPOKEN_MICROPHONE, tap_stream
from devtools.sound.voice import RATE, recognise, speak, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page, Playwright

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

#: A forecast that takes long to say, so that a test can interrupt it.
FORECAST = (
    "sunny in the morning with some clouds from the west, warm and dry in the afternoon with a light wind, "
    "and clear in the evening with a few showers in the hills before midnight"
)

_NEXT_EVENT = """
([kind, text]) => {
  globalThis.read ??= 0;
  while (globalThis.read < globalThis.events.length) {
    const event = globalThis.events[globalThis.read++];
    if (event.type === kind && JSON.stringify(event).includes(text)) return event;
  }
}
"""


class Call:
    """A running call.

    Parameters
    ----------
    page
        The calling page; `open_call` describes what it has to define.
    tap
        Recording of the audio that the page plays.
    http
        HTTP client with the endpoint's key.
    url
        Address of the call's events on the endpoint.
    """

    def __init__(self, page: Page, tap: Tap, http: aiohttp.ClientSession, url: str) -> None:
        self.page = page
        self._tap, self._http, self._url = tap, http, url

    async def until(self, kind: str, text: str = "") -> dict[str, Any]:
        """Return the next event of this type that contains this text, after the last one that was returned."""
        handle = await self.page.wait_for_function(_NEXT_EVENT, arg=[kind, text])
        event: dict[str, Any] = await handle.json_value()
        return event

    async def asks(self) -> None:
        """Ask for the weather in Paris."""
        await say(self.page, speak("What is the weather in Paris?"), RATE)

    async def hears_and_interrupts(self) -> None:
        """Check that the answer is heard as it is written, and that asking again interrupts the next one."""
        answer = await self.until("response.output_audio_transcript.done", "sunny")
        await self.until("output_audio_buffer.stopped")
        heard = set(recognise(await self._tap.read()))
        expected = set(words(answer["transcript"]))
        assert len(heard & expected) >= 0.7 * len(expected), (heard, expected)

        await self.asks()
        await self.until("output_audio_buffer.started")
        await self.asks()
        await self.until("output_audio_buffer.cleared")
        assert (await self.until("conversation.item.truncated"))["audio_end_ms"] > 0

    async def ends_with(self, end: Callable[[], Awaitable[Any]]) -> None:
        """Check that `end` ends the call, as seen by a WebSocket that is attached to it."""
        async with self._http.ws_connect(self._url) as sideband:
            await end()
            async with asyncio.timeout(PATIENCE_S):
                async for message in sideband:
                    assert message.type is aiohttp.WSMsgType.TEXT
            assert sideband.close_code == aiohttp.WSCloseCode.OK


@asynccontextmanager
async def open_call(
    playwright: Playwright,
    endpoint: EmbeddedEndpoint,
    html: Path,
    files: dict[str, Path] | None = None,
    **secret: Any,
) -> AsyncIterator[Call]:
    """Open a page and let it call the endpoint.

    Parameters
    ----------
    playwright
        Playwright, which controls Chromium.
    endpoint
        The endpoint that the page calls.
    html
        The page. It defines ``globalThis.call(url, secret, forecast)``, which starts the call and returns its id;
        then ``events`` are the events of the protocol, and ``heard`` is the stream that is played.
    files
        Folders that the page loads files from, by their path in the page's URL.
    **secret
        Body of the request for the page's client secret.
    """
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    async with (
        _page(playwright, html, files or {}) as page,
        aiohttp.ClientSession(headers=headers) as http,
    ):
        async with http.post(endpoint.url + "/realtime/client_secrets", json=secret) as made:
            value = (await made.json())["value"]
        begin = "([url, secret, forecast]) => globalThis.call(url, secret, forecast)"
        call_id = await page.evaluate(begin, [endpoint.url, value, FORECAST])
        tap = Tap(page, await page.evaluate(tap_stream("globalThis.heard")))
        yield Call(page, tap, http, f"{endpoint.url}/realtime?call_id={call_id}")


@asynccontextmanager
async def _page(playwright: Playwright, html: Path, files: dict[str, Path]) -> AsyncIterator[Page]:
    async def page_file(_: web.Request) -> web.FileResponse:
        return web.FileResponse(html)

    app = web.Application()
    app.router.add_get("/", page_file)
    for path, served in files.items():
        app.router.add_static(path, served)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    browser = await playwright.chromium.launch(
        executable_path=find_chromium(), args=chromium_flags(None, grant=True)
    )
    try:
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        await page.add_init_script(SPOKEN_MICROPHONE)
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        yield page
    finally:
        await browser.close()
        await runner.cleanup()
