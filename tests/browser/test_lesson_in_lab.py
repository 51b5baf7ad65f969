"""A lesson in JupyterLab: large words, prepared questions, a window for the projector, and the floor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.audio.samples import read_sound

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.models]

SPEECH = Path(__file__).parent.parent / "sounds" / "jfk.flac"
_LESSON = """
from realtime_widgets import RealtimeSession
session = RealtimeSession.lesson(
    "Capitals of Europe",
    questions=["What is the capital of France?", ("And of Spain?", "then ask for the river")],
    answers={
        "capital France": "The capital of France is Paris.",
        "Spain": "The capital of Spain is Madrid.",
        "country": "Ask your teacher about that.",
    },
)
session
"""


async def test_a_prepared_question_is_answered_aloud_in_large_letters(lab: Lab) -> None:
    page = await lab.open([_LESSON, "await session.start()", "await session.close()"], size=(1366, 768))
    await page.run_cell(0)
    await page.expect(".rw-lesson-empty")
    await page.run_cell(1)
    speaker = await page.tap_speaker()
    await page.click(".rw-lesson-questions button:has-text('France')")
    line = await page.expect(".rw-lesson-model:has-text('The capital of France is Paris.')")
    await speaker.wait_for_sound()
    size = await line.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 36
    await page.screenshot("light")

    # The projector's window has the words, larger, and goes with the page.
    async with page.page.expect_popup() as opening:
        await page.click("button:has-text('Window for the projector')")
    projector = await opening.value
    words = projector.locator(".rw-lesson-model:has-text('Paris')")
    await words.wait_for()
    assert await words.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 50
    await page.page.locator(".rw-lesson-box").focus()
    await page.page.keyboard.press("2")
    await projector.locator(".rw-lesson-model:has-text('Madrid')").wait_for()
    await projector.screenshot(path=str(page.artifacts / "projector.png"))
    await page.expect(".rw-lesson-questions:has-text('then ask for the river')")
    await page.click('button:has-text("Close the projector\'s window")')
    await page.expect("button:has-text('Window for the projector')")
    assert projector.is_closed()
    await page.set_theme("dark")
    await page.screenshot("dark", ".rw-lesson-box")
    await page.run_cell(2)
    await page.expect(".rw-lesson-state:has-text('The lesson is over')")
    await page.expect(".rw-lesson-used:has-text('of 45 min')")


async def test_tables_take_the_floor_one_after_another_and_hold_a_button(lab: Lab) -> None:
    samples, rate = read_sound(SPEECH)
    page = await lab.open([_LESSON, "await session.start()"], spoken=True, size=(1920, 1080))
    await page.run_cell(0)
    await page.run_cell(1)
    await page.click("button:has-text('Find microphones')")
    names = page.page.locator(".rw-lesson-table input")
    await names.first.wait_for()
    await names.first.fill("Window table")
    await names.first.blur()
    await page.page.locator(".rw-lesson-table button:has-text('Raise hand')").first.click()
    hold = await page.expect("button[aria-label='Hold to talk: Window table']:not([disabled])")
    await page.wait_for_tracks(1)
    await page.expect(".rw-lesson-state:has-text('Window table has the floor')")
    await hold.hover()
    await page.page.mouse.down()
    await page.expect(".rw-lesson-state:has-text('Listening to Window table')")
    await page.screenshot("talking", ".rw-lesson-box")
    await page.say(samples, rate)
    await page.page.mouse.up()
    line = await page.expect(".rw-lesson-class:has-text('your country')")
    assert (await line.inner_text()).startswith("Window table")
    await page.expect(".rw-lesson-model:has-text('Ask your teacher about that.')")
    await page.click("button:has-text('Done')")
    await page.wait_for_tracks(0)
    await page.expect(".rw-lesson-state:has-text('Raise a hand')")
