"""A plain page talks with the endpoint by WebRTC: microphone, voice, events, a tool, an interruption."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from realtime_widgets.local.process import EmbeddedEndpoint
from tests.support.call_page import FORECAST, TIMEOUT_S, call_page, until
from tests.support.page import Tap
from tests.support.page_scripts import tap_stream
from tests.support.voice import recognise, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Playwright

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(600)]

PAGE = Path(__file__).with_name("call.html")
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


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()


async def test_a_page_holds_a_spoken_talk_and_the_call_ends_with_its_tab(
    embedded: EmbeddedEndpoint, playwright: Playwright, tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {embedded.api_key}"}
    async with call_page(playwright, tmp_path, PAGE) as page, aiohttp.ClientSession(headers=headers) as http:
        async with http.post(embedded.url + "/realtime/client_secrets", json={"session": SESSION}) as made:
            secret = (await made.json())["value"]
        begin = "([url, secret, tool]) => globalThis.call(url, secret, tool)"
        call_id = await page.evaluate(begin, [embedded.url, secret, FORECAST])
        tap = Tap(page, await page.evaluate(tap_stream("globalThis.heard")))

        await until(page, "conversation.item.input_audio_transcription.completed", "Paris")
        await until(page, "response.function_call_arguments.done", "Paris")
        await page.evaluate("globalThis.mute(true)")
        answer = await until(page, "response.output_audio_transcript.done", "sunny")
        await until(page, "output_audio_buffer.stopped")
        heard = set(recognise(await tap.read()))
        expected = set(words(answer["transcript"]))
        assert len(heard & expected) >= 0.7 * len(expected), (heard, expected)

        await page.evaluate("globalThis.mute(false)")
        await until(page, "output_audio_buffer.started")
        await until(page, "output_audio_buffer.cleared")
        assert (await until(page, "conversation.item.truncated"))["audio_end_ms"] > 0

        async with http.ws_connect(f"{embedded.url}/realtime?call_id={call_id}") as sideband:
            await page.close()
            # A page that vanishes says nothing; the consent to send to it has to run out.
            async with asyncio.timeout(TIMEOUT_S):
                async for message in sideband:
                    assert message.type is aiohttp.WSMsgType.TEXT
            assert sideband.close_code == aiohttp.WSCloseCode.OK
