"""Pictures small enough for a file: as they are if they are, otherwise a smaller copy, otherwise none. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

#: Largest picture that is kept as it is, in characters of its data URI.
PICTURE_CHARACTERS = 16_000
#: Longer side of the copy of a larger one, in pixels.
COPY_SIDE = 400
#: Only what draws pixels: an SVG may hold scripts.
_URI = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=]+)")


@lru_cache(maxsize=64)
def small(uri: str) -> str:
    """Return a picture for the file, as a data URI; empty if it is none or cannot be made small enough.

    Parameters
    ----------
    uri
        Data URI of a picture, from a tool or the user.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        return ""
    if len(uri) <= PICTURE_CHARACTERS:
        return uri
    from realtime_widgets.images import Picture

    try:
        data = base64.b64decode(match[2], validate=True)
    except (binascii.Error, ValueError):
        return ""
    copy = Picture(match[1], data).shrunk(COPY_SIDE)
    return copy if len(copy) <= 2 * PICTURE_CHARACTERS else ""
