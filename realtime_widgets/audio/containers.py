"""Sound files as programs leave them: kinds by their first bytes, unfinished WAV headers, what PyAV reads."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import AudioError
from realtime_widgets.installing import install

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

#: What files are called that libsndfile does not read, by their containers.
_NAMES = {"mov": "an MP4 file (m4a, mp4, mov)", "matroska": "a WebM or Matroska file", "aac": "an AAC file"}


def container_of(start: bytes) -> str | None:
    """Return FFmpeg's name of a file's container, None if it is unknown.

    Parameters
    ----------
    start
        At least the first 12 bytes of the file.
    """
    if start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE":
        return "wav"
    if start[:4] == b"fLaC":
        return "flac"
    if start[:4] == b"OggS":
        return "ogg"
    if start[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if start[4:8] == b"ftyp":
        return "mov"
    if start[:3] == b"ID3":
        return "mp3"
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0:
        return "aac"
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:
        return "mp3"
    return None


def mended_wav(data: bytes) -> bytes:
    """Return a file with the length that its data has, if it is a WAV whose header was never finished.

    Parameters
    ----------
    data
        Bytes of a file of any kind.
    """
    if container_of(data[:12]) != "wav":
        return data
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if size or not data[at:] or _are_chunks(data[at:]):
                return data
            return data[: at - 4] + struct.pack("<I", len(data) - at) + data[at:]
        at += size + size % 2
    return data


def _are_chunks(data: bytes) -> bool:
    """Whether bytes are whole RIFF chunks, as they may follow sound that is really empty."""
    at = 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if not all(0x20 <= each < 0x7F for each in name):
            return False
        at += 8 + size + size % 2
    return at == len(data)


def is_for_av(data: bytes) -> bool:
    """Whether a file is of a kind that only PyAV reads.

    Parameters
    ----------
    data
        Bytes of a file of any kind.
    """
    return container_of(data[:12]) in _NAMES


def read_with_av(data: bytes, name: str) -> tuple[npt.NDArray[np.float32], int]:
    """Read a file with PyAV, at the rate that it has.

    Parameters
    ----------
    data
        Bytes of the file, for which `is_for_av` is true.
    name
        What the file is called in errors.

    Returns
    -------
    samples : numpy.ndarray
        float32 of shape (n, channels).
    rate : int
        Its sample rate in hertz.

    Raises
    ------
    AudioError
        If PyAV is not installed, or the file holds no sound that it can read.
    """
    kind = container_of(data[:12])
    assert kind is not None
    try:
        import av
    except ImportError:
        raise AudioError(
            f"{name} is {_NAMES[kind]}, which takes PyAV to read: {install('av')}, "
            "or convert it (ffmpeg -i FILE sound.wav)"
        ) from None
    import numpy as np

    blocks: list[npt.NDArray[np.float32]] = []
    rate = 0
    try:
        with opened(data, kind) as container:
            if not container.streams.audio:
                raise AudioError(f"{name} holds no sound")
            rate = int(container.streams.audio[0].rate)
            blocks = [frame.T for frame in frames(container, av.AudioResampler(format="fltp", rate=rate))]
    except (av.FFmpegError, ValueError, OverflowError, IndexError) as error:
        if isinstance(error, AudioError):
            raise
        raise AudioError(
            f"{name} may be damaged, or its sound is of an unknown kind; convert it (ffmpeg -i FILE sound.wav)"
        ) from None
    if not blocks:
        raise AudioError(f"{name} is empty: it holds no samples")
    return np.concatenate(blocks), rate


def opened(data: bytes | bytearray, kind: str) -> Any:
    """Return a file opened by PyAV, as its container and nothing else.

    Parameters
    ----------
    data
        Bytes of the file.
    kind
        Its container, as `container_of` returns it: others may name further files or addresses to open.
    """
    import av

    return av.open(io.BytesIO(data), format=kind, options={"protocol_whitelist": ""})


def frames(container: Any, resampler: Any) -> Iterator[npt.NDArray[Any]]:
    """Decode the first sound of a file, block by block.

    Parameters
    ----------
    container
        The file, as `opened` returns it.
    resampler
        PyAV's, which brings it into the format that is wanted.

    Yields
    ------
    numpy.ndarray
        Samples of shape (channels, n).
    """
    if not container.streams.audio:
        return
    for frame in container.decode(container.streams.audio[0]):
        frame.pts = None
        for resampled in resampler.resample(frame):
            yield resampled.to_ndarray()
    for resampled in resampler.resample(None):
        yield resampled.to_ndarray()
