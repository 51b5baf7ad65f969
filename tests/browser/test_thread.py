"""The whole way: a person opens the quickstart, speaks, is answered, has a tool called, and interrupts."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.signal

from devtools.sound.voice import RATE, recognise, speak, words
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16, read_sound

if TYPE_CHECKING:
    import numpy.typing as npt

    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = [pytest.mark.browser, pytest.mark.models]

_ROOT = Path(__file__).parents[2]
_QUICKSTART = _ROOT / "notebooks" / "01_quickstart.ipynb"
_PERSON = _ROOT / "tests" / "sounds" / "arctic_a0007.flac"
_PERSON_SAYS = "and you always want to see it in the superlative degree"
_QUESTION = "How fast is our reaction at forty degrees?"
#: Cells of the quickstart: the session, its console, the tool; the cell after the next is free to use.
_SESSION, _CONSOLE, _TOOL = 1, 2, 4


async def _journal(page: LabPage, index: int) -> list[dict[str, Any]]:
    """Events of the session, read by a cell."""
    await page.edit_cell(
        index,
        "import json\nprint(json.dumps([(r.sender, r.event) for r in session.journal"
        ' if "append" not in r.event["type"] and "delta" not in r.event["type"]]))',
    )
    await page.run_cell(index)
    return [event | {"sender": sender} for sender, event in json.loads(await page.output_text(index))]


async def _received(page: LabPage, index: int) -> npt.NDArray[np.float32]:
    """All sound of the first answer that came from the endpoint, at 24 kHz."""
    await page.edit_cell(
        index,
        "import base64\nturns = session.runtime.core.turns.values()\n"
        "print(base64.b64encode(bytes(next(iter(turns)).audio)).decode())",
    )
    await page.run_cell(index)
    return from_pcm16(base64.b64decode(await page.output_text(index)))


def _stopped_at_ms(received: npt.NDArray[np.float32], played: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Where in `received` the sound `played` (24 kHz) stopped, found by the likeness of its last moments.

    The earliest and the latest place: where it stopped in a pause, any place in the pause sounds the same.
    """
    end = int(np.flatnonzero(np.abs(played) > 1e-3)[-1]) + 1
    # The last milliseconds are faded; what is before them is as it was sent.
    last = played[end - SAMPLE_RATE // 2 : end - SAMPLE_RATE // 100]
    likeness = scipy.signal.correlate(received, last, mode="valid")
    earliest = int(np.argmax(likeness)) + SAMPLE_RATE // 2
    later = np.flatnonzero(np.abs(received[earliest:]) > 2e-3)
    latest = earliest + int(later[0]) if later.size else received.size
    return earliest / SAMPLE_RATE * 1000, latest / SAMPLE_RATE * 1000


async def test_a_person_talks_with_the_quickstart(lab: Lab) -> None:
    question = speak(_QUESTION)  # takes longer on a busy machine than the answer that it interrupts
    page = await lab.open(_QUICKSTART, spoken=True, size=(1280, 1400))
    for cell in (_SESSION, _CONSOLE, _TOOL):
        await page.run_cell(cell)
    await page.edit_cell(_TOOL + 3, "session.runtime.core.keep_spoken_audio = True")
    await page.run_cell(_TOOL + 3)
    speaker = await page.tap_speaker()
    await page.click("button[aria-label*='microphone']")
    await page.expect(".rw-state-listening")

    # A person's sentence; then, over the answer to it, the question to the tool.
    await page.say(*read_sound(_PERSON))
    await speaker.wait_for_sound(1000)
    await page.say(question, RATE)

    # The tool's answer comes last; when it has been played, all is over.
    await page.expect(".rw-tool >> text=reaction_rate")
    await page.expect(".rw-tool >> text=moles per second")
    await page.expect(".rw-turn-assistant >> nth=1")
    await page.expect(".rw-state-listening")
    recording = await speaker.read()

    # The transcript shows what was said, by both sides, in order.
    said = [words(text) for text in await page.page.locator(".rw-turn-user .rw-words").all_inner_texts()]
    assert said[0] == words(_PERSON_SAYS)
    assert said[1][:5] == words(_QUESTION)[:5]
    answers = await page.page.locator(".rw-turn-assistant .rw-words").all_inner_texts()
    assert len(answers) == 2
    assert "moles per second" in answers[1]

    # The speech over the first answer silenced it, and the model was told where.
    events = await _journal(page, _TOOL + 2)
    truncates = [e for e in events if e["type"] == "conversation.item.truncate" and e["sender"] == "client"]
    assert len(truncates) == 1
    stretches = recording.loud_stretches()
    silence_ms, last_begin = max((later[0] - sooner[1], later[0]) for sooner, later in pairwise(stretches))
    assert silence_ms > 1500
    # To the silence's end: the last of the first answer may be too quiet to count as loud.
    first = recording.between(stretches[0][0], last_begin - 200).resampled(SAMPLE_RATE)
    earliest, latest = _stopped_at_ms(await _received(page, _TOOL + 3), first)
    assert earliest - 20 <= truncates[0]["audio_end_ms"] <= latest + 20
    assert any(e["type"] == "conversation.item.truncated" for e in events)
    assert not [e for e in events if e["type"] == "error"]

    # What came out of the speaker at the end are the words of the tool's result.
    heard = recognise(recording.between(last_begin - 200))
    assert {"reaction", "moles", "per", "second"} <= set(heard)
    await page.show_cell(_CONSOLE)
    await page.screenshot("talk-light")
    await page.set_theme("dark")
    await page.screenshot("talk-dark")
