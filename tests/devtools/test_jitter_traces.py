"""What the jitter benchmark sends and reads: traces of delays, and words found again in a recording."""

from __future__ import annotations

import numpy as np
import pytest

from devtools.sound.delay_traces import BURSTS, NONE, STALL, TRACES, TWICE_AS_FAST, UP_TO_80, Trace
from devtools.sound.heard_words import WORD_MS, heard_words, places_ms, speech
from devtools.sound.sound import Recording
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16

_BLOCKS = 500
_BLOCK_MS = 20


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_blocks_are_sent_in_order_and_never_before_they_are_spoken(trace: Trace) -> None:
    sent = trace.arrivals(_BLOCKS, _BLOCK_MS, seed=1)
    assert list(sent) == sorted(sent)
    assert all(at >= number * _BLOCK_MS / trace.speed for number, at in enumerate(sent))


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_the_same_seed_gives_the_same_delays(trace: Trace) -> None:
    assert trace.arrivals(_BLOCKS, _BLOCK_MS, 3) == trace.arrivals(_BLOCKS, _BLOCK_MS, 3)


def test_jitter_is_as_large_as_it_is_called() -> None:
    late = [at - number * _BLOCK_MS for number, at in enumerate(UP_TO_80.arrivals(_BLOCKS, _BLOCK_MS, 1))]
    assert 70 < max(late) <= 80
    assert UP_TO_80.arrivals(_BLOCKS, _BLOCK_MS, 1) != UP_TO_80.arrivals(_BLOCKS, _BLOCK_MS, 2)


def test_without_jitter_every_block_comes_when_it_was_spoken() -> None:
    assert NONE.arrivals(3, 20, 1) == (0, 20, 40)
    assert Trace("fast", speed=2).arrivals(3, 20, 1) == (0, 10, 20)
    assert TWICE_AS_FAST.arrivals(_BLOCKS, 20, 1)[-1] < _BLOCKS * 10 + 80


def test_after_a_burst_and_a_stall_all_that_was_held_up_comes_at_once() -> None:
    sent = STALL.arrivals(_BLOCKS, _BLOCK_MS, 1)
    end = STALL.stall_at_ms + STALL.stall_ms
    assert sent.count(end) == STALL.stall_ms / _BLOCK_MS + 1
    assert sum(at != number * _BLOCK_MS for number, at in enumerate(sent)) == STALL.stall_ms / _BLOCK_MS
    gaps = np.diff(BURSTS.arrivals(_BLOCKS, _BLOCK_MS, 1))
    assert 3 <= np.count_nonzero(gaps > 140) <= 8
    assert gaps.max() <= 170


def _recording(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Recording:
    return Recording(samples, SAMPLE_RATE, start_ms=1000.0)


def test_words_are_found_where_they_were_spoken() -> None:
    words = heard_words(_recording(from_pcm16(speech(2))), 2)
    assert [word.start_ms - 1000 for word in words] == pytest.approx(places_ms(2), abs=1)
    assert all(word.end_ms - word.start_ms == pytest.approx(WORD_MS, abs=2) for word in words)
    assert not any(word.silence_ms for word in words)


def test_a_gap_in_a_word_is_told_of_that_word() -> None:
    samples = from_pcm16(speech(1))
    at = (300 + 100) * SAMPLE_RATE // 1000
    torn = np.concatenate([samples[:at], np.zeros(50 * SAMPLE_RATE // 1000, np.float32), samples[at:]])
    words = heard_words(_recording(torn), 1)
    assert [round(word.silence_ms) for word in words] == [0, 50, 0, 0, 0]
    assert words[1].resumed_ms - 1000 == pytest.approx(450, abs=1)
    assert words[2].start_ms - 1000 == pytest.approx(650, abs=1)


def test_a_word_that_was_played_faster_is_still_one_word() -> None:
    samples = from_pcm16(speech(1))
    at, left_out = 300 * SAMPLE_RATE // 1000, 100 * SAMPLE_RATE // 1000
    faster = np.concatenate([samples[: at + left_out], samples[at + 2 * left_out :]])
    words = heard_words(_recording(faster), 1)
    assert [round(word.end_ms - word.start_ms) for word in words] == pytest.approx(
        [240, 140, 240, 240, 240], abs=2
    )
    assert not any(word.silence_ms for word in words)


def test_a_word_that_was_not_heard_is_missed() -> None:
    samples = from_pcm16(speech(1))
    with pytest.raises(RuntimeError, match="5 words were spoken, 4 heard"):
        heard_words(_recording(samples[300 * SAMPLE_RATE // 1000 :]), 1)
