"""`@openai/agents-realtime` in Chromium talks with the endpoint by WebRTC: a tool call and an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from playwright.async_api import async_playwright

from tests.support.call_page import (
    FORECAST,
    call_page,
    client_secret,
    ends_call,
    hears_and_interrupts,
    until,
)
from tests.support.page import Tap
from tests.support.page_scripts import tap_stream

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
        secret = await client_secret(http, embedded)
        begin = "([url, secret, forecast]) => globalThis.talk(url, secret, forecast)"
        call_id = await page.evaluate(begin, [embedded.url, secret, FORECAST])
        tap = Tap(page, await page.evaluate(tap_stream("document.querySelector('audio').srcObject")))

        await until(page, "conversation.item.input_audio_transcription.completed", "Paris")
        assert (await until(page, "test.tool", "Paris"))["arguments"] == {"city": "Paris"}
        await hears_and_interrupts(page, tap, "globalThis.session.mute")
        await ends_call(http, embedded, call_id, lambda: page.evaluate("globalThis.session.close()"))
        errors = await page.evaluate("events.filter((event) => event.type === 'test.error')")
        assert errors == []
