"""G.711 telephone audio (mu-law and A-law): one byte for each sample at 8 kHz."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def _ulaw_values() -> npt.NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


def _alaw_values() -> npt.NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    mantissa = (code & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_DECODE = {"audio/pcmu": _ulaw_values(), "audio/pcma": _alaw_values()}


def _nearest_codes(values: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    order = np.argsort(values, kind="stable")
    ordered = values[order].astype(np.int32)
    middles = (ordered[1:] + ordered[:-1]) / 2
    every = np.arange(-32768, 32768)
    return order[np.searchsorted(middles, every)].astype(np.uint8)


_ENCODE = {name: _nearest_codes(values) for name, values in _DECODE.items()}


def decode(data: bytes, encoding: str) -> npt.NDArray[np.int16]:
    """Return the int16 samples of shape (n,) of `n` bytes in the format ``audio/pcmu`` or ``audio/pcma``."""
    return _DECODE[encoding][np.frombuffer(data, dtype=np.uint8)]


def encode(samples: npt.NDArray[np.int16], encoding: str) -> bytes:
    """Return the bytes of int16 samples of shape (n,) in the format ``audio/pcmu`` or ``audio/pcma``."""
    return _ENCODE[encoding][samples.astype(np.int32) + 32768].tobytes()
