"""PCM16 blocks, sample-rate conversion, sound files in and out.

Inside the package sound is 24 kHz mono: float32 in [-1, 1] as an array, PCM16 little endian as bytes.
"""

from __future__ import annotations

import io
import math
import numbers
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from realtime_widgets.audio.containers import container_of, is_for_av, mended_wav, read_with_av
from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

    #: A sound file: its path, its bytes, or an open file.
    SoundFile = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
    #: A sound file, or an array of samples (n,) or (n, channels).
    Sound = SoundFile | npt.ArrayLike

#: Peak of floats up to which they are taken as they are, and clipped: above it they are scaled like integers.
LOUDEST_FLOAT = 8.0
#: Part of the loudest channel's level below which a channel of more than two counts as silent.
_SILENT = 0.1
#: Lowest sample rate in hertz: below are numbers that were meant in kilohertz.
_LOWEST_RATE = 1000
_CONVERT = "convert it to WAV, FLAC, OGG or MP3 (ffmpeg -i FILE sound.wav)"


def to_mono_float(samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Bring samples of any numeric dtype and one or more channels to mono float32 in [-1, 1].

    Parameters
    ----------
    samples
        Shape (n,), or (n, channels) or (channels, n); the shorter axis holds the channels, which are
        averaged; of more than two, those with sound. Integers are scaled by their type's full range; those of
        32 or 64 bits that all fit into 16 bits (or of 64 bits into 24 or 32), by that. Floats are taken as they
        are; those with peaks above 8 count as 16-bit samples.

    Returns
    -------
    numpy.ndarray
        float32 of shape (n,).

    Raises
    ------
    AudioError
        If there are no samples, too many axes, values that are not numbers, NaN or infinity, or floats of an
        unknown scale.
    """
    try:
        array = np.asarray(samples)
    except ValueError:
        raise AudioError(
            "audio must be one array of samples; of a pair of samples and rate, pass the rate as rate="
        ) from None
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
        scaled /= _float_scale(scaled)
    else:
        middle, full = _integer_scale(array)
        scaled = ((array.astype(np.float64) - middle) / full).astype(np.float32)
    if scaled.ndim == 2:
        scaled = _mixed(scaled.T if scaled.shape[0] < scaled.shape[1] else scaled)
    return np.ascontiguousarray(scaled)


def _float_scale(samples: npt.NDArray[np.float32]) -> float:
    """Return by what floats are to be divided: 1, or 32768 if they are scaled like int16."""
    lowest, highest = float(samples.min()), float(samples.max())
    peak = max(-lowest, highest)
    if peak <= LOUDEST_FLOAT:
        return 1.0
    if peak <= 2**15 and lowest < 0:
        return 2.0**15
    raise AudioError(
        f"float samples must lie between -1 and 1, and these reach from {lowest:g} to {highest:g}: "
        "divide them by their full scale first"
    )


def _integer_scale(array: npt.NDArray[Any]) -> tuple[int, int]:
    """Return silence and full scale of integers; those of a list or of NumPy's default type are 16-bit mostly."""
    info = np.iinfo(array.dtype)
    if array.dtype.kind == "u":
        middle = (int(info.max) + 1) // 2
        return middle, int(info.max) - middle + 1
    peak = max(-int(array.min()), int(array.max()))
    fitting = {32: (15,), 64: (15, 23, 31)}.get(info.bits, ())
    return 0, next((2**bits for bits in fitting if peak <= 2**bits), int(info.max) + 1)


def _mixed(channels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average channels of shape (n, channels); of more than two, those with sound (in 5.1 a voice is in one)."""
    if channels.shape[1] > 2:
        levels = np.sqrt(np.mean(channels**2, axis=0))
        channels = channels[:, levels >= _SILENT * levels.max()]
    return np.asarray(channels.mean(axis=1), dtype=np.float32)


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


def read_sound(source: SoundFile) -> tuple[npt.NDArray[np.float32], int]:
    """Read a sound file: WAV of any kind, FLAC, OGG, MP3; with PyAV also MP4 (m4a), WebM and AAC.

    Parameters
    ----------
    source
        A path, the file's bytes, or an open binary file, which is read from its beginning.

    Returns
    -------
    samples : numpy.ndarray
        float32 mono of shape (n,) in [-1, 1].
    rate : int
        The file's sample rate in hertz.

    Raises
    ------
    AudioError
        If the file is missing, is not a sound file, or has no samples; the text says how to convert it.
    """
    name, data = _named_bytes(source)
    data = mended_wav(data)
    samples, rate = read_with_av(data, name) if is_for_av(data) else _read_with_libsndfile(data, name)
    if samples.shape[0] == 0:
        raise AudioError(f"{name} is empty: it holds no samples")
    return np.ascontiguousarray(_mixed(samples)), rate


def _read_with_libsndfile(data: bytes, name: str) -> tuple[npt.NDArray[np.float32], int]:
    """Return samples of shape (n, channels) and their rate."""
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{name} is not a sound file that can be read: {error.error_string.rstrip('.')}; {_CONVERT}"
        ) from None
    except ValueError:  # more samples than there can be: a stream that was written down
        raise AudioError(
            f"{name} does not say how long it is: write it again as WAV, or as FLAC in one go"
        ) from None
    return samples, int(rate)


def _named_bytes(source: SoundFile) -> tuple[str, bytes]:
    """Return what a sound file is called in errors, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "the sound data", bytes(source)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if not path.is_file():
            raise AudioError(f"there is no sound file {path}; give the path of a WAV, FLAC, OGG or MP3 file")
        return str(path), _file_bytes(path)
    try:
        if source.seekable():
            source.seek(0)
        data = source.read()
    except (OSError, ValueError) as error:
        raise AudioError(f"the open sound file cannot be read: {error}") from None
    if not isinstance(data, bytes):
        raise AudioError('the sound file was opened as text: open it with mode "rb"')
    return "the open sound file", data


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
    """Write mono samples in [-1, 1] of shape (n,) at `rate` hertz to a 16-bit WAV file.

    Raises
    ------
    OSError
        If the file cannot be written; no half of it is left.
    """
    file, data = Path(path), wav_bytes(samples, rate)
    try:
        file.write_bytes(data)
    except OSError as error:
        if file.is_file():
            file.unlink()
        raise OSError(error.errno, error.strerror, str(file)) from None


def load_sound(sound: Sound, rate: int | None = None) -> bytes:
    """Convert a sound file or an array to 24 kHz mono PCM16 bytes.

    Parameters
    ----------
    sound
        The path or the bytes of a WAV, FLAC, OGG or MP3 file, an open binary file or what `FileUpload` has of
        one, or an array of samples (n,) or (n, channels).
    rate
        Sample rate of an array, in hertz; a file states its own.

    Raises
    ------
    AudioError
        If the sound is empty or unreadable, or an array comes without its rate.
    """
    file = _file_of(sound)
    if file is not None:
        if rate is not None:
            raise AudioError(
                "a sound file knows its own sample rate: leave rate= out; bytes of bare samples are an array only "
                "as numpy.frombuffer(data, numpy.int16)"
            )
        samples, file_rate = read_sound(file)
        return to_pcm16(samples, file_rate)
    if rate is None:
        raise AudioError("an array of samples needs its sample rate: pass rate=, in hertz (for example 16000)")
    if isinstance(rate, numbers.Real) and 0 < rate < _LOWEST_RATE:
        raise AudioError(f"rate={rate!r} is too low for speech: it is in hertz, such as 44100 and not 44.1")
    return to_pcm16(sound, rate)  # type: ignore[arg-type]


def _file_of(sound: object) -> SoundFile | None:
    """Return the sound file that a user passed in whatever form; None if it is samples."""
    if isinstance(sound, (list, tuple)) and len(sound) == 1 and isinstance(sound[0], Mapping):
        sound = sound[0]  # the value of a FileUpload
    if isinstance(sound, Mapping):
        if "content" not in sound:
            raise AudioError("sound cannot be read from a dictionary; pass a path, bytes, or samples and rate=")
        sound = sound["content"]
    if isinstance(sound, (str, bytes, bytearray, os.PathLike)):
        return sound
    if isinstance(sound, memoryview):
        return sound if sound.format in ("B", "b", "c") else None
    if isinstance(sound, np.ndarray):
        # The bytes of a file; the two bytes by which some begin may as well be samples.
        is_file = sound.dtype == np.uint8 and sound.ndim == 1 and sound[:1] != 0xFF
        return sound.tobytes() if is_file and container_of(sound[:12].tobytes()) else None
    return cast("IO[bytes]", sound) if hasattr(sound, "read") and hasattr(sound, "seekable") else None


def check_folder(file: Path) -> None:
    """Raise `AudioError` if a sound file cannot be written there: a folder is missing, or is in its place."""
    if file.is_dir():
        raise AudioError(f"{file} is a folder: name a file in it, such as {file / 'heard.wav'}")
    if not file.absolute().parent.is_dir():
        raise AudioError(f"there is no folder {file.parent} to write {file.name} to; make it first")
