"""When samples were, from reports that come late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.testing import tone
from realtime_widgets.timeline.clock import SampleClock
from realtime_widgets.timeline.wave import STEP, Envelope

RATE = 24_000


def test_the_earliest_report_says_when_a_stream_began() -> None:
    clock = SampleClock(RATE)
    for number, late in enumerate([0.09, 0.03, 0.12], 1):
        clock.report(10 + number * 0.06 + late, number * 1440)
    assert clock.time_of(0) == pytest.approx(10.03)
    assert clock.end_of(3 * 1440) == pytest.approx(10.03 + 0.18)


def test_a_pause_splits_a_stream_and_a_sample_before_it_ends_before_it() -> None:
    clock = SampleClock(RATE)
    clock.report(1.0, RATE)
    clock.report(6.0, 2 * RATE)
    assert clock.runs(0, clock.samples) == [(0, RATE, 0.0), (RATE, 2 * RATE, 5.0)]
    assert clock.end_of(RATE) == pytest.approx(1.0)
    assert clock.time_of(RATE) == pytest.approx(5.0)
    assert clock.runs(RATE // 2, RATE + RATE // 2) == [(RATE // 2, RATE, 0.5), (RATE, RATE + RATE // 2, 5.0)]


def test_what_counts_as_read_at_once_was_not_before_it_came() -> None:
    clock = SampleClock(RATE)
    clock.report(3.0, 10 * RATE, since=3.0)
    assert clock.time_of(0) == 3.0


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=40))
def test_nothing_is_placed_before_it_was_or_later_than_it_was_reported(delays: list[float]) -> None:
    clock = SampleClock(RATE)
    for number, late in enumerate(delays, 1):
        clock.report(number * 0.02 + late, number * 480)
    assert -1e-9 <= clock.time_of(0) <= delays[0] + 1e-9
    assert clock.time_of(0) == pytest.approx(min(delays), abs=1e-6)


def test_speech_begins_and_ends_where_it_is_loud() -> None:
    envelope = Envelope()
    quiet = bytes(2 * STEP * 10)
    envelope.add(quiet + tone(400) + quiet)
    assert envelope.speech(0, envelope.samples) == (10 * STEP, 30 * STEP)
    assert envelope.speech(0, 5 * STEP) == (0, 5 * STEP)  # nothing is loud there
    assert max(envelope.peaks(0, 10 * STEP)) == 0 < min(envelope.peaks(10 * STEP, 30 * STEP))


def test_the_way_in_which_sound_is_cut_into_blocks_changes_nothing() -> None:
    whole, cut = Envelope(), Envelope()
    sound = tone(333)
    whole.add(sound)
    for first in range(0, len(sound), 998):
        cut.add(sound[first : first + 998])
    assert whole.peaks(0, whole.samples // STEP * STEP) == cut.peaks(0, cut.samples // STEP * STEP)
