"""When the client commits: at pauses, and never later than after the longest stretch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.core.captions.pauses import SILENCE_S, SILENT_DB, PauseRule, level_db

RATE = 24_000
BLOCK_S = 0.02


def tone(seconds: float, level: float = 0.2) -> bytes:
    times = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 220 * times) * level * 32767).astype("<i2").tobytes()


def noise(seconds: float, level: float = 0.003) -> bytes:
    samples = np.random.default_rng(7).normal(0, level, round(seconds * RATE))
    return (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()


def verdicts(rule: PauseRule, pcm: bytes, block_s: float = BLOCK_S) -> list[tuple[float, str]]:
    """Feed sound, carry out what the rule says, and return when it said so."""
    size = round(block_s * RATE) * 2
    said = []
    for start in range(0, len(pcm), size):
        if verdict := rule.hear(pcm[start : start + size]):
            said.append((round((start + size) / 2 / RATE, 2), verdict))
            rule.begin_anew()
    return said


def test_levels_are_relative_to_full_scale() -> None:
    assert level_db(tone(0.1, 1.0)) == pytest.approx(-3, abs=0.1)
    assert level_db(bytes(960)) == level_db(b"") == SILENT_DB


def test_a_pause_ends_a_stretch_and_a_breath_does_not() -> None:
    spoken = tone(1.0) + bytes(round(0.3 * RATE) * 2) + tone(1.0) + bytes(RATE * 2)
    assert verdicts(PauseRule(), spoken) == [(pytest.approx(2.9, abs=0.05), "commit")]


def test_a_voice_without_a_pause_is_committed_after_the_longest_stretch() -> None:
    said = verdicts(PauseRule(longest_s=15), tone(40))
    assert said == [(pytest.approx(15, abs=0.05), "commit"), (pytest.approx(30, abs=0.05), "commit")]


def test_a_short_pause_will_do_in_a_long_stretch() -> None:
    gap = bytes(round(0.4 * RATE) * 2)
    assert verdicts(PauseRule(), tone(2) + gap + tone(7) + gap) == [(pytest.approx(9.7, abs=0.1), "commit")]


def test_silence_and_steady_noise_are_dropped_and_never_written_down() -> None:
    assert {verdict for _, verdict in verdicts(PauseRule(), bytes(25 * RATE * 2))} == {"drop"}
    assert {verdict for _, verdict in verdicts(PauseRule(), noise(25))} == {"drop"}


def test_a_voice_is_found_above_the_noise_of_the_room() -> None:
    loud = np.frombuffer(noise(1.0), "<i2") + np.frombuffer(tone(1.0, 0.05), "<i2")
    said = verdicts(PauseRule(), noise(2) + loud.astype("<i2").tobytes() + noise(1))
    assert said == [(pytest.approx(3.6, abs=0.1), "commit")]


def test_the_stretch_is_where_somebody_speaks() -> None:
    rule = PauseRule()
    rule.hear(bytes(2 * RATE * 2))
    assert rule.stretch is None
    rule.hear(tone(1) + bytes(RATE))
    assert rule.stretch is not None
    assert (rule.stretch.begin_s, rule.stretch.end_s) == (
        pytest.approx(1.8, abs=0.03),
        pytest.approx(3.2, abs=0.03),
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.02, 12), st.floats(0.0, 0.5)), max_size=6),
    st.integers(1, 24_000),
)
def test_words_never_wait_for_longer_than_the_longest_stretch(
    parts: list[tuple[float, float]], block: int
) -> None:
    rule = PauseRule(longest_s=15)
    pcm = b"".join(tone(seconds, level) for seconds, level in parts)
    for start in range(0, len(pcm), block * 2):
        piece = pcm[start : start + block * 2]
        if rule.hear(piece):
            rule.begin_anew()
        # What is not voice waits at most as long as silence does before it is dropped.
        assert rule.length_s <= 15 + SILENCE_S + block / RATE
