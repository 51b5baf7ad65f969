"""PCM16 blocks, sample-rate conversion, sound files in and out.

Inside the package sound is 24 kHz mono: float32 in [-1, 1] as an array, PCM16 little endian as bytes.
"""

from __future__ import annotations

import io
import math
import numbers
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.errors import AudioError
from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    import os

    import numpy.typing as npt


def to_mono_float(samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Bring samples of any numeric dtype and one or more channels to mono float32 in [-1, 1].

    Parameters
    ----------
    samples
        Shape (n,), or (n, channels) or (channels, n); the shorter axis holds the channels, which are
        averaged. Integers are scaled by their type's full range, floats are taken as they are.

    Returns
    -------
    numpy.ndarray
        float32 of shape (n,).

    Raises
    ------
    AudioError
        Where there are no samples, too many axes, values that are not numbers, or NaN or infinity.
    """
    array = np.asarray(samples)
    if array.dtype.kind not in "fiu":
        raise AudioError(f"audio samples must be numbers, not {array.dtype}; pass an int16 or float32 array")
    if array.ndim not in (1, 2):
        raise AudioError(f"audio must have one axis (samples) or two (samples, channels), not shape {array.shape}")
    if array.size == 0:
        raise AudioError("the audio is empty: it has no samples")
    if array.dtype.kind == "f":
        scaled = array.astype(np.float32)
        if not np.isfinite(scaled).all():
            raise AudioError("the audio holds NaN or infinite samples; clean it first (numpy.nan_to_num)")
    else:
        info = np.iinfo(array.dtype)
        middle = 0 if array.dtype.kind == "i" else (info.max + 1) // 2
        scaled = ((array.astype(np.float64) - middle) / (info.max - middle + 1)).astype(np.float32)
    if scaled.ndim == 2:
        scaled = scaled.mean(axis=0 if scaled.shape[0] < scaled.shape[1] else 1, dtype=np.float32)
    return np.ascontiguousarray(scaled)


def resample(
    samples: npt.NDArray[np.float32], rate: float, to_rate: float = SAMPLE_RATE
) -> npt.NDArray[np.float32]:
    """Convert a whole mono float32 signal of shape (n,) from `rate` to `to_rate` hertz (soxr, HQ)."""
    for each in (rate, to_rate):
        if isinstance(each, bool) or not isinstance(each, numbers.Real) or not 0 < each < math.inf:
            raise AudioError(f"a sample rate must be a number of hertz above 0, not {each!r}")
    if rate == to_rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, to_rate), dtype=np.float32)


class StreamResampler:
    """Converts mono PCM16 from one rate to another, block by block, without seams.

    Parameters
    ----------
    rate, to_rate
        Sample rates in hertz.
    prompt
        Whether every sample comes out at once, at the price of aliasing; else the filter holds 20 ms back.
    """

    def __init__(self, rate: int, to_rate: int, prompt: bool = False) -> None:
        self._stream: Any = None
        if rate != to_rate:
            import soxr

            self._stream = soxr.ResampleStream(rate, to_rate, 1, dtype="int16", quality="QQ" if prompt else "MQ")

    def __call__(self, block: npt.NDArray[np.int16], last: bool = False) -> npt.NDArray[np.int16]:
        """Convert one int16 block of shape (n,); `last` flushes what the filter still holds."""
        if self._stream is None:
            return block
        return np.asarray(self._stream.resample_chunk(block, last=last), dtype=np.int16)


def to_pcm16(samples: npt.ArrayLike, rate: float = SAMPLE_RATE) -> bytes:
    """Bring samples of any dtype, rate and channel count to 24 kHz mono PCM16 bytes.

    Raises
    ------
    AudioError
        As `to_mono_float` and `resample` do.
    """
    mono = resample(to_mono_float(samples), rate)
    return (np.clip(mono, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes()


def from_pcm16(pcm: bytes | bytearray | memoryview) -> npt.NDArray[np.float32]:
    """Mono float32 array of shape (n,) in [-1, 1] from PCM16 little-endian bytes."""
    if len(pcm) % BYTES_PER_SAMPLE:
        raise AudioError(f"PCM16 needs an even number of bytes, not {len(pcm)}")
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0


def read_sound(source: str | os.PathLike[str] | bytes) -> tuple[npt.NDArray[np.float32], int]:
    """Read a sound file: WAV of any kind, FLAC, OGG, MP3.

    Parameters
    ----------
    source
        A path, or the file's bytes.

    Returns
    -------
    samples : numpy.ndarray
        float32 mono of shape (n,) in [-1, 1].
    rate : int
        The file's sample rate in hertz.

    Raises
    ------
    AudioError
        Where the file is missing, is no sound file, or holds no samples.
    """
    import soundfile

    if isinstance(source, bytes):
        name, opened = "the sound data", io.BytesIO(source)
    else:
        path = Path(source)
        if not path.is_file():
            raise AudioError(f"there is no sound file {path}; give the path of a WAV, FLAC, OGG or MP3 file")
        name, opened = str(path), io.BytesIO(_file_bytes(path))
    try:
        samples, rate = soundfile.read(opened, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{name} is not a sound file that can be read: {error.error_string}") from None
    except ValueError:  # more samples than there can be: a stream that was written down
        raise AudioError(
            f"{name} does not say how long it is: write it anew as WAV, or as FLAC in one go"
        ) from None
    if samples.shape[0] == 0:
        raise AudioError(f"{name} is empty: it holds no samples")
    return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32)), int(rate)


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AudioError(f"the sound file {path} cannot be read: {error.strerror}") from None


def wav_bytes(samples: npt.ArrayLike, rate: int = SAMPLE_RATE) -> bytes:
    """Bytes of a mono 16-bit WAV file that holds `samples` as they are, at `rate` hertz."""
    import soundfile

    mono = np.asarray(samples, dtype=np.float32)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(mono, -1.0, 1.0), rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def write_wav(path: str | os.PathLike[str], samples: npt.ArrayLike, rate: int = SAMPLE_RATE) -> None:
    """Write mono samples in [-1, 1] of shape (n,) at `rate` hertz to a 16-bit WAV file."""
    Path(path).write_bytes(wav_bytes(samples, rate))
