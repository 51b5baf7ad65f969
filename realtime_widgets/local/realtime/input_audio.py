"""The input audio buffer: the client's sound on the session's own time line, and ears that follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.audio import StreamResampler, resample
from realtime_widgets.local.realtime import g711
from realtime_widgets.local.realtime.session_config import BYTES_PER_SECOND
from realtime_widgets.local.stages import RECOGNITION_RATE
from realtime_widgets.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.local.stages import VoiceActivityDetector

#: Uncommitted sound that is kept at most; a turn that grows longer is ended.
MAX_BUFFERED_MS = 10 * 60 * 1000


def decode(data: bytes | bytearray, encoding: str) -> tuple[npt.NDArray[np.int16], int]:
    """Int16 samples of shape (n,) and their rate, from bytes of the wire's format."""
    if encoding == "audio/pcm":
        return np.frombuffer(bytes(data), dtype="<i2").astype(np.int16), SAMPLE_RATE
    return g711.decode(bytes(data), encoding), 8000


def for_recognition(data: bytes | bytearray, encoding: str) -> npt.NDArray[np.float32]:
    """Float32 samples of shape (n,) at `RECOGNITION_RATE` from bytes of the wire's format."""
    samples, rate = decode(data, encoding)
    return resample(samples.astype(np.float32) / 32768.0, rate, RECOGNITION_RATE)


class InputBuffer:
    """Sound that is not yet committed; times in ms since the session's first audio.

    Attributes
    ----------
    encoding : str
        The wire's format.
    start_ms, end_ms : float
        Times of the first and past the last byte it holds.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.start_ms = 0.0
        self._data = bytearray()

    @property
    def end_ms(self) -> float:
        """Time past the last whole sample."""
        return self.start_ms + self._ms(len(self._data) // self._width * self._width)

    @property
    def _width(self) -> int:
        return 2 if self.encoding == "audio/pcm" else 1

    def _ms(self, size: int) -> float:
        return size * 1000 / BYTES_PER_SECOND[self.encoding]

    def _offset(self, time_ms: float) -> int:
        samples = round((time_ms - self.start_ms) * BYTES_PER_SECOND[self.encoding] / 1000 / self._width)
        return max(0, min(samples, len(self._data) // self._width)) * self._width

    def append(self, data: bytes) -> None:
        """Add sound; half a sample at the end waits for its other half."""
        self._data += data

    def between(self, start_ms: float, end_ms: float) -> bytes:
        """Return the sound from `start_ms` to `end_ms`, as far as it is here."""
        return bytes(self._data[self._offset(start_ms) : self._offset(end_ms)])

    def drop_until(self, time_ms: float) -> None:
        """Forget the sound before `time_ms`."""
        offset = self._offset(time_ms)
        del self._data[:offset]
        self.start_ms += self._ms(offset)

    def change_encoding(self, encoding: str) -> None:
        """Forget everything and go on in another format."""
        self.drop_until(self.end_ms)
        self._data.clear()
        self.encoding = encoding


class Ears:
    """Turns the stream of appended sound into speech probabilities; used by one thread at a time.

    Parameters
    ----------
    detector
        The session's own voice activity detector.
    encoding
        The wire's format of the sound that will come.
    """

    def __init__(self, detector: VoiceActivityDetector, encoding: str) -> None:
        self._detector = detector
        self._encoding = encoding
        self._odd = b""
        wide = encoding == "audio/pcm"
        rate = SAMPLE_RATE if wide else 8000
        # What begins and ends a turn is worth more at once than pure; upwards, the images would be too loud.
        self._resampler = StreamResampler(rate, RECOGNITION_RATE, prompt=wide)
        self._waiting = np.zeros(0, dtype=np.int16)
        detector.reset()

    @property
    def chunk_ms(self) -> float:
        """Audio time of one probability."""
        return self._detector.chunk_samples * 1000 / RECOGNITION_RATE

    def hear(self, data: bytes) -> list[float]:
        """Return the speech probability of every chunk that `data` completes."""
        data = self._odd + data
        whole = len(data) // 2 * 2 if self._encoding == "audio/pcm" else len(data)
        self._odd = data[whole:]
        samples, _ = decode(data[:whole], self._encoding)
        waiting = np.concatenate([self._waiting, self._resampler(samples)])
        size = self._detector.chunk_samples
        count = len(waiting) // size
        self._waiting = waiting[count * size :]
        chunks = waiting[: count * size].astype(np.float32).reshape(count, size) / 32768.0
        return [self._detector(chunk) for chunk in chunks]
