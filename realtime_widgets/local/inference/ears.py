"""Ears: the wire's sound as the voice activity detector and the recogniser take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.audio.samples import StreamResampler, resample
from realtime_widgets.local.api.audio_formats import decode, sample_bytes, sample_rate
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import VoiceActivityDetector


def for_recognition(data: bytes | bytearray, encoding: str) -> npt.NDArray[np.float32]:
    """Return float32 samples of shape (n,) at `RECOGNITION_RATE` from bytes in the wire's format `encoding`."""
    samples = decode(data, encoding).astype(np.float32) / 32768.0
    return resample(samples, sample_rate(encoding), RECOGNITION_RATE)


class Ears:
    """Turns a stream of audio into speech probabilities; used by one thread at a time.

    Parameters
    ----------
    detector
        The session's own voice activity detector.
    encoding
        The wire's format of the audio.
    """

    def __init__(self, detector: VoiceActivityDetector, encoding: str) -> None:
        self._detector = detector
        self._encoding = encoding
        self._odd = b""
        # Speed matters more than purity here; upwards, the images of the spectrum would be too loud.
        rate = sample_rate(encoding)
        self._resampler = StreamResampler(rate, RECOGNITION_RATE, prompt=rate > RECOGNITION_RATE)
        self._waiting = np.zeros(0, dtype=np.int16)
        detector.reset()

    @property
    def chunk_ms(self) -> float:
        """Milliseconds of audio for one probability."""
        return self._detector.chunk_samples * 1000 / RECOGNITION_RATE

    def hear(self, data: bytes) -> list[float]:
        """Return the speech probability of every chunk that `data` completes."""
        data = self._odd + data
        width = sample_bytes(self._encoding)
        whole = len(data) // width * width
        self._odd = data[whole:]
        samples = decode(data[:whole], self._encoding)
        waiting = np.concatenate([self._waiting, self._resampler(samples)])
        size = self._detector.chunk_samples
        count = len(waiting) // size
        self._waiting = waiting[count * size :]
        chunks = waiting[: count * size].astype(np.float32).reshape(count, size) / 32768.0
        return [self._detector(chunk) for chunk in chunks]
