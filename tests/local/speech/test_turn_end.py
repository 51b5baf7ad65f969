"""The end-of-turn model tells a finished sentence from one that breaks off, more often than not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.audio.samples import read_sound
from realtime_widgets.local.speech import load_turn_end
from realtime_widgets.local.speech.turn_detector import EAGERNESS, Decision, TurnDetector, TurnSettings
from tests.local.speech.conftest import SOUNDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import TurnEnd
    from realtime_widgets.local.speech import SpeechModels

pytestmark = pytest.mark.models

PAUSE = np.zeros(16_000 // 8, dtype=np.float32)
LOUDNESSES = np.geomspace(1.0, 0.4, 5)
#: What exact int8 arithmetic finds for each clip, whole and cut.
FINISHED = [0.71, 0.98, 0.08, 0.98, 0.80, 0.98, 0.98, 0.98, 0.01, 0.99]
BROKEN_OFF = [0.02, 0.44, 0.03, 0.02, 0.01, 0.97, 0.98, 0.95, 0.92, 0.98]
#: Processors differ by up to 0.03, because last digits round to other int8 values; saturation makes 0.3.
TOLERANCE = 0.2


def voiced(speech: SpeechModels, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Where somebody speaks: starts of the chunks, in samples."""
    detector = speech.detector()
    size = detector.chunk_samples
    starts = range(0, samples.size - size + 1, size)
    return np.array([start for start in starts if detector(samples[start : start + size]) > 0.5])


def probability(turn_end: TurnEnd, samples: npt.NDArray[np.float32]) -> float:
    """Mean over several loudnesses: the model hears them alike, but each is rounded to int8 in its own way."""
    paused = np.concatenate([samples, PAUSE])
    return float(np.mean([turn_end(paused * np.float32(loudness)) for loudness in LOUDNESSES]))


def test_finished_and_broken_off(speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]) -> None:
    turn_end = load_turn_end()
    finished, broken_off = [], []
    for samples, _ in clips:
        starts = voiced(speech, samples)
        finished.append(probability(turn_end, samples[: starts[-1] + 512]))
        broken_off.append(probability(turn_end, samples[: starts[int(len(starts) * 0.55)]]))
    found, kept = np.array([finished, broken_off]), np.array([FINISHED, BROKEN_OFF])
    np.testing.assert_allclose(found, kept, rtol=0, atol=TOLERANCE)
    # A processor's rounding does not decide what is too near to call.
    finished, broken_off = np.where(np.abs(found - 0.5) < TOLERANCE, kept, found)
    assert np.mean(finished > 0.5) >= 0.8
    assert np.mean(broken_off < 0.5) >= 0.5


def test_any_length_is_judged() -> None:
    turn_end = load_turn_end()
    for seconds in (0.0, 0.1, 7.99, 8.0, 30.0):
        assert 0 <= turn_end(np.zeros(int(seconds * 16_000), dtype=np.float32)) <= 1


def ends_of_turns(
    speech: SpeechModels, turn_end: TurnEnd, samples: npt.NDArray[np.float32], settings: TurnSettings
) -> list[float]:
    """Times in ms at which turns end, judged in each pause as a session does it."""
    detector = speech.detector()
    size = detector.chunk_samples
    turns, ends = TurnDetector(settings), []
    for start in range(0, samples.size - size + 1, size):
        decision = turns.advance(detector(samples[start : start + size]))
        if decision is Decision.PAUSED:
            turns.judge(turn_end(samples[int(turns.turn_start_ms * 16) : int(turns.now_ms * 16)]))
        elif decision is Decision.STOPPED:
            ends.append(turns.now_ms)
    return ends


def test_who_pauses_within_a_sentence_is_heard_out(speech: SpeechModels) -> None:
    samples, _ = read_sound(SOUNDS / "jfk.flac")
    samples = np.concatenate([samples, np.zeros(5 * 16_000, dtype=np.float32)])
    turn_end = load_turn_end()
    by_the_clock = ends_of_turns(speech, turn_end, samples, TurnSettings())
    judged = ends_of_turns(speech, turn_end, samples, EAGERNESS["auto"])
    # "ask not what your country can do for you, ask what you can do for your country" is one turn, not three,
    # and ends no later.
    assert len(by_the_clock) == len(judged) + 2
    assert set(judged) <= set(by_the_clock)
