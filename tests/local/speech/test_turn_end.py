"""The end-of-turn model tells a finished sentence from one that breaks off, more often than not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.audio import read_sound
from realtime_widgets.local.realtime.turn_detection import EAGERNESS, Decision, TurnDetector, TurnSettings
from realtime_widgets.local.speech import load_turn_end
from tests.local.speech.conftest import SOUNDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.speech import SpeechModels
    from realtime_widgets.local.stages import TurnEnd

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
