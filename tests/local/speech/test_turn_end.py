"""The end-of-turn model tells a finished sentence from one that breaks off, more often than not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.local.speech import load_turn_end

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.speech import SpeechModels

pytestmark = pytest.mark.models

PAUSE = np.zeros(16_000 // 8, dtype=np.float32)


def voiced(speech: SpeechModels, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Where somebody speaks: starts of the chunks, in samples."""
    detector = speech.detector()
    size = detector.chunk_samples
    starts = range(0, samples.size - size + 1, size)
    return np.array([start for start in starts if detector(samples[start : start + size]) > 0.5])


def test_finished_and_broken_off(speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]) -> None:
    turn_end = load_turn_end()
    finished, broken_off = [], []
    for samples, _ in clips:
        starts = voiced(speech, samples)
        whole = samples[: starts[-1] + 512]
        part = samples[: starts[int(len(starts) * 0.55)]]
        finished.append(turn_end(np.concatenate([whole, PAUSE])))
        broken_off.append(turn_end(np.concatenate([part, PAUSE])))
    assert np.mean(np.array(finished) > 0.5) >= 0.8
    assert np.mean(np.array(broken_off) < 0.5) >= 0.5


def test_any_length_is_judged() -> None:
    turn_end = load_turn_end()
    for seconds in (0.0, 0.1, 7.99, 8.0, 30.0):
        assert 0 <= turn_end(np.zeros(int(seconds * 16_000), dtype=np.float32)) <= 1
