"""The panel of a console, as a user sees it: where the time goes, every event, money and limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.audio.samples import read_sound

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = [pytest.mark.browser, pytest.mark.models]

SOUND = Path(__file__).parent.parent / "sounds" / "goforward.flac"
_SESSION = """
import time
from realtime_widgets import Budget, RealtimeSession
session = RealtimeSession(endpoint="local", budget=Budget(tokens=5_000, minutes=30))

@session.tool
def go_forward(meters: float) -> str:
    "Go forward so many meters."
    time.sleep(0.3)
    return f"{meters:g} meters done"

session
"""


async def _read_events(page: LabPage) -> None:
    """Filter, read, pause and copy the events, and go from one to its turn."""
    await page.click(".rw-insight-head button:has-text('Events')")
    await page.expect(".rw-event-name:has-text('session.created')")
    await page.expect(".rw-event:has-text('input_audio_buffer.append') b")  # many in one row
    await page.page.fill("input[aria-label='Filter events']", "function_call_output")
    row = await page.expect(".rw-event:has-text('conversation.item.create')")
    assert await page.page.locator(".rw-event").count() <= 3  # sent, and the server's echo
    await row.locator(".rw-event-button").click()
    await page.expect(".rw-event-payload:has-text('meters done')")
    await page.screenshot("events", ".rw-console")
    await page.page.fill("input[aria-label='Filter events']", "")
    await page.click("button:has-text('Pause')")
    await page.expect("button:has-text('Go on')")
    await page.click("button:has-text('Copy as test')")
    await page.expect("button:has-text('Copied'), .rw-event-test")
    await row.locator(".rw-event-turn").first.click()  # leads to the turn
    await page.expect(".rw-waterfall")


async def test_time_events_and_money_are_a_click_away(lab: Lab) -> None:
    samples, rate = read_sound(SOUND)
    page = await lab.open([_SESSION, "await session.start()", "session.timeline()"], spoken=True, size=(1366, 900))
    await page.run_cell(0)
    await page.run_cell(1)
    assert await page.page.locator(".rw-insight-box").count() == 0
    await page.click("button[aria-label='Your microphone']")
    await page.expect(".rw-mic-on")
    await page.say(samples, rate)
    delay = await page.expect("button.rw-delay")
    await page.expect(".rw-player:has-text('Nothing plays'), .rw-state-listening")
    assert " s" in await delay.inner_text() or " ms" in await delay.inner_text()
    await delay.click()
    waterfall = await page.expect(".rw-waterfall")
    for lane in ("You speak", "End of turn", "Recognition", "go_forward", "Answer"):
        await page.expect(f".rw-lane-name:has-text('{lane}')")
    assert "The answer began after" in (await waterfall.get_attribute("aria-label") or "")
    assert await page.page.locator(".rw-wave-user").count() >= 1
    assert await page.page.locator(".rw-wave-voice").count() >= 1
    await page.expect(".rw-health:has-text('round trip')")
    await page.screenshot("time", ".rw-console")

    await _read_events(page)
    await page.click(".rw-insight-head button:has-text('Money')")
    await page.expect(".rw-limit:has-text('Budget: tokens')")
    await page.expect(".rw-money:has-text('By turn')")
    await page.screenshot("money", ".rw-console")
    await page.set_theme("dark")
    await page.click(".rw-insight-head button:has-text('Time')")
    await page.expect(".rw-waterfall")
    await page.screenshot("dark", ".rw-console")
    await page.page.set_viewport_size({"width": 700, "height": 800})
    await page.screenshot("narrow", ".rw-console")
    await page.click(".rw-insight-head button:has-text('Events')")
    await page.expect(".rw-event-list")
    await delay.click()  # asks for what was shown before
    await page.expect(".rw-waterfall")
    await page.click(".rw-insight-close")
    await page.page.wait_for_selector(".rw-insight-box", state="detached")
    await page.run_cell(2)
    [shown] = await page.outputs(2)
    assert "image/png" in shown["data"]


_STEER = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="local", voice="cedar")

@session.tool
def boiling_point(pressure: float, unit: str = "C") -> str:
    "Temperature at which water boils, at a pressure in bar."
    return f"{100 * pressure ** 0.25:.0f} degrees {unit}"

session
"""


async def test_tools_and_settings_are_steered_in_the_page(lab: Lab) -> None:
    page = await lab.open([_STEER, "session.runtime.settings.instructions"], size=(1366, 900))
    await page.run_cell(0)
    await page.page.fill(".rw-composer textarea", "At what temperature does water boil at 2 bar?")
    await page.page.press(".rw-composer textarea", "Enter")
    card = await page.expect(".rw-tool:has-text('boiling_point')")
    await page.expect(".rw-tool-state-done")
    await card.locator("summary").first.click()
    await card.locator("button:has-text('Run again')").click()
    await card.locator("[aria-label=pressure]").fill("4")
    await card.locator("form button:has-text('Run')").click()
    await page.expect(".rw-again-run:has-text('141 degrees')")
    await page.screenshot("again", ".rw-console")
    await page.click("button:has-text('Give to the model')")
    await page.expect(".rw-again-run:has-text('the model has this')")

    await page.click("button.rw-fact:has-text('1 tool')")
    await page.expect(".rw-tool-item code:has-text('boiling_point')")
    await page.click(".rw-tool-item button:has-text('Try')")
    await page.page.fill(".rw-tool-item [aria-label=pressure]", "nothing")
    await page.click(".rw-tool-item form button:has-text('Run')")
    await page.expect(".rw-arguments-problem:has-text('pressure is no number')")
    await page.page.fill(".rw-tool-item [aria-label=pressure]", "1")
    await page.click(".rw-tool-item form button:has-text('Run')")
    await page.expect(".rw-tried:has-text('100 degrees')")
    await page.screenshot("tools", ".rw-console")
    await page.page.uncheck(".rw-tool-item input[type=checkbox]")
    await page.expect(".rw-tool-off")

    await page.click("button[aria-label=Settings]")
    await page.page.fill(".rw-setting textarea", "Be brief.")
    await page.page.press(".rw-setting textarea", "Tab")
    await page.expect(".rw-setting-note:has-text('the voice cannot change')")
    await page.page.fill(".rw-setting:has-text('Longest answer') input", "many")
    await page.page.press(".rw-setting:has-text('Longest answer') input", "Enter")
    await page.expect(".rw-setting-problem:has-text('a number of tokens')")
    await page.click("button:has-text('Show as code')")
    await page.expect(".rw-setting-code pre:has-text('Be brief.')")
    await page.screenshot("settings", ".rw-console")
    await page.run_cell(1)
    assert "Be brief." in await page.output_text(1)
