"""Microphone and newest words are seen together in every window; the microphone stays where the pointer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = [pytest.mark.browser, pytest.mark.models]

_MICROPHONE = ".rw-console button[aria-label*='microphone']"
# A talk that is longer than the console.
_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(answers="text")
session
"""
_TALK = """
for question in range(6):
    await session.ask("Who are you, and what can you do?")
"""


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param((1366, 768), "light", id="laptop"),
        pytest.param((1366, 768), "dark", id="laptop-dark"),
        pytest.param((683, 384), "light", id="laptop-zoomed-200"),  # the same window, in CSS pixels at 200 % zoom
        pytest.param((420, 800), "light", id="narrow"),
    ],
)
async def test_microphone_and_newest_words_are_seen_together(lab: Lab, size: tuple[int, int], theme: str) -> None:
    page = await lab.open([_SESSION, _TALK], size=size, theme=theme)
    await page.run_cell(0)
    before = await _place_of_microphone(page)
    await page.run_cell(1)
    assert await _place_of_microphone(page) == before
    await page.click(".rw-composer textarea")
    await page.page.keyboard.type("Is it late?")
    await page.page.keyboard.press("Enter")
    await page.expect(".rw-turn-user :text('Is it late?')")
    await page.expect(".rw-console :text('Ready')")
    newest = await _box(page, ".rw-turn-assistant .rw-words >> nth=-1")
    microphone = await _box(page, _MICROPHONE)
    await page.screenshot("page")
    await page.screenshot("console", ".rw-console")
    width, height = size
    for box in (newest, microphone):
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
        assert box["x"] + box["width"] <= width


async def _place_of_microphone(page: LabPage) -> tuple[float, float]:
    """Return where in the console it is: JupyterLab scrolls the console as a whole to the cell that runs."""
    microphone, console = await _box(page, _MICROPHONE), await _box(page, ".rw-console")
    return microphone["x"] - console["x"], microphone["y"] - console["y"]


async def _box(page: LabPage, selector: str) -> dict[str, float]:
    box = await page.page.locator(selector).first.bounding_box()
    assert box is not None, f"{selector} is not rendered"
    return {name: round(value) for name, value in box.items()}
