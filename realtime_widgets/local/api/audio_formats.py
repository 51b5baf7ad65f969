"""The audio formats of the wire: their sizes, and how samples are read from them and written to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import StreamResampler
from realtime_widgets.local.api import g711

if TYPE_CHECKING:
    import numpy.typing as npt

#: Bytes a second of each audio format.
BYTES_PER_SECOND = {"audio/pcm": 48_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
#: Samples a second of the telephone formats.
TELEPHONE_RATE = 8_000


def full_format(audio_format: dict[str, Any]) -> dict[str, Any]:
    """Return the protocol's format object with the sample rate that it implies."""
    return {"type": "audio/pcm", "rate": 24000} if audio_format["type"] == "audio/pcm" else audio_format


def sample_bytes(encoding: str) -> int:
    """Return the bytes of one sample in the format `encoding`."""
    return 2 if encoding == "audio/pcm" else 1


def sample_rate(encoding: str) -> int:
    """Return the samples a second of the format `encoding`."""
    return SAMPLE_RATE if encoding == "audio/pcm" else TELEPHONE_RATE


def decode(data: bytes | bytearray, encoding: str) -> npt.NDArray[np.int16]:
    """Return the int16 samples of shape (n,) in `data`, at the `sample_rate` of the format `encoding`."""
    if encoding == "audio/pcm":
        return np.frombuffer(bytes(data), dtype="<i2").astype(np.int16)
    return g711.decode(bytes(data), encoding)


class WireEncoder:
    """Turns a stream of 24 kHz samples into bytes of one format.

    Parameters
    ----------
    encoding
        The format's type, such as ``audio/pcm``.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._to_telephone = None if encoding == "audio/pcm" else StreamResampler(SAMPLE_RATE, TELEPHONE_RATE)

    def __call__(self, samples: npt.NDArray[np.int16]) -> bytes:
        """Return the bytes of int16 `samples` of shape (n,)."""
        if self._to_telephone is None:
            return samples.astype("<i2").tobytes()
        return g711.encode(self._to_telephone(samples), self.encoding)

    def finish(self) -> bytes:
        """Return the bytes that the conversion still holds back."""
        if self._to_telephone is None:
            return b""
        return g711.encode(self._to_telephone(np.zeros(0, dtype=np.int16), last=True), self.encoding)
