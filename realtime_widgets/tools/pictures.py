"""Pictures among what a tool returns: PIL, matplotlib, numpy, and the bytes of PNG and JPEG files."""

from __future__ import annotations

import base64
import io
import struct
import sys
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Longest side of a picture from PIL, in pixels; models look at no more.
MAX_SIDE = 2_048
#: Largest picture that is passed on, in bytes.
MAX_BYTES = 4 * 1024 * 1024
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG file."""

    kind: str
    data: bytes

    @property
    def uri(self) -> str:
        """The file as a data URI."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


def picture_of(value: Any) -> Picture | None:
    """Return the picture that `value` is; None where it is something else.

    Arrays count where they are uint8 of shape (height, width, 3 or 4).
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return _file(bytes(value))
    if isinstance(value, np.ndarray):
        coloured = value.dtype == np.uint8 and value.ndim == 3 and value.shape[2] in (3, 4) and value.size
        return Picture("image/png", _png(value)) if coloured else None
    module = type(value).__module__
    if module.startswith("PIL."):
        return _of_pil(value)
    if module.startswith("matplotlib."):
        return _of_matplotlib(value)
    png = getattr(type(value), "_repr_png_", None)
    return _of_bundle(png(value)) if callable(png) else None


def _file(data: bytes) -> Picture | None:
    return next((Picture(kind, data) for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def _of_bundle(png: Any) -> Picture | None:
    data = png[0] if isinstance(png, tuple) and png else png
    if isinstance(data, str):
        data = base64.b64decode(data)
    return _file(bytes(data)) if isinstance(data, bytes | bytearray) else None


def _of_pil(value: Any) -> Picture | None:
    if not hasattr(value, "thumbnail"):
        return None
    small = value.convert("RGBA" if "A" in value.getbands() or "transparency" in value.info else "RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    file = io.BytesIO()
    small.save(file, "PNG")
    return Picture("image/png", file.getvalue())


def _of_matplotlib(value: Any) -> Picture | None:
    figure: Any = value if hasattr(value, "savefig") else getattr(value, "figure", None)
    if not hasattr(figure, "savefig"):
        return None
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    # The inline backend would show it once more, under the next cell that ends.
    managers = sys.modules.get("matplotlib._pylab_helpers")
    if managers is not None and "matplotlib_inline.backend_inline" in sys.modules:
        managers.Gcf.destroy_fig(figure)
    return Picture("image/png", file.getvalue())


def _png(pixels: np.ndarray[Any, Any]) -> bytes:
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    colour = 2 if channels == 3 else 6
    parts = {
        b"IHDR": struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0),
        b"IDAT": zlib.compress(rows.tobytes()),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
