"""A cough while the answer plays: the page falls silent, goes on, and in all every sample was heard once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.sound.sound import tone
from tests.local import conftest as local_conftest
from tests.local.stand_ins import LONG

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from tests.local.conftest import Endpoint

pytestmark = [pytest.mark.browser]

#: An endpoint around small stand-ins: a low tone is speech to it, a high one is sound without words.
start_endpoint, endpoint = local_conftest.start_endpoint, local_conftest.endpoint

COUGH_S = 0.4
#: Half a second of tone for each sentence.
ANSWER_MS = 500 * len(LONG)


@pytest.mark.nightly  # half a minute and more of real talk
async def test_a_cough_stops_the_answer_and_it_goes_on_without_a_loss(lab: Lab, endpoint: Endpoint) -> None:
    endpoint.synthesiser.free = len(LONG)
    page = await lab.open(
        [
            "from realtime_widgets import RealtimeSession\n"
            f'session = RealtimeSession(endpoint="{endpoint.url}/v1", api_key="test")\nsession',
            'session.say("long")',
            "[answer] = [line for line in session.conversation if line.role == 'assistant']\n"
            "print(answer.heard_ms, answer.audio_ms, answer.cut)",
        ],
        spoken=True,
    )
    await page.run_cell(0)
    speaker = await page.tap_speaker()
    await page.click("button[aria-label*='microphone']")
    await page.expect(".rw-state-listening")
    await page.run_cell(1)
    await speaker.wait_for_sound(1000)
    await page.say(tone(COUGH_S, 4000))
    # The cough's silence is some three seconds; only the end's is so much longer.
    await speaker.wait_for_silence(12_000)
    recording = await speaker.read()
    before, after = recording.loud_stretches(gap_ms=200)
    assert after[0] - before[1] > 300  # it was silent for the cough and the silence after it
    played = sum(end - begin for begin, end in recording.loud_stretches(gap_ms=5))
    assert played == pytest.approx(ANSWER_MS, abs=30)
    await page.run_cell(2)
    assert await page.output_text(2) == f"{float(ANSWER_MS)} {float(ANSWER_MS)} False"
