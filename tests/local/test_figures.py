"""A session's numbers, from the events it sends."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.local.figures import SessionFigures


def spoken(start_ms: float, end_ms: float) -> list[dict[str, Any]]:
    return [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": start_ms},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": end_ms},
        {"type": "input_audio_buffer.committed"},
    ]


AUDIO = {"type": "response.output_audio.delta", "delta": "A" * 64_000}  # 48,000 bytes: one second


def test_a_spoken_turn_counts_its_speech_its_answer_and_the_gap_between_them() -> None:
    figures = SessionFigures(began=100.0)
    for event in spoken(500, 2500):
        figures.sent(event, 103.0)
    for at in (103.4, 103.5):
        figures.sent(AUDIO, at)
    figures.sent({"type": "response.done", "response": {"status": "completed"}}, 104.0)
    assert figures.summary(160.0) == {
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
    figures = SessionFigures(began=0.0)
    for event in spoken(0, 1000):
        figures.sent(event, 1.0)
    figures.sent(AUDIO, 1.5)
    figures.sent(spoken(3000, 4000)[0], 3.0)
    figures.sent(AUDIO, 3.1)
    for event in spoken(3000, 4000)[1:]:
        figures.sent(event, 4.0)
    figures.sent(AUDIO, 4.7)
    assert figures.gaps == pytest.approx([0.5, 0.7])


def test_calls_and_errors_are_counted() -> None:
    figures = SessionFigures(began=0.0)
    figures.sent({"type": "response.function_call_arguments.done"}, 1.0)
    figures.sent({"type": "error", "error": {"code": "invalid_value"}}, 1.0)
    assert (figures.calls, dict(figures.errors)) == (1, {"invalid_value": 1})
    assert figures.summary(1.0)["gap_seconds"] is None
