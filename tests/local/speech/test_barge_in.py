"""How soon a person who begins to speak is noticed, counted in their own sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.audio.samples import resample
from realtime_widgets.local.inference.ears import Ears
from realtime_widgets.local.speech.turn_detector import Decision, TurnDetector, TurnSettings

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.speech import SpeechModels

pytestmark = pytest.mark.models

LONGEST_MS = 150
WIRE_RATE, BLOCK_MS, LEAD_MS = 24_000, 20, 1000


def onset_ms(samples: npt.NDArray[np.float32]) -> float:
    """Where speech begins in a clip at 16 kHz: the first 10 ms within 15 dB of the loudest."""
    frames = samples[: samples.size // 160 * 160].reshape(-1, 160)
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    return float(np.argmax(loudness > loudness.max() / 5.6) * 10)


def noticed_ms(speech: SpeechModels, sound: npt.NDArray[np.int16]) -> float | None:
    """Audio time up to the block with which the turn begins, the sound coming in blocks as from a microphone."""
    ears = Ears(speech.detector(), "audio/pcm")
    detector = TurnDetector(TurnSettings(), ears.chunk_ms)
    block = WIRE_RATE * BLOCK_MS // 1000
    for start in range(0, sound.size, block):
        for probability in ears.hear(sound[start : start + block].astype("<i2").tobytes()):
            if detector.advance(probability) is Decision.STARTED:
                return (start + block) * 1000 / WIRE_RATE
    return None


def test_who_begins_to_speak_is_noticed_soon(
    speech: SpeechModels, clips: list[tuple[npt.NDArray[np.float32], str]]
) -> None:
    delays = []
    for index, (samples, _) in enumerate(clips):
        start = onset_ms(samples)
        words = samples[int(start * 16) :][: 16_000 * 2]
        # Against the detector's chunks of 32 ms, each clip begins elsewhere.
        lead_ms = LEAD_MS + index * 32 / len(clips)
        sound = np.concatenate([np.zeros(round(lead_ms * 16), dtype=np.float32), words])
        wire = (np.clip(resample(sound, 16_000, WIRE_RATE), -1, 1) * 32767).astype(np.int16)
        noticed = noticed_ms(speech, wire)
        assert noticed is not None
        delays.append(noticed - lead_ms)
    # One of the ten begins with a breathed consonant that the detector does not take for a voice.
    assert sum(delay <= LONGEST_MS for delay in delays) >= len(delays) - 1
    assert np.median(delays) < 110
    assert max(delays) < 250
