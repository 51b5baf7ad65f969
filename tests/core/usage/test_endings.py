"""When models end: told in time, with what comes after, and of nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from realtime_widgets import ending_of
from realtime_widgets.core.usage.endings import NOTICE_DAYS


@pytest.mark.parametrize(
    ("model", "day", "successor"),
    [
        ("gpt-4o-mini-tts", date(2027, 1, 6), None),
        ("gpt-4.1-mini", date(2027, 1, 14), "gpt-6-luna"),
        ("gpt-4o-2024-11-20", date(2027, 1, 14), "gpt-6-luna"),
        ("gpt-realtime-2025-08-28", date(2027, 1, 20), "gpt-realtime-2.1"),
        ("gpt-realtime-mini", date(2027, 1, 20), "gpt-realtime-2.1-mini"),
        ("gpt-audio", date(2027, 1, 20), "gpt-audio-1.5"),
        ("whisper-1", date(2027, 2, 26), "gpt-transcribe"),
        ("gpt-4o-transcribe-diarize", date(2027, 2, 26), "gpt-transcribe"),
    ],
)
def test_the_announced_ends(model: str, day: date, successor: str | None) -> None:
    ending = ending_of(model)
    assert ending is not None
    assert (ending.date, ending.successor) == (day, successor)
    assert "read in" in ending.source


@pytest.mark.parametrize("model", ["gpt-realtime-2.1", "gpt-audio-1.5", "gpt-realtime-1.5", "local-stand-in", ""])
def test_models_whose_end_nobody_announced(model: str) -> None:
    assert ending_of(model) is None


def test_the_notice_comes_in_time_and_says_what_comes_after() -> None:
    ending = ending_of("gpt-realtime")
    assert ending is not None
    assert ending.notice(ending.date - timedelta(days=NOTICE_DAYS + 1)) == ""
    assert ending.notice(date(2026, 11, 26)) == (
        "The model gpt-realtime ends on 20 January 2027, in 55 days: use gpt-realtime-2.1 instead."
    )
    assert "in 1 day:" in ending.notice(ending.date - timedelta(days=1))
    assert ending.notice(date(2027, 3, 1)).startswith("The model gpt-realtime was to end on 20 January 2027")


def test_where_nothing_comes_after_the_notice_says_so() -> None:
    ending = ending_of("gpt-4o-mini-tts")
    assert ending is not None
    assert "ends on 6 January 2027" in ending.notice(date(2026, 12, 1))
    assert "the service names nothing in its place" in ending.notice(date(2026, 12, 1))
