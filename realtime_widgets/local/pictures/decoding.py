"""From the bytes of a PNG or JPEG to pixels, with bounded memory however large the picture says it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.interfaces import UnreadablePictureError

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

#: Most pixels that are decoded, in millions: 90 MB as RGB. A JPEG is decoded at a half, a quarter or an eighth of
#: its size, so that none has more; other pictures beyond it are not read.
MAX_MEGAPIXELS = 30
#: Longest side in pixels of what is read; larger pictures are scaled down to it.
LONGEST_SIDE = 2560
#: Luminance (0 to 255) of the drawn parts of a transparent picture above which it is read on black, not on white.
_LIGHT = 140


def read_pixels(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture.

    Parameters
    ----------
    data
        Bytes of a PNG or JPEG file.

    Returns
    -------
    numpy.ndarray
        RGB, uint8 of shape (height, width, 3), the longer side at most `LONGEST_SIDE`.

    Raises
    ------
    UnreadablePictureError
        If it is not such a file, is damaged, or has too many pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            said = image.width * image.height / 1e6
            shrunk = min(1.0, LONGEST_SIDE / max(image.size))
            image.draft(None, (round(image.width * shrunk), round(image.height * shrunk)))
            if image.width * image.height > MAX_MEGAPIXELS * 1e6:
                raise _too_large(said)
            return np.asarray(_opaque(ImageOps.exif_transpose(_scaled(image))))
    except Image.DecompressionBombError:
        raise _too_large(None) from None
    except UnidentifiedImageError:
        raise UnreadablePictureError("it is not a PNG or JPEG image") from None
    except UnreadablePictureError:
        raise
    except Exception as error:  # Pillow raises errors of many kinds for files that are broken
        raise UnreadablePictureError(f"it cannot be decoded ({type(error).__name__})") from None


def _too_large(megapixels: float | None) -> UnreadablePictureError:
    size = "more than 178" if megapixels is None else f"{megapixels:.0f}"
    return UnreadablePictureError(
        f"it has {size} megapixels, and at most {MAX_MEGAPIXELS} are read; send it smaller"
    )


def _scaled(image: Image.Image) -> Image.Image:
    """Return the image with at most `LONGEST_SIDE`, in a mode that `_opaque` takes."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits a pixel, which a conversion would clip to white
        deep = np.asarray(image).astype(np.float32)
        image = Image.fromarray((deep / 257).clip(0, 255).astype(np.uint8))
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """Return it as RGB; what is transparent shows a background from which the drawn parts stand out."""
    from PIL import Image

    if image.mode not in ("LA", "RGBA"):
        return image.convert("RGB")
    image = image.convert("RGBA")
    alpha = np.asarray(image.getchannel("A"), np.float32)
    light = np.asarray(image.convert("L"), np.float32)
    drawn = float(alpha.sum())
    on_black = drawn > 0 and float((alpha * light).sum()) / drawn > _LIGHT and float(alpha.mean()) < 128
    background = Image.new("RGBA", image.size, "black" if on_black else "white")
    background.alpha_composite(image)
    return background.convert("RGB")
