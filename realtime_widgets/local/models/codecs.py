"""Audio files and streams: decodes what a request brings, and encodes speech in the format it asks for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from realtime_widgets.audio.containers import container_of, frames, opened
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

#: ``Content-Type`` of each format.
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
#: Container, codec, bits a second and container options of each compressed format. A stream cannot be rewound:
#: mp3 goes without the index at its front, and Ogg sends its pages early.
_PACKED: dict[str, tuple[str, str, int | None, dict[str, str]]] = {
    "mp3": ("mp3", "libmp3lame", 64_000, {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", 32_000, {"page_duration": "100000"}),
    "aac": ("adts", "aac", 64_000, {}),
    "flac": ("flac", "flac", None, {}),
}
#: Length in a WAV header if it is not known yet.
_UNKNOWN_LENGTH = 0xFFFF_FFFF


class Encoder(Protocol):
    """Encodes speech block by block; used by one thread at a time."""

    def __call__(self, samples: npt.NDArray[np.int16]) -> bytes:
        """Return the bytes that int16 mono `samples` of shape (n,) at 24 kHz complete; perhaps none."""

    def finish(self) -> bytes:
        """Return the rest; nothing may follow."""


def encoder(name: str) -> Encoder:
    """Return an encoder for ``mp3``, ``opus``, ``aac``, ``flac``, ``wav`` or ``pcm``."""
    return _Packed(*_PACKED[name]) if name in _PACKED else _Raw(_wav_header(None) if name == "wav" else b"")


def encoded(samples: npt.NDArray[np.int16], name: str) -> bytes:
    """Return a whole file that holds int16 mono `samples` of shape (n,) at 24 kHz."""
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
    """A file that can only be written."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def drain(self) -> bytes:
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
        return self._sink.drain()

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.drain()


def decoded(data: bytes | bytearray, rate: int, longest_s: float) -> npt.NDArray[np.int16]:
    """Decode an audio file: WAV, FLAC, MP3, AAC, Ogg, WebM, or MP4 with audio.

    Parameters
    ----------
    data
        Bytes of the file; their beginning tells the format.
    rate
        Sample rate of the result in hertz.
    longest_s
        Longest duration allowed, in seconds.

    Returns
    -------
    numpy.ndarray
        int16 mono of shape (n,). Of a file that breaks off, as much as could be read.

    Raises
    ------
    AudioError
        If it is not such a file, holds no audio, or is too long.
    """
    import av

    kind = container_of(bytes(data[:12]))
    if kind is None:
        raise AudioError("the file is not a WAV, FLAC, MP3, AAC, Ogg, WebM or MP4 file")
    blocks: list[npt.NDArray[np.int16]] = []
    count = 0
    try:
        with opened(data, kind) as container:
            for [block] in frames(container, av.AudioResampler(format="s16", layout="mono", rate=rate)):
                blocks.append(block)
                count += block.size
                if count > longest_s * rate:
                    raise AudioError(f"the audio is longer than {longest_s:g} seconds, the limit here")
    except (av.FFmpegError, ValueError, OverflowError, IndexError) as error:
        if isinstance(error, AudioError):
            raise
        if not blocks:
            raise AudioError("the file may be corrupted, or its audio is of an unknown kind") from None
    if not count:
        raise AudioError("the file holds no audio")
    return np.concatenate(blocks)
