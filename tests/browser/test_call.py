"""A plain page talks with the endpoint by WebRTC: microphone, voice, events, a tool, an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devtools.browser.call_page import open_call
from devtools.sound.weather import WEATHER

if TYPE_CHECKING:
    from playwright.async_api import Playwright

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(600)]

PAGE = Path(__file__).with_name("call.html")
SESSION = {
    "type": "realtime",
    "audio": {"input": {"transcription": {"model": "whisper-1"}}},
    "tools": [{"type": "function", **WEATHER}],
}


@pytest.mark.nightly  # half a minute and more of real talk
async def test_a_page_holds_a_spoken_talk_and_the_call_ends_with_its_tab(
    embedded: EmbeddedEndpoint, playwright: Playwright
) -> None:
    async with open_call(playwright, embedded, PAGE, session=SESSION) as call:
        await call.asks()
        await call.until("conversation.item.input_audio_transcription.completed", "Paris")
        await call.until("response.function_call_arguments.done", "Paris")
        await call.hears_and_interrupts()
        # A page that vanishes says nothing; the consent to send to it has to run out.
        await call.ends_with(call.page.close)
