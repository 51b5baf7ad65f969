"""Microphones and loudspeakers are chosen in the page, remembered, and changed in mid-talk."""

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
session
"""
_LABEL = "session.microphone.settings['label']"


async def test_devices_are_chosen_and_a_talk_goes_on_with_the_next(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        page = await lab.open([_SESSION.format(url=server.url)])
        await page.run_cell(0)
        await page.click("button[aria-label='Your microphone']")
        await page.expect(".rw-mic-on")
        first = await page.evaluate_in_kernel(_LABEL)
        await page.click("button[aria-label=Devices]")
        await page.expect(".rw-devices-box:has-text('On: ')")
        names = await page.page.locator(".rw-devices-box select").first.locator("option").all_inner_texts()
        other = next(name for name in names[1:] if name != first)
        await page.screenshot("devices")
        await page.page.locator(".rw-devices-box select").first.select_option(label=other)
        await page.page.wait_for_function(
            "() => JSON.parse(localStorage.getItem('realtime_widgets.devices'))?.microphone"
        )
        await page.expect(".rw-mic-on")
        while await page.evaluate_in_kernel(_LABEL) != other:
            await page.expect(".rw-mic-on")
        await page.page.check(".rw-devices-box label:has-text('Headphones') input")
        await page.click("button:has-text('Sound check')")
        await page.expect(".rw-check:has-text('Nothing of this is sent')")
        await page.expect(".rw-check li:has-text('tones')")
        await page.screenshot("check")
        await page.page.keyboard.press("Escape")
        await page.page.wait_for_selector(".rw-devices-box", state="detached")
        await page.expect(".rw-mic-on")
        assert await page.unplug_microphone() == 1
        await page.expect(".rw-notices:has-text('was unplugged: you are heard by')")
        await page.expect(".rw-notice:has-text('was unplugged')")  # in the talk as well
        await page.expect(".rw-mic-on")
        assert await page.live_tracks() == 1
        await page.click("button[aria-label='Your microphone']")
        await page.wait_for_tracks(0)


async def test_the_sound_check_measures_an_interruption_without_a_service(lab: Lab) -> None:
    page = await lab.open([_SESSION.format(url="http://127.0.0.1:9/v1")])
    await page.run_cell(0)
    await page.page.set_viewport_size({"width": 1366, "height": 768})
    await page.click("button[aria-label=Devices]")
    speaker = await page.tap_speaker()
    await page.click("button:has-text('Sound check')")
    await page.expect(".rw-check:has-text('a tone is interrupted')")
    await page.expect(".rw-check li:has-text('falls silent after about')")
    await page.screenshot("silence_1366")
    said = await page.text(".rw-check ul")
    milliseconds = int(said.split("after about ")[1].split(" ms")[0])
    assert 0 < milliseconds < 1_500
    assert ("good" in said) == (milliseconds <= 200)
    # It was cut: what the page played is shorter than the tone, which lasts 2 s.
    [(begin, end)] = (await speaker.read()).loud_stretches(gap_ms=100)
    assert 300 < end - begin < 1_950
    assert await page.evaluate_in_kernel("len(list(session.conversation))") == 0
    assert await page.evaluate_in_kernel("session.state") != "speaking"
    await page.page.set_viewport_size({"width": 420, "height": 768})
    await page.page.keyboard.press("Escape")
    await page.click("button[aria-label=Devices]")
    await page.click("button:has-text('Sound check')")
    await page.expect(".rw-check li:has-text('falls silent after about')")
    await page.screenshot("silence_420")
