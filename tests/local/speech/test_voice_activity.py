"""The detector hears people, and nothing where nobody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import VoiceActivityDetector
    from realtime_widgets.local.speech import SpeechModels

pytestmark = pytest.mark.models


def probabilities(detector: VoiceActivityDetector, samples: npt.NDArray[np.float32]) -> list[float]:
    chunk = detector.chunk_samples
    starts = range(0, samples.size - chunk + 1, chunk)
    return [detector(samples[start : start + chunk]) for start in starts]


def test_people_are_heard(speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]) -> None:
    for samples, _ in clips:
        heard = np.array(probabilities(speech.detector(), samples)) > 0.5
        assert 0.5 < heard.mean() <= 1.0


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum"])
def test_nobody_is_heard_in_noise(speech: SpeechModels, kind: str) -> None:
    count = 5 * 16_000
    sounds = {
        "silence": np.zeros(count),
        "hiss": 0.05 * np.random.default_rng(0).standard_normal(count),
        "hum": 0.1 * np.sin(2 * np.pi * 50 * np.arange(count) / 16_000),
    }
    assert max(probabilities(speech.detector(), sounds[kind].astype(np.float32))) < 0.5


def test_sessions_do_not_hear_each_other(
    speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]
) -> None:
    one, other = clips[0][0][:48_000], clips[1][0][:48_000]
    alone = probabilities(speech.detector(), one)
    first, second = speech.detector(), speech.detector()
    together = []
    for start in range(0, one.size - 511, 512):
        together.append(first(one[start : start + 512]))
        second(other[start : start + 512])
    assert together == alone


def test_reset_forgets(speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]) -> None:
    samples = clips[0][0][:32_000]
    detector = speech.detector()
    before = probabilities(detector, samples)
    detector.reset()
    assert probabilities(detector, samples) == before


def test_chunk_of_another_length_is_refused(speech: SpeechModels) -> None:
    with pytest.raises(AudioError, match=r"512 samples at a time, not shape \(480,\)"):
        speech.detector()(np.zeros(480, dtype=np.float32))
