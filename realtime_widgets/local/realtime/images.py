"""Pictures in items: whether they are what they say, and what they cost."""

from __future__ import annotations

import io
import math

import pybase64

from realtime_widgets.local.realtime.errors import RequestRefusedError, invalid_value

#: Tokens of a picture at low detail, which every picture costs, and of each tile at high detail.
BASE_TOKENS, TILE_TOKENS = 85, 170
#: A picture is fitted into a square of the first side, and made no larger than the second on its short side.
_LONGEST_SIDE, _SHORT_SIDE = 2048, 768
_TILE_SIDE = 512


def image_size(image_url: str, param: str) -> tuple[int, int]:
    """Width and height in pixels of a data URI's PNG or JPEG; refuses what is none, naming `param`."""
    from PIL import Image

    try:
        data = pybase64.b64decode(image_url.partition(",")[2], validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.size
    except Exception:  # Pillow raises errors of many kinds for files that are broken
        raise _no_image(param) from None


def _no_image(param: str) -> RequestRefusedError:
    return invalid_value(f"Invalid value for '{param}': it holds no PNG or JPEG image.", param)


def image_tokens(width: int, height: int, detail: str) -> int:
    """Tokens of a picture of this size in pixels; ``auto`` acts as ``high``."""
    if detail == "low":
        return BASE_TOKENS
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    scale = min(scale, _SHORT_SIDE / min(width, height))
    tiles = math.ceil(width * scale / _TILE_SIDE) * math.ceil(height * scale / _TILE_SIDE)
    return BASE_TOKENS + TILE_TOKENS * max(1, tiles)
