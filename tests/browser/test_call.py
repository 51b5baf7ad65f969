"""A plain page talks with the endpoint by WebRTC: microphone, voice, events, a tool, an interruption."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from realtime_widgets.local.process import EmbeddedEndpoint
from tests.support import page_scripts as scripts
from tests.support.chromium import chromium_flags, find_chromium
from tests.support.page import Tap
from tests.support.sound import microphone_wav
from tests.support.voice import RATE, recognise, speak, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Page, Playwright

pytestmark = [pytest.mark.browser, pytest.mark.models]

PAGE = Path(__file__).with_name("call.html")
TIMEOUT_S = 60.0
SESSION = {
    "type": "realtime",
    "audio": {"input": {"transcription": {"model": "whisper-1"}}},
    "tools": [
        {
            "type": "function",
            "name": "get_weather",
            "description": "Get the weather forecast of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Name of the city"}},
                "required": ["city"],
            },
        }
    ],
}
# Long, so that there is something to interrupt.
FORECAST = (
    "sunny in the morning with some clouds from the west, warm and dry in the afternoon with a light wind, "
    "and clear in the evening with a few showers in the hills before midnight"
)


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()


@pytest_asyncio.fixture
async def page_url() -> AsyncIterator[str]:
    """Where the page is served: another origin than the endpoint's."""

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def until(page: Page, kind: str) -> dict[str, Any]:
    """Wait until the page was given an event of this type; return the first."""
    find = "kind => globalThis.events.find(event => event.type === kind)"
    handle = await page.wait_for_function(find, arg=kind, timeout=TIMEOUT_S * 1000)
    event: dict[str, Any] = await handle.json_value()
    return event


async def test_a_page_holds_a_spoken_talk_and_the_call_ends_with_its_tab(
    embedded: EmbeddedEndpoint, playwright: Playwright, page_url: str, tmp_path: Path
) -> None:
    question = speak("What is the weather in Paris?")
    # Said again and again: the second time, or a later one, it interrupts the answer.
    wav = microphone_wav(tmp_path / "question.wav", [(1.0, question)], rate=RATE, seconds=8.0)
    browser = await playwright.chromium.launch(
        executable_path=find_chromium(), args=chromium_flags(wav, loop=True, grant=True)
    )
    headers = {"Authorization": f"Bearer {embedded.api_key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.post(embedded.url + "/realtime/client_secrets", json={"session": SESSION}) as made:
            secret = (await made.json())["value"]
        page = await browser.new_page()
        await page.goto(page_url)
        begin = "([url, secret, tool]) => globalThis.call(url, secret, tool)"
        call_id = await page.evaluate(begin, [embedded.url, secret, FORECAST])
        tap = Tap(page, await page.evaluate(scripts.tap_stream("globalThis.heard")))

        said = await until(page, "conversation.item.input_audio_transcription.completed")
        assert {"weather", "paris"} <= set(words(said["transcript"]))
        assert "Paris" in (await until(page, "response.function_call_arguments.done"))["arguments"]
        await until(page, "output_audio_buffer.started")
        cleared = await until(page, "output_audio_buffer.cleared")
        truncated = await until(page, "conversation.item.truncated")
        assert cleared["response_id"]
        assert truncated["audio_end_ms"] > 0
        assert {"sunny", "morning"} <= set(recognise(await tap.read()))

        async with http.ws_connect(f"{embedded.url}/realtime?call_id={call_id}") as sideband:
            await page.close()
            async with asyncio.timeout(TIMEOUT_S):
                async for message in sideband:
                    assert message.type is aiohttp.WSMsgType.TEXT
            assert sideband.close_code == aiohttp.WSCloseCode.OK
    await browser.close()
