"""What people say is recognised; where nobody speaks nothing is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from devtools.sound.word_errors import word_errors
from realtime_widgets.audio.samples import resample
from realtime_widgets.errors import AudioError, ConfigurationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.speech import SpeechModels

    Clips = list[tuple[npt.NDArray[np.float32], str]]

pytestmark = pytest.mark.models


def word_error_rate(pairs: list[tuple[str, str]]) -> float:
    counts = [word_errors(said, heard) for said, heard in pairs]
    return sum(errors for errors, _ in counts) / sum(words for _, words in counts)


def test_people_are_understood(speech: SpeechModels, clips: Clips) -> None:
    assert word_error_rate([(text, speech.recogniser(samples).text) for samples, text in clips]) <= 0.05


def test_people_are_understood_after_the_protocols_rate(speech: SpeechModels, clips: Clips) -> None:
    """16 kHz brought to 24 kHz and back, as sound travels through the protocol."""
    heard = [
        (text, speech.recogniser(resample(resample(samples, 16_000, 24_000), 24_000, 16_000)).text)
        for samples, text in clips
    ]
    assert word_error_rate(heard) <= 0.05


def test_long_speech_is_recognised_to_its_end(speech: SpeechModels, clips: Clips) -> None:
    sentences = clips[:5]  # connected speech: joined with commands of other people it is nobody's
    pause = np.zeros(8_000, dtype=np.float32)
    samples = np.concatenate([part for clip, _ in sentences * 2 for part in (clip, pause)])
    assert samples.size > 60 * 16_000
    said = " ".join(text for _, text in sentences * 2)
    assert word_error_rate([(said, speech.recogniser(samples).text)]) <= 0.08


@pytest.mark.parametrize("seconds", [1, 5, 40])
def test_no_words_where_nobody_speaks(speech: SpeechModels, seconds: int) -> None:
    count = seconds * 16_000
    hiss = 0.02 * np.random.default_rng(0).standard_normal(count)
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(count) / 16_000)
    for sound in (np.zeros(count), hiss, hum):
        recognition = speech.recogniser(sound.astype(np.float32))
        assert recognition.text == ""
        assert recognition.no_speech_probability > 0.6


@pytest.mark.parametrize("count", [0, 1, 160, 799])
def test_next_to_no_sound_has_no_words(speech: SpeechModels, count: int) -> None:
    assert speech.recogniser(np.zeros(count, dtype=np.float32)).text == ""


def test_threads_get_their_own_words(speech: SpeechModels, clips: Clips) -> None:
    alone = [speech.recogniser(samples).text for samples, _ in clips]
    with ThreadPoolExecutor(len(clips)) as pool:
        together = list(pool.map(lambda clip: speech.recogniser(clip[0]).text, clips))
    assert together == alone


def test_language_it_does_not_know_is_named(speech: SpeechModels, clips: Clips) -> None:
    with pytest.raises(ConfigurationError, match="does not know the language 'fr'; it knows en"):
        speech.recogniser(clips[0][0], language="fr")
    assert speech.recogniser(clips[0][0], language="en-GB").text


def test_stereo_is_refused(speech: SpeechModels) -> None:
    with pytest.raises(AudioError, match=r"mono samples of shape \(n,\)"):
        speech.recogniser(np.zeros((16_000, 2), dtype=np.float32))
