"""The parts of the responses that a server sends."""

from __future__ import annotations

from realtime_widgets.audio.pcm import duration_ms
from realtime_widgets.testing import tone


def test_tone_is_pcm16_of_the_length_asked_for():
    assert duration_ms(len(tone(250))) == 250
    assert len(set(tone(10))) > 10
