"""A bar over the notebook, beside the code: the same session, one sound, and it goes as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.testing import ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
session.dock()
"""


async def test_the_bar_talks_without_a_console_and_goes_with_its_session(lab: Lab) -> None:
    talk = Talk()
    turn = talk.text_turn("Hello?", "Good evening.")
    async with ScriptedServer([*talk.start(), *turn], whenever=talk.whenever()) as server:
        cells = [_SESSION.format(url=server.url), "session.dock()", 'await session.ask("Hello?")', "session"]
        page = await lab.open([*cells, "await session.close()"])
        await page.run_cell(0)
        await page.run_cell(1)  # again: there is one bar
        await page.expect(".rw-dock-box")
        assert await page.page.locator(".rw-dock-box").count() == 1
        await page.click(".rw-dock-box button[aria-label='Your microphone']")
        await page.expect(".rw-dock-box.rw-mic-on")
        await page.run_cell(2)
        await page.expect(".rw-dock-words:has-text('Good evening.')")
        await page.screenshot("dock")
        await page.run_cell(3)
        await page.expect(".rw-console .rw-mic-on")  # the same microphone
        assert await page.live_tracks() == 1
        await page.click(".rw-dock-close")
        await page.page.wait_for_selector(".rw-dock-box", state="detached")
        await page.expect(".rw-console .rw-mic-on")
        await page.run_cell(1)
        await page.expect(".rw-dock-box")
        await page.run_cell(4)
        await page.page.wait_for_selector(".rw-dock-box", state="detached")
        await page.wait_for_tracks(0)


async def test_the_microphone_of_a_bar_that_is_closed_does_not_stay_on_unseen(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        page = await lab.open([_SESSION.format(url=server.url)])
        await page.run_cell(0)
        await page.click(".rw-dock-box button[aria-label='Your microphone']")
        await page.expect(".rw-dock-box.rw-mic-on")
        await page.click(".rw-dock-close")
        await page.wait_for_tracks(0)
