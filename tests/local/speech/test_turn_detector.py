"""Turn detection in audio time: when a turn begins, pauses, goes on and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.local.speech.turn_detector import PROMPT, Decision, TurnDetector, TurnSettings, wait_at

CHUNK = 32.0


def follow(detector: TurnDetector, probabilities: list[float]) -> list[tuple[Decision, float]]:
    decisions = []
    for probability in probabilities:
        if decision := detector.advance(probability):
            decisions.append((decision, detector.now_ms))
    return decisions


def test_a_turn_from_beginning_to_end() -> None:
    detector = TurnDetector(TurnSettings())
    decisions = follow(detector, [0.0] * 20 + [0.9] * 10 + [0.0] * 12)
    assert decisions == [
        (Decision.STARTED, 22 * CHUNK),
        (Decision.PAUSED, 33 * CHUNK),
        (Decision.STOPPED, 39 * CHUNK),
    ]
    assert detector.turn_start_ms == 20 * CHUNK - 300


def test_a_click_is_no_turn() -> None:
    assert follow(TurnDetector(TurnSettings()), [0.0, 0.99, 0.0, 0.99, 0.0]) == []


def test_padding_does_not_reach_before_the_sound_or_the_turn_before() -> None:
    detector = TurnDetector(TurnSettings(silence_duration_ms=64), start_ms=1000)
    follow(detector, [0.9, 0.9])
    assert detector.turn_start_ms == 1000
    follow(detector, [0.0, 0.0])
    ended_ms = detector.now_ms
    follow(detector, [0.9, 0.9])
    assert detector.turn_start_ms == ended_ms


def test_a_pause_that_goes_on() -> None:
    decisions = follow(TurnDetector(TurnSettings()), [0.9] * 4 + [0.1] * 6 + [0.9] + [0.1] * 9)
    assert [decision for decision, _ in decisions] == [
        Decision.STARTED,
        Decision.PAUSED,
        Decision.RESUMED,
        Decision.PAUSED,
        Decision.STOPPED,
    ]


def test_soft_endings_still_belong_to_the_turn() -> None:
    decisions = follow(TurnDetector(TurnSettings()), [0.9] * 4 + [0.4] * 20)
    assert Decision.STOPPED not in [decision for decision, _ in decisions]


@pytest.mark.parametrize("silence_ms", [0, 100, 200, 300, 500, 1000])
def test_silence_is_measured_to_the_nearest_chunk(silence_ms: int) -> None:
    detector = TurnDetector(TurnSettings(silence_duration_ms=silence_ms))
    decisions = follow(detector, [0.9] * 4 + [0.0] * 60)
    [stopped] = [at for decision, at in decisions if decision is Decision.STOPPED]
    assert abs(stopped - 4 * CHUNK - max(silence_ms, CHUNK)) <= CHUNK / 2


@pytest.mark.parametrize(
    ("finished", "wait_ms"),
    [(0.0, 700), (0.1, 700), (0.15, 500), (0.5, 300), (0.825, 246), (0.9, 192), (1.0, 192)],
)
def test_the_surer_it_is_that_a_turn_is_over_the_shorter_the_wait(finished: float, wait_ms: float) -> None:
    assert wait_at(PROMPT, finished) == pytest.approx(wait_ms)


def test_a_verdict_holds_until_the_user_goes_on() -> None:
    detector = TurnDetector(TurnSettings(judged_silence_ms=PROMPT))
    assert [decision for decision, _ in follow(detector, [0.9] * 4 + [0.0] * 3)][-1] is Decision.PAUSED
    detector.judge(0.0)
    assert [decision for decision, _ in follow(detector, [0.0] * 10 + [0.9])] == [Decision.RESUMED]
    decisions = follow(detector, [0.0] * 9)
    assert [decision for decision, _ in decisions] == [Decision.PAUSED, Decision.STOPPED]


def test_speech_that_fades_may_be_over_and_soft_speech_is_not() -> None:
    detector = TurnDetector(TurnSettings())
    assert follow(detector, [0.9] * 4 + [0.6]) == [(Decision.STARTED, 2 * CHUNK)]
    assert detector.fading_ms == CHUNK
    follow(detector, [0.1])
    assert (detector.fading_ms, detector.silence_ms) == (2 * CHUNK, CHUNK)
    assert [decision for decision, _ in follow(detector, [0.6])] == [Decision.RESUMED]
    assert follow(detector, [0.6] * 20) == []
    assert detector.fading_ms == 0
    assert [decision for decision, _ in follow(detector, [0.9, 0.6, 0.5, 0.5, 0.5])] == [Decision.RESUMED]
    assert detector.fading_ms == 0


def test_a_higher_threshold_needs_clearer_speech() -> None:
    assert follow(TurnDetector(TurnSettings(threshold=0.8)), [0.7] * 50) == []


@given(
    st.lists(st.floats(0, 1), max_size=300),
    st.floats(0, 1),
    st.integers(0, 2000),
    st.integers(0, 2000),
)
def test_decisions_always_make_sense(
    probabilities: list[float], threshold: float, padding_ms: int, silence_ms: int
) -> None:
    detector = TurnDetector(TurnSettings(threshold, padding_ms, silence_ms))
    state, last_end_ms = "silent", 0.0
    allowed = {
        (Decision.STARTED, "silent"): "speaking",
        (Decision.PAUSED, "speaking"): "paused",
        (Decision.RESUMED, "speaking"): "speaking",
        (Decision.RESUMED, "paused"): "speaking",
        (Decision.STOPPED, "speaking"): "silent",
        (Decision.STOPPED, "paused"): "silent",
    }
    for probability in probabilities:
        decision = detector.advance(probability)
        if decision is None:
            continue
        state = allowed[decision, state]
        assert last_end_ms <= detector.turn_start_ms <= detector.now_ms
        if decision is Decision.STOPPED:
            last_end_ms = detector.now_ms
        assert detector.speaking == (state != "silent")
