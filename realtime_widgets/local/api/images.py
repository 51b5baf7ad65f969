"""Images in items: whether they can be read, and how many tokens they cost."""

from __future__ import annotations

import io
import math

import pybase64

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value

#: Tokens of any image, and of each tile of an image at high detail.
BASE_TOKENS, TILE_TOKENS = 85, 170
#: An image is first scaled down into a square of the first side, then to the second on its short side (pixels).
_LONGEST_SIDE, _SHORT_SIDE = 2048, 768
_TILE_SIDE = 512


def image_size(image_url: str, param: str) -> tuple[int, int]:
    """Return the width and height in pixels of a PNG or JPEG in a data URI.

    Raises
    ------
    RequestRefusedError
        If it is not such an image, or a much too large one; the refusal names `param`.
    """
    from PIL import Image

    try:
        data = pybase64.b64decode(image_url.partition(",")[2], validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.size
    except Image.DecompressionBombError:
        raise _refused(param, "it has more than 178 megapixels; send it smaller") from None
    except Exception:  # Pillow raises errors of many kinds for files that are broken
        raise _refused(param, "it is not a PNG or JPEG image") from None


def _refused(param: str, why: str) -> RequestRefusedError:
    return invalid_value(f"Invalid value for '{param}': {why}.", param)


def image_tokens(width: int, height: int, detail: str) -> int:
    """Return the tokens of an image of this size in pixels; the detail ``auto`` counts as ``high``."""
    if detail == "low":
        return BASE_TOKENS
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    scale = min(scale, _SHORT_SIDE / min(width, height))
    tiles = math.ceil(width * scale / _TILE_SIDE) * math.ceil(height * scale / _TILE_SIDE)
    return BASE_TOKENS + TILE_TOKENS * max(1, tiles)
