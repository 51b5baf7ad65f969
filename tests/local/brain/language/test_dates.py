"""Days, times of day and lengths of time in speech and writing; today is Monday, 23 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from realtime_widgets.local.brain.language.dates import find_dates, find_durations, find_times

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-23"),
        ("tomorrow", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("on Friday", "2026-11-27"),
        ("this Friday", "2026-11-27"),
        ("next Friday", "2026-12-04"),
        ("on Monday", "2026-11-30"),
        ("last Friday", "2026-11-20"),
        ("the third of May", "2027-05-03"),
        ("May 3rd", "2027-05-03"),
        ("3 May 2028", "2028-05-03"),
        ("twenty-first of June", "2027-06-21"),
        ("December the first", "2026-12-01"),
        ("2026-12-24", "2026-12-24"),
        ("24.12.2026", "2026-12-24"),
        ("12/24/2026", "2026-12-24"),
        ("on the 5th", "2026-12-05"),
        ("in three days", "2026-11-26"),
        ("two weeks from now", "2026-12-07"),
        ("next month", "2026-12-23"),
        ("Christmas Eve", "2026-12-24"),
        ("29th of February", "2028-02-29"),
    ],
)
def test_days(text: str, day: str) -> None:
    assert [span.value.isoformat() for span in find_dates(text, TODAY)] == [day]


@pytest.mark.parametrize("text", ["31st of June", "for three days", "you may go", "at 14:30", "Fridays are nice"])
def test_what_is_no_day(text: str) -> None:
    assert find_dates(text, TODAY) == []


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("at 14:30", "14:30:00"),
        ("half past seven", "07:30:00"),
        ("half past seven in the evening", "19:30:00"),
        ("quarter to nine pm", "20:45:00"),
        ("ten past six", "06:10:00"),
        ("seven thirty p.m.", "19:30:00"),
        ("7 am", "07:00:00"),
        ("12 am", "00:00:00"),
        ("12:15 pm", "12:15:00"),
        ("five o'clock tomorrow afternoon", "17:00:00"),
        ("noon", "12:00:00"),
        ("midnight", "00:00:00"),
        ("at seven", "07:00:00"),
    ],
)
def test_times(text: str, clock: str) -> None:
    assert [span.value.isoformat() for span in find_times(text)] == [clock]


@pytest.mark.parametrize("text", ["at 40 degrees", "for 3 minutes", "at 7 percent", "25:99", "version 7.30"])
def test_what_is_no_time(text: str) -> None:
    assert find_times(text) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("half an hour", timedelta(minutes=30)),
        ("an hour and a half", timedelta(minutes=90)),
        ("a quarter of an hour", timedelta(minutes=15)),
        ("1 minute and 30 seconds", timedelta(seconds=90)),
        ("two and a half hours", timedelta(minutes=150)),
        ("a 3-minute timer", timedelta(minutes=3)),
    ],
)
def test_lengths_of_time(text: str, length: timedelta) -> None:
    assert [span.value for span in find_durations(text)] == [length]
