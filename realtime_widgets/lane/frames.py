"""A frame of the lane: the length of a JSON header as four bytes little endian, the header, and sound."""

from __future__ import annotations

#: Where a kernel serves its lane.
PATH = "/lane"
#: Below which it serves the files of a page of its own.
PAGE = "/page/"
_LENGTH = 4
#: Largest frame, in bytes: a header and some seconds of sound.
MAX_FRAME_BYTES = 2**20


def pack(header: bytes, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return len(header).to_bytes(_LENGTH, "little") + header + payload


def unpack(frame: bytes) -> tuple[bytes, bytes]:
    """Return a frame's header and its payload.

    Raises
    ------
    ValueError
        If it is not a frame.
    """
    end = _LENGTH + int.from_bytes(frame[:_LENGTH], "little")
    if len(frame) < _LENGTH or end > len(frame):
        raise ValueError(f"a frame of {len(frame)} bytes is shorter than it says")
    return frame[_LENGTH:end], frame[end:]
