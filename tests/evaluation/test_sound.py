"""Noise under speech and coughs in it, by what is measured in the samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.evaluation import Turn
from realtime_widgets.evaluation.sound import cough, sound_of, with_cough, with_noise
from realtime_widgets.testing import tone

RATE = 24_000
SPEECH = from_pcm16(tone(1000))


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize("noise", [None, np.sin(np.arange(1000)).astype(np.float32) * 0.01])
def test_noise_lies_as_far_below_the_speech_as_it_is_told(noise: np.ndarray | None) -> None:
    noisy = with_noise(SPEECH, 20.0, noise, 1)
    before = int(0.3 * RATE)
    left = noisy[before:-before] - SPEECH
    assert 20 * np.log10(level(SPEECH) / level(left)) == pytest.approx(20, abs=1.0)
    assert level(noisy[:before]) > 0  # it is there before the speech


def test_the_same_noise_comes_again_and_another_for_another_seed() -> None:
    assert np.array_equal(with_noise(SPEECH, 10, None, 1), with_noise(SPEECH, 10, None, 1))
    assert not np.array_equal(with_noise(SPEECH, 10, None, 1), with_noise(SPEECH, 10, None, 2))


def test_a_cough_is_where_it_was_told_and_may_come_after_the_speech() -> None:
    inside = with_cough(SPEECH, 0.2) - SPEECH
    begin = int(0.2 * RATE)
    assert not inside[:begin].any()
    assert level(inside[begin : begin + len(cough())]) == pytest.approx(level(cough()), rel=0.2)
    assert len(with_cough(SPEECH, 2.0)) == 2 * RATE + len(cough())


async def test_a_file_is_spoken_as_it_is() -> None:
    path = Path(__file__).parents[1] / "sounds" / "goforward.flac"
    plain = await sound_of(Turn(sound=path))
    coughed = await sound_of(Turn(sound=str(path), cough_at=60.0))
    assert coughed[: len(plain)] == plain
    assert len(coughed) > 60 * RATE * 2
