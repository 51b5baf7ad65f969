"""Sound of a recording as bytes of files: FLAC in its parts, WAV, MP3 to listen to."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.errors import RecordingError

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.integer[Any]]


def samples_of(pcm: bytes | bytearray) -> Samples:
    """Return PCM16 bytes as int16 of shape (n,); half a sample at the end is left out."""
    whole = len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
    return np.frombuffer(bytes(pcm[:whole]), dtype="<i2").astype(np.int16)


def flac(samples: Samples) -> bytes:
    """Return int16 samples of shape (n,) or (n, 2), at 24 kHz, as FLAC without any loss."""
    return _written(samples, "FLAC", "PCM_16")


def wav(samples: Samples) -> bytes:
    """Return int16 samples of shape (n,) or (n, 2), at 24 kHz, as 16-bit WAV."""
    return _written(samples, "WAV", "PCM_16")


def to_listen(samples: Samples) -> tuple[bytes, str]:
    """Return int16 samples of shape (n, 2), at 24 kHz, as a small file that browsers play, and its MIME type.

    It is MP3, or FLAC if libsndfile is too old to write that.
    """
    import soundfile

    if "MP3" in soundfile.available_formats():
        return _written(samples, "MP3", "MPEG_LAYER_III"), "audio/mpeg"
    return flac(samples), "audio/flac"


def loudness(samples: Samples, columns: int) -> Samples:
    """Return the loudest sample, 0 to 32,768, of each of at most `columns` equal stretches of samples (n,)."""
    if not len(samples):
        return np.zeros(0, np.int32)
    edges = np.linspace(0, len(samples), min(columns, len(samples)) + 1).astype(int)[:-1]
    highest = np.maximum.reduceat(samples, edges).astype(np.int32)
    lowest = np.minimum.reduceat(samples, edges).astype(np.int32)
    made: Samples = np.maximum(highest, -lowest)
    return made


def read_flac(data: bytes, channels: int) -> Samples:
    """Return the samples of a FLAC file as int16 of shape (n,) if `channels` is 1, otherwise (n, channels).

    Raises
    ------
    RecordingError
        If it is none, or of another kind than recordings have.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, ValueError) as error:
        raise RecordingError(f"its sound cannot be read: {error}") from None
    if rate != SAMPLE_RATE or samples.shape[1] != channels:
        raise RecordingError(f"its sound has {samples.shape[1]} channels at {rate} Hz")
    made: Samples = samples[:, 0] if channels == 1 else samples
    return made


def _written(samples: Samples, kind: str, subtype: str) -> bytes:
    import soundfile

    buffer: Any = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format=kind, subtype=subtype)
    made: bytes = buffer.getvalue()
    return made
