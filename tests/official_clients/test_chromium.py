"""`@openai/agents-realtime` in Chromium talks with the endpoint by WebRTC: a tool call and an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from devtools.browser.call_page import open_call

if TYPE_CHECKING:
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(600)]

PAGE = Path(__file__).parent / "js" / "agents_webrtc.html"


async def test_agents_realtime_holds_a_spoken_talk_in_a_page(packages: Path, embedded: EmbeddedEndpoint) -> None:
    bundle = packages / "@openai" / "agents-realtime" / "dist" / "bundle"
    async with (
        async_playwright() as playwright,
        open_call(playwright, embedded, PAGE, {"/agents": bundle}) as call,
    ):
        await call.asks()
        await call.until("conversation.item.input_audio_transcription.completed", "Paris")
        assert (await call.until("test.tool", "Paris"))["arguments"] == {"city": "Paris"}
        await call.hears_and_interrupts()
        await call.ends_with(lambda: call.page.evaluate("globalThis.session.close()"))
        errors = await call.page.evaluate("events.filter((event) => event.type === 'test.error')")
        assert errors == []
