"""The input audio buffer on the session's time line."""

from __future__ import annotations

import pytest

from realtime_widgets.local.realtime.turns.input_audio import InputBuffer
from tests.local.stand_ins import tone


def test_buffer_keeps_time_over_drops() -> None:
    buffer = InputBuffer("audio/pcm")
    buffer.append(tone(1.0))
    buffer.drop_until(600)
    assert (buffer.start_ms, buffer.end_ms) == (600, 1000)
    assert buffer.between(700, 800) == tone(1.0)[700 * 48 : 800 * 48]
    buffer.drop_until(5000)
    assert buffer.start_ms == 1000
    assert buffer.between(0, 5000) == b""


def test_half_a_sample_waits() -> None:
    buffer = InputBuffer("audio/pcm")
    sound = tone(0.1)
    buffer.append(sound[:4799])
    assert buffer.end_ms < 100
    buffer.drop_until(buffer.end_ms)
    buffer.append(sound[4799:])
    assert buffer.end_ms == pytest.approx(100)
