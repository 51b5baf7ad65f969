"""`@openai/agents-realtime` in Chromium talks with the endpoint by WebRTC: a tool call and an interruption."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from playwright.async_api import async_playwright

from tests.support.call_page import FORECAST, TIMEOUT_S, call_page, until
from tests.support.page import Tap
from tests.support.page_scripts import tap_stream
from tests.support.voice import recognise, words

if TYPE_CHECKING:
    from realtime_widgets.local.process import EmbeddedEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(600)]

PAGE = Path(__file__).parent / "js" / "agents_webrtc.html"


async def test_agents_realtime_holds_a_spoken_talk_in_a_page(
    packages: Path, embedded: EmbeddedEndpoint, tmp_path: Path
) -> None:
    bundle = packages / "@openai" / "agents-realtime" / "dist" / "bundle"
    headers = {"Authorization": f"Bearer {embedded.api_key}"}
    async with (
        async_playwright() as playwright,
        call_page(playwright, tmp_path, PAGE, {"/agents": bundle}) as page,
        aiohttp.ClientSession(headers=headers) as http,
    ):
        async with http.post(embedded.url + "/realtime/client_secrets", json={}) as made:
            secret = (await made.json())["value"]
        begin = "([url, secret, forecast]) => globalThis.talk(url, secret, forecast)"
        call_id = await page.evaluate(begin, [embedded.url, secret, FORECAST])
        tap = Tap(page, await page.evaluate(tap_stream("document.querySelector('audio').srcObject")))

        await until(page, "conversation.item.input_audio_transcription.completed", "Paris")
        assert (await until(page, "test.tool", "Paris"))["arguments"] == {"city": "Paris"}
        await page.evaluate("globalThis.session.mute(true)")
        answer = await until(page, "response.output_audio_transcript.done", "sunny")
        await until(page, "output_audio_buffer.stopped")
        heard = set(recognise(await tap.read()))
        expected = set(words(answer["transcript"]))
        assert len(heard & expected) >= 0.7 * len(expected), (heard, expected)

        await page.evaluate("globalThis.session.mute(false)")
        await until(page, "output_audio_buffer.started")
        await until(page, "output_audio_buffer.cleared")
        assert (await until(page, "conversation.item.truncated"))["audio_end_ms"] > 0

        async with http.ws_connect(f"{embedded.url}/realtime?call_id={call_id}") as sideband:
            await page.evaluate("globalThis.session.close()")
            async with asyncio.timeout(TIMEOUT_S):
                async for message in sideband:
                    assert message.type is aiohttp.WSMsgType.TEXT
            assert sideband.close_code == aiohttp.WSCloseCode.OK
        errors = await page.evaluate("events.filter((event) => event.type === 'test.error')")
        assert errors == []
