"""A session's numbers, from the events it sends."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.local.http.session_stats import SessionStats


def spoken(start_ms: float, end_ms: float) -> list[dict[str, Any]]:
    return [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": start_ms},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": end_ms},
        {"type": "input_audio_buffer.committed"},
    ]


AUDIO = {"type": "response.output_audio.delta", "delta": "A" * 64_000}  # 48,000 bytes: one second


def test_a_spoken_turn_counts_its_speech_its_answer_and_the_gap_between_them() -> None:
    stats = SessionStats(began=100.0)
    for event in spoken(500, 2500):
        stats.add(event, 103.0)
    for at in (103.4, 103.5):
        stats.add(AUDIO, at)
    stats.add({"type": "response.done", "response": {"status": "completed"}}, 104.0)
    assert stats.summary(160.0) == {
        "seconds": 60.0,
        "turns": 1,
        "speech_seconds": 2.0,
        "voice_seconds": 2.0,
        "responses": {"completed": 1},
        "calls": 0,
        "errors": {},
        "gap_seconds": 0.4,
    }


def test_sound_of_the_answer_before_is_no_answer_to_the_turn_that_interrupts_it() -> None:
    stats = SessionStats(began=0.0)
    for event in spoken(0, 1000):
        stats.add(event, 1.0)
    stats.add(AUDIO, 1.5)
    stats.add(spoken(3000, 4000)[0], 3.0)
    stats.add(AUDIO, 3.1)
    for event in spoken(3000, 4000)[1:]:
        stats.add(event, 4.0)
    stats.add(AUDIO, 4.7)
    assert stats.gaps == pytest.approx([0.5, 0.7])


def test_calls_and_errors_are_counted() -> None:
    stats = SessionStats(began=0.0)
    stats.add({"type": "response.function_call_arguments.done"}, 1.0)
    stats.add({"type": "error", "error": {"code": "invalid_value"}}, 1.0)
    assert (stats.calls, dict(stats.errors)) == (1, {"invalid_value": 1})
    assert stats.summary(1.0)["gap_seconds"] is None
