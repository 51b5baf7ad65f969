"""Half duplex in JupyterLab: a recording of the page's microphone is the question of a chat."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from devtools.sound.sound import microphone_wav, tone
from tests.chat.rest_server import RestServer, written

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_CHAT = """
from realtime_widgets import AudioChat, Recorder
chat = AudioChat(endpoint="{url}", api_key="test", spoken=False)
recorder = Recorder()
recorder
"""
_EARLY = """
try:
    recorder.audio
except ValueError as error:
    print(error)
"""
_ASK = "print(await chat.ask(audio=recorder.audio, rate=recorder.rate))"


async def test_what_is_said_between_two_clicks_is_the_question(lab: Lab, tmp_path: Path) -> None:
    wav = microphone_wav(tmp_path / "tone.wav", [(0.0, tone(120, level=0.5))])
    async with RestServer() as server:
        server.completions(written("A tone."))
        page = await lab.open([_CHAT.format(url=server.url), _EARLY, _ASK], microphone=wav)
        await page.run_cell(0)
        await page.run_cell(1)
        assert "nothing is recorded yet" in await page.output_text(1)
        await page.click("button[aria-label='Record']")
        await page.expect(".rw-mic-title:has-text('Recording 1')")
        await page.screenshot("recording", ".rw-microphone")
        await page.click("button[aria-label='Stop recording']")
        await page.expect(".rw-mic-title:has-text('Recorded')")
        await page.run_cell(2)
        assert await page.output_text(2) == "A tone."
        data = server.asked[0]["messages"][0]["content"][0]["input_audio"]["data"]
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
        assert 1.0 <= len(samples) / rate < 120
        spectrum = abs(np.fft.rfft(samples))
        assert np.fft.rfftfreq(len(samples), 1 / rate)[spectrum.argmax()] == pytest.approx(440, abs=5)
        await page.save()
        assert data[5_000:5_100] not in page.path.read_text()
