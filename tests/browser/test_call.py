"""A plain page talks with the endpoint by WebRTC: microphone, voice, events, a tool, an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

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
from tests.support.weather import WEATHER

if TYPE_CHECKING:
    from playwright.async_api import Playwright

    from realtime_widgets.local.process import EmbeddedEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(600)]

PAGE = Path(__file__).with_name("call.html")
SESSION = {
    "type": "realtime",
    "audio": {"input": {"transcription": {"model": "whisper-1"}}},
    "tools": [{"type": "function", **WEATHER}],
}


async def test_a_page_holds_a_spoken_talk_and_the_call_ends_with_its_tab(
    embedded: EmbeddedEndpoint, playwright: Playwright, tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {embedded.api_key}"}
    async with call_page(playwright, tmp_path, PAGE) as page, aiohttp.ClientSession(headers=headers) as http:
        secret = await client_secret(http, embedded, session=SESSION)
        begin = "([url, secret, tool]) => globalThis.call(url, secret, tool)"
        call_id = await page.evaluate(begin, [embedded.url, secret, FORECAST])
        tap = Tap(page, await page.evaluate(tap_stream("globalThis.heard")))

        await until(page, "conversation.item.input_audio_transcription.completed", "Paris")
        await until(page, "response.function_call_arguments.done", "Paris")
        await hears_and_interrupts(page, tap, "globalThis.mute")
        # A page that vanishes says nothing; the consent to send to it has to run out.
        await ends_call(http, embedded, call_id, page.close)
