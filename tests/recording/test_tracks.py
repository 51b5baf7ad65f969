"""Sound on the clock: gaps are silence, blocks that come unevenly are one sound, late ones follow."""

from __future__ import annotations

import numpy as np

from realtime_widgets.core.playback.ledger import Part
from realtime_widgets.core.playback.pacing import Block
from realtime_widgets.recording.writing.tracks import SLACK, HeardSound, Track

LOUD = np.full(480, 9_000, "<i2").tobytes()
QUIET = bytes(960)


def samples(pcm: bytes) -> list[int]:
    return np.frombuffer(pcm, "<i2").tolist()


def test_uneven_blocks_are_one_sound_and_a_gap_is_silence() -> None:
    track = Track()
    for number in range(10):
        track.put(LOUD, 1_000 + number * 480 + (300 if number % 2 else 0))
    track.put(LOUD, 100_000)
    laid = np.array(samples(track.take(101_000)))
    assert np.flatnonzero(laid).tolist() == [*range(1_000, 5_800), *range(100_000, 100_480)]


def test_sound_is_taken_once_and_the_rest_is_silence() -> None:
    track = Track()
    track.put(LOUD, 0)
    assert samples(track.take(100)) == [9_000] * 100
    assert samples(track.take(600)) == [9_000] * 380 + [0] * 120
    assert track.take(600) == b"" and (track.begin, track.end) == (600, 600)


def test_what_comes_too_late_follows_and_the_next_silence_makes_up_for_it() -> None:
    track = Track()
    track.put(LOUD, 0)
    track.take(24_000)
    for number in range(40):  # a second of sound that was held up
        track.put(LOUD, 480 + number * 480)
    assert track.end == 24_000 + 40 * 480
    start = 480 + 40 * 480
    while track.end - start > SLACK:
        track.put(QUIET, start)
        start += 480
    assert track.end == 24_000 + 40 * 480


def test_only_what_was_heard_comes_out_and_what_is_played_on_comes_once() -> None:
    part = Part("item_1", 0)
    heard = HeardSound()
    sound = np.arange(1, 1_001).astype("<i2")
    heard.handed(Block(part, sound[:500].tobytes()))
    heard.handed(Block(part, sound[500:].tobytes(), start=500))
    assert samples(heard.heard(part, 300)) == list(range(1, 301))
    assert heard.heard(part, 300) == b""
    heard.handed(Block(part, sound[300:].tobytes(), start=300))  # paused, and played on
    assert samples(heard.heard(part, 1_000)) == list(range(301, 1_001))
    assert heard.heard(Part("item_2", 0), 50) == b""
