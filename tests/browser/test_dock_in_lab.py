"""A session beside the code, in the side panel or as a bar: one sound, and it goes as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint
from realtime_widgets.testing import ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
session.dock()
"""


#: As in a front end that has not JupyterLab's extension.
_NO_LAB = "() => { globalThis[Symbol.for('realtime_widgets.lab')] = undefined; }"


async def test_the_side_panel_holds_the_console_and_keys_work_from_everywhere(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        cells = [_SESSION.format(url=server.url), "session.dock()", "session", "1 + 1", "session.dock('split')"]
        page = await lab.open(cells, size=(1500, 900))
        await page.run_cell(0)
        panel = "#jp-right-stack .rw-console"
        await page.expect(panel)
        await page.run_cell(1)  # again: there is one panel
        await page.run_cell(2)
        assert await page.page.locator(panel).count() == 1
        await page.show_cell(3)
        await page.page.keyboard.press("Alt+Shift+T")
        await page.expect(f"{panel} .rw-mic-on")
        await page.expect(".jp-Notebook .rw-console .rw-mic-on")  # the same microphone
        assert await page.live_tracks() == 1
        await page.screenshot("panel")
        await page.page.keyboard.press("Alt+Shift+M")
        await page.expect(f"{panel} .rw-mic-muted")
        await page.page.keyboard.press("Alt+Shift+T")
        await page.wait_for_tracks(0)
        await page.run_cell(4)
        await page.page.wait_for_selector(panel, state="detached")
        split = "#jp-main-dock-panel > .jupyter-widgets .rw-console, #jp-main-dock-panel > .rw-console"
        await page.expect(split)
        await page.screenshot("split")
        await page.page.keyboard.press("Control+Shift+C")
        await page.page.fill(".lm-CommandPalette-input", "console in the side panel")
        await page.page.keyboard.press("Enter")
        await page.expect(panel)  # there is one, and it has moved
        await page.page.wait_for_selector(split, state="detached")
        await page.expect(".jp-Notebook .rw-console")


async def test_the_bar_talks_without_a_console_and_goes_with_its_session(lab: Lab) -> None:
    talk = Talk()
    turn = talk.text_turn("Hello?", "Good evening.")
    async with ScriptedServer([*talk.start(), *turn], whenever=talk.whenever()) as server:
        cells = [_SESSION.format(url=server.url), "session.dock()", 'await session.ask("Hello?")', "session"]
        page = await lab.open([*cells, "await session.close()"])
        await page.page.evaluate(_NO_LAB)
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


async def test_a_key_is_held_to_talk_from_a_cell_that_is_being_edited(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        cell = _SESSION.format(url=endpoint.url).replace('"test"', '"test", turn_detection="push_to_talk"')
        page = await lab.open([cell, "1 + 1"])
        await page.page.evaluate(_NO_LAB)
        await page.run_cell(0)
        await page.expect(".rw-dock-box")
        editor = page.page.locator(".jp-Notebook .cm-content").nth(1)
        await editor.click()
        for key in ("Alt", "Shift", "H"):
            await page.page.keyboard.down(key)
        await page.expect(".rw-dock-words:has-text('Listening')")  # the microphone was off
        await page.page.keyboard.up("H")
        await page.expect(".rw-dock-words:has-text('Ready')")
        await page.page.keyboard.press("T")  # Alt and Shift are still held
        await page.wait_for_tracks(0)
        assert await editor.inner_text() == "1 + 1"


async def test_the_microphone_of_a_bar_that_is_closed_does_not_stay_on_unseen(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        page = await lab.open([_SESSION.format(url=server.url)])
        await page.page.evaluate(_NO_LAB)
        await page.run_cell(0)
        await page.click(".rw-dock-box button[aria-label='Your microphone']")
        await page.expect(".rw-dock-box.rw-mic-on")
        await page.click(".rw-dock-close")
        await page.wait_for_tracks(0)
