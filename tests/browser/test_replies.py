"""The card of a reply that no session's player plays: the page plays it, and the notebook keeps no sound."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.chat.rest_server import RestServer, spoken

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_CHAT = """
from realtime_widgets import AudioChat
chat = AudioChat(endpoint="{url}", api_key="test")
"""
_WATCH = """() => {
  window.clips = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    window.clips.push(this);
    return play.call(this);
  };
}"""
_ENDED = "() => window.clips.map((clip) => [Math.round(clip.duration * 10) / 10, clip.ended])"


async def test_a_reply_of_a_chat_plays_by_itself_once_and_again_by_its_button(lab: Lab) -> None:
    pcm = (np.sin(np.arange(24_000) / 8) * 9000).astype("<i2").tobytes()
    async with RestServer() as server:
        server.completions(spoken("It rains today.", pcm))
        page = await lab.open([_CHAT.format(url=server.url), 'await chat.ask("What is the weather?")'])
        await page.page.evaluate(_WATCH)
        await page.run_cell(0)
        await page.run_cell(1)
        card = await page.expect(".rw-reply")
        assert "It rains today." in await card.inner_text()
        await page.page.wait_for_function("() => window.clips.length && window.clips[0].ended")
        await page.expect("button[aria-label='Play the reply']")
        assert await page.page.evaluate(_ENDED) == [[1.0, True]]
        await page.screenshot("reply", ".rw-reply")
        await page.click("button[aria-label='Play the reply']")
        await page.click("button[aria-label='Stop']")
        await page.expect("button[aria-label='Play the reply']")
        assert await page.page.evaluate(_ENDED) == [[1.0, True], [1.0, False]]
        await page.save()
        saved = page.path.read_text()
        assert "It rains today." in saved
        assert base64.b64encode(pcm).decode()[5_000:5_100] not in saved
        assert len(saved) < 30_000
