"""What is spoken can be understood, comes early, and nothing written makes it fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtools.sound.word_errors import word_errors
from realtime_widgets.audio.samples import resample
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.speech import VOICES

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.speech import SpeechModels

pytestmark = pytest.mark.models

SENTENCES = "The window is open, and it is cold outside. Please close the door before you leave the room."
LONG_SENTENCE = (
    "Of course I can help you with that, although you should know that the reaction becomes much slower "
    "below forty degrees, and that we have to keep the temperature above that point for the whole afternoon."
)


def spoken(speech: SpeechModels, text: str, voice: str = "marin", speed: float = 1.0) -> npt.NDArray[np.int16]:
    pieces = list(speech.synthesiser.stream(text, voice, speed))
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)


def heard(speech: SpeechModels, sound: npt.NDArray[np.int16]) -> str:
    return speech.recogniser(resample(sound.astype(np.float32) / np.float32(32768), 24_000, 16_000)).text


def fundamental(sound: npt.NDArray[np.int16]) -> float:
    """Median pitch of the loud parts, by autocorrelation, in hertz."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), 1200)[::600]
    loud = frames[np.square(frames).mean(axis=1) > np.square(sound.astype(np.float64)).mean()]
    spectrum = np.square(np.abs(np.fft.rfft(loud * np.hanning(1200), 4096)))
    correlation = np.fft.irfft(spectrum)[:, : 24_000 // 70]
    lags = 24_000 // 400 + np.argmax(correlation[:, 24_000 // 400 :], axis=1)
    return float(np.median(24_000 / lags))


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_every_voice_can_be_understood(speech: SpeechModels, voice: str) -> None:
    sound = spoken(speech, SENTENCES, voice)
    assert sound.dtype == np.int16
    assert np.abs(sound.astype(np.int32)).max() < 32_767
    errors, words = word_errors(SENTENCES, heard(speech, sound))
    assert errors / words <= 0.06


def test_voices_differ(speech: SpeechModels) -> None:
    by_pitch = ["cedar", "ash", "echo", "ballad", "verse", "alloy", "sage", "marin", "coral", "shimmer"]
    assert sorted(by_pitch) == sorted(speech.synthesiser.voices)
    pitches = [fundamental(spoken(speech, SENTENCES, voice)) for voice in by_pitch]
    steps = np.diff(pitches) / pitches[:-1]
    assert (steps > 0.01).all(), dict(zip(by_pitch, pitches, strict=True))


def test_unknown_voice_is_refused_with_the_names(speech: SpeechModels) -> None:
    with pytest.raises(ConfigurationError, match="there is no voice 'hal'; the voices are alloy, ash,"):
        speech.synthesiser.stream("Hello.", "hal")


@pytest.mark.parametrize("speed", [0.0, 0.2, 1.6, float("nan")])
def test_speed_out_of_range_is_refused(speech: SpeechModels, speed: float) -> None:
    with pytest.raises(ConfigurationError, match=r"speed must be 0\.25 to 1\.5"):
        speech.synthesiser.stream("Hello.", "marin", speed)


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5])
def test_speed_stretches_the_time(speech: SpeechModels, speed: float) -> None:
    usual, changed = spoken(speech, SENTENCES).size, spoken(speech, SENTENCES, speed=speed).size
    assert changed * speed == pytest.approx(usual, rel=0.15)


@pytest.mark.parametrize("speed", [0.75, 1.25])
def test_other_speeds_can_be_understood(speech: SpeechModels, speed: float) -> None:
    errors, words = word_errors(SENTENCES, heard(speech, spoken(speech, SENTENCES, speed=speed)))
    assert errors / words <= 0.06


def test_sound_begins_at_once(speech: SpeechModels) -> None:
    sound = spoken(speech, SENTENCES)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 300)
    assert loud[0] < 0.1 * 24_000


def test_sentences_come_one_by_one_and_a_long_first_one_in_parts(speech: SpeechModels) -> None:
    assert len(list(speech.synthesiser.stream(SENTENCES, "marin"))) == 2
    first, *rest = speech.synthesiser.stream(LONG_SENTENCE, "marin")
    assert first.size < sum(piece.size for piece in rest) / 2
    errors, words = word_errors(LONG_SENTENCE, heard(speech, np.concatenate([first, *rest])))
    assert errors / words <= 0.06


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("It is 21 °C outside.", "it is twenty one degrees celsius outside"),
        ("**Wash** the `flask` twice.", "wash the flask twice"),
        (
            "The train takes 2 h and goes 90 km/h.",
            "the train takes two hours and goes ninety kilometers per hour",
        ),
        ("Look at [the manual](https://example.com/a/b?c=1) first. 😀", "look at the manual first"),
        ("- open the door\n- close the window", "open the door close the window"),
    ],
)
def test_written_signs_are_spoken_as_words(speech: SpeechModels, written: str, words: str) -> None:
    errors, _ = word_errors(words, heard(speech, spoken(speech, written)).replace("°C", " degrees celsius"))
    assert errors == 0


@pytest.mark.parametrize("text", ["", " \n ", "😀", "```\nx = 1\n```", "---", "你好", "* * *", "\ud800", "…"])
def test_nothing_to_say_gives_no_sound(speech: SpeechModels, text: str) -> None:
    assert list(speech.synthesiser.stream(text, "marin")) == []


@given(text=st.text(max_size=80) | st.text("09,.e-+^°/$%*_`#|[]() \nmsKVIX½²", max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_it_fail(speech: SpeechModels, text: str) -> None:
    for piece in speech.synthesiser.stream(text, "marin", 1.5):
        assert piece.size


def test_endless_sentences_come_in_parts(speech: SpeechModels) -> None:
    pieces = list(speech.synthesiser.stream("one more word " * 100, "marin"))
    assert len(pieces) > 3
    assert max(piece.size for piece in pieces) < 40 * 24_000


def test_sessions_speak_side_by_side(speech: SpeechModels) -> None:
    voices = ["marin", "ash", "coral", "echo"] * 2
    alone = [spoken(speech, SENTENCES, voice) for voice in voices]
    with ThreadPoolExecutor(len(voices)) as pool:
        together = list(pool.map(lambda voice: spoken(speech, SENTENCES, voice), voices))
    assert all(map(np.array_equal, alone, together))
