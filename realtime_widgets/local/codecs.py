"""Sound files and streams: what a request brings to samples, and speech to the format that it asks for."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from realtime_widgets.errors import AudioError
from realtime_widgets.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

#: What a format's files are called in a ``Content-Type``.
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
#: Container, codec, bits a second and the container's options of each packed format. Nobody can seek in a stream:
#: mp3 goes without the index at its front, and Ogg sends its pages early.
_PACKED: dict[str, tuple[str, str, int | None, dict[str, str]]] = {
    "mp3": ("mp3", "libmp3lame", 64_000, {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", 32_000, {"page_duration": "100000"}),
    "aac": ("adts", "aac", 64_000, {}),
    "flac": ("flac", "flac", None, {}),
}
#: The length that a WAV header gives where nobody knows it yet.
_UNKNOWN_LENGTH = 0xFFFF_FFFF


class Encoder(Protocol):
    """Brings speech to a format, block by block; used by one thread at a time."""

    def __call__(self, samples: npt.NDArray[np.int16]) -> bytes:
        """Bytes that int16 mono `samples` of shape (n,) at 24 kHz complete; may be none."""

    def finish(self) -> bytes:
        """Return what is still held; nothing may follow."""


def encoder(name: str) -> Encoder:
    """Make an encoder for ``mp3``, ``opus``, ``aac``, ``flac``, ``wav`` or ``pcm``."""
    return _Packed(*_PACKED[name]) if name in _PACKED else _Raw(_wav_header(None) if name == "wav" else b"")


def encoded(samples: npt.NDArray[np.int16], name: str) -> bytes:
    """Bytes of a whole file that holds int16 mono `samples` of shape (n,) at 24 kHz."""
    if name == "wav":
        return _wav_header(samples.size * 2) + samples.astype("<i2").tobytes()
    encode = encoder(name)
    return encode(samples) + encode.finish()


def _wav_header(size: int | None) -> bytes:
    data, whole = (_UNKNOWN_LENGTH, _UNKNOWN_LENGTH) if size is None else (size, size + 36)
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + layout + struct.pack("<4sI", b"data", data)


class _Raw:
    def __init__(self, header: bytes) -> None:
        self._header = header

    def __call__(self, samples: npt.NDArray[np.int16]) -> bytes:
        header, self._header = self._header, b""
        return header + samples.astype("<i2").tobytes()

    def finish(self) -> bytes:
        header, self._header = self._header, b""
        return header


class _Sink:
    """A file that can only be written to."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


class _Packed:
    def __init__(self, container: str, codec: str, bits: int | None, options: dict[str, str]) -> None:
        import av

        self._frame: Any = av.AudioFrame
        self._sink = _Sink()
        self._container: Any = av.open(self._sink, "w", format=container, options=options)
        stream: Any = self._container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        self._stream = stream
        if bits is not None:
            self._stream.bit_rate = bits
        self._position = 0

    def __call__(self, samples: npt.NDArray[np.int16]) -> bytes:
        if samples.size:
            frame = self._frame.from_ndarray(np.ascontiguousarray(samples)[np.newaxis], "s16", "mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts = self._position
            self._position += samples.size
            self._container.mux(self._stream.encode(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.take()


def decoded(data: bytes | bytearray, rate: int, longest_s: float) -> npt.NDArray[np.int16]:
    """Read a sound file: WAV, FLAC, MP3, AAC, Ogg, WebM or MP4 with sound.

    Parameters
    ----------
    data
        The file's bytes; what they are is told by how they begin.
    rate
        Rate of the samples to return, in hertz.
    longest_s
        Seconds that it may hold at most.

    Returns
    -------
    numpy.ndarray
        int16 mono of shape (n,). A file that breaks off gives what could be read of it.

    Raises
    ------
    AudioError
        Where it is no such file, holds no sound, or is too long.
    """
    import av

    kind = _kind(bytes(data[:12]))
    if kind is None:
        raise AudioError("the file is no WAV, FLAC, MP3, AAC, Ogg, WebM or MP4 file")
    blocks: list[npt.NDArray[np.int16]] = []
    count = 0
    try:
        # Only the format that the bytes show: others may name further files or addresses to open.
        with av.open(io.BytesIO(data), format=kind, options={"protocol_whitelist": ""}) as container:
            for block in _blocks(container, rate):
                blocks.append(block)
                count += block.size
                if count > longest_s * rate:
                    raise AudioError(f"the sound is longer than {longest_s:g} seconds, the limit here")
    except (av.FFmpegError, ValueError, OverflowError, IndexError) as error:
        if isinstance(error, AudioError):
            raise
        if not blocks:
            raise AudioError("the file might be corrupted, or its sound is of an unknown kind") from None
    if not count:
        raise AudioError("the file holds no sound")
    return np.concatenate(blocks)


def _blocks(container: Any, rate: int) -> Iterator[npt.NDArray[np.int16]]:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    if not container.streams.audio:
        return
    for frame in container.decode(container.streams.audio[0]):
        frame.pts = None
        for resampled in resampler.resample(frame):
            yield resampled.to_ndarray()[0]
    for resampled in resampler.resample(None):
        yield resampled.to_ndarray()[0]


def _kind(start: bytes) -> str | None:
    """Name of the container, from the first 12 bytes of a file."""
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
