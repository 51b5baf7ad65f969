"""A lecture spoken into the microphone of a page is written down in large letters, and stays in the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.audio.samples import read_sound

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.models]

LECTURE = Path(__file__).parent.parent / "sounds" / "jfk.flac"
#: How much of the list is below what can be seen, in pixels.
BELOW = "() => { const l = document.querySelector('.rw-captions-list'); \
return l.scrollHeight - l.scrollTop - l.clientHeight; }"


async def test_a_lecture_is_written_down_in_large_letters_and_stays_in_the_file(lab: Lab, tmp_path: Path) -> None:
    samples, rate = read_sound(LECTURE)
    subtitles = tmp_path / "lecture.srt"
    page = await lab.open(
        [
            'from realtime_widgets import Captions\ncaptions = Captions(endpoint="local", font_size=40)\ncaptions',
            "await captions.start()",
            f"await captions.close()\ncaptions.save({str(subtitles)!r})\ncaptions.state",
        ],
        spoken=True,
        size=(1280, 720),
    )
    await page.run_cell(0)
    await page.run_cell(1)
    await page.expect(".rw-captions-empty:has-text('What is said appears here')")
    await page.click("button[aria-label='Your microphone']")
    await page.expect(".rw-mic-on")
    await page.say(samples, rate)
    first = await page.expect(".rw-caption:has-text('country')")
    assert await first.evaluate("element => getComputedStyle(element).fontSize") == "40px"
    await page.expect(".rw-caption:not(.rw-caption-growing):has-text('country')")
    await page.page.wait_for_function("() => !document.querySelector('.rw-caption-growing')")
    await page.screenshot("captions")
    # The newest words are in view, unless the reader looks back.
    assert await page.page.evaluate(BELOW) < 48
    for _ in range(4):
        await page.click("button[aria-label='Larger letters']")
    await page.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.rw-caption')).fontSize == '96px'"
    )
    assert await page.page.evaluate(BELOW) < 48
    await page.page.evaluate("document.querySelector('.rw-captions-list').scrollTop = 0")
    await page.expect("button:has-text('Newest')")
    await page.say(samples, rate)
    await page.page.wait_for_function(f"({BELOW})() > 600")
    await page.page.wait_for_function(
        "n => document.querySelectorAll('.rw-caption:not(.rw-caption-growing)').length > n",
        arg=await page.page.locator(".rw-caption").count() - 1,
    )
    assert await page.page.evaluate("document.querySelector('.rw-captions-list').scrollTop") == 0
    await page.click("button:has-text('Newest')")
    await page.click("button[aria-label='High contrast']")
    assert await page.page.evaluate(
        "getComputedStyle(document.querySelector('.rw-captions-box')).backgroundColor"
    ) == ("rgb(0, 0, 0)")
    await page.set_theme("dark")
    await page.screenshot("dark")
    await page.run_cell(2)
    await page.wait_for_tracks(0)
    assert "closed" in await page.output_text(2)
    # Words that are said four times: beside a load some of the sound may not reach the page's microphone.
    assert "country" in subtitles.read_text().lower()
    notebook: Any = await page.save()
    kept = [output.get("data", {}).get("text/markdown", "") for output in notebook.cells[0].outputs]
    assert any("country" in text for text in kept)
    assert "Captions by" in "".join(kept)
