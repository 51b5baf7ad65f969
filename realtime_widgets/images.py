"""Converts files, arrays, PIL images and matplotlib figures to scaled PNG or JPEG data URIs for the service."""

from __future__ import annotations

import base64
import io
import math
import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.errors import ConfigurationError, ImageError
from realtime_widgets.lazy_types import is_a

# Pillow and numpy are loaded with the first picture: importing the package stays quick.
if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image as PilImage

    #: What the user may show: see `load_picture`.
    Showable = str | os.PathLike[str] | bytes | npt.NDArray[Any] | Any

Detail = Literal["auto", "low", "high"]

#: Longest side of a picture that is sent, in pixels; the service scales larger ones down itself.
MAX_SIDE = 2_048
#: Largest picture that is sent, in bytes of its file.
MAX_BYTES = 4 * 1024 * 1024
#: Most pixels of a file that is decoded as a whole, as all but a JPEG are: some 200 MB of memory.
MAX_PIXELS = 50_000_000
#: Most that the pictures of one message may take, in characters of base64: the largest event that the
#: service documents has 15 MiB.
MAX_MESSAGE = 14 * 1024 * 1024
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_THUMBNAIL_SIDE = 160
_JPEG_QUALITIES = (90, 80, 60)
#: Up to this many pixels a picture is a PNG in any case.
_SMALL = 128 * 128
#: Share of pixels that are like their neighbour, above which a picture is a drawing.
_FLAT = 0.5
_ORIENTATION = 0x0112  # the EXIF tag of how an image lies
#: How many times its own size what a figure draws may reach to be shown as a whole.
_MAX_REACH = 4
_TILE, _LOW_TOKENS, _TILE_TOKENS, _SHORT_SIDE = 512, 85, 170, 768


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG file; `width` and `height` are its size in pixels, 0 if that is unknown."""

    kind: str
    data: bytes = field(repr=False)
    width: int = 0
    height: int = 0

    @property
    def uri(self) -> str:
        """The file as a data URI."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"

    @cached_property
    def thumbnail(self) -> str:
        """A small copy for the user, as a data URI of a few kB; empty if the file cannot be read."""
        return self.shrunk(_THUMBNAIL_SIDE)

    def shrunk(self, side: int) -> str:
        """Return a JPEG copy as a data URI, its longer side at most `side` pixels; empty if it cannot be read."""
        from PIL import Image

        try:
            image: PilImage = Image.open(io.BytesIO(self.data))
            image.draft("RGB", (side, side))
            image = _on_white(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return ""
        image.thumbnail((side, side))
        return f"data:image/jpeg;base64,{base64.b64encode(_saved(image, 'JPEG', quality=70)).decode()}"

    def fitted(self, side: int) -> Picture:
        """Return a copy whose longer side has at most `side` pixels; itself if it is smaller or unreadable."""
        from PIL import Image

        if max(self.width, self.height) <= side:
            return self
        try:
            image: PilImage = _plain(Image.open(io.BytesIO(self.data)))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return self
        image.thumbnail((side, side))
        return _encoded(image)


def estimate_image_tokens(width: int, height: int, detail: Detail = "auto") -> int:
    """Estimate the tokens of an image by its number of pixels.

    Counted as OpenAI documents it for its GPT-4o family: 85 for ``"low"``; for ``"high"`` (as ``"auto"`` acts)
    the image is fitted into 2048 by 2048 pixels and its shorter side into 768, and each tile of 512 by 512
    that it touches adds 170 to the 85. How the models of the Realtime API count is not published; what was
    really used stands in `Usage.input_image_tokens`.

    Raises
    ------
    ConfigurationError
        If `detail` is not one of its values.
    """
    if check_detail(detail) == "low":
        return _LOW_TOKENS
    scale = min(1.0, MAX_SIDE / max(width, height, 1))
    scale *= min(1.0, _SHORT_SIDE / max(1.0, min(width, height) * scale))
    tiles = math.ceil(round(width * scale) / _TILE) * math.ceil(round(height * scale) / _TILE)
    return _LOW_TOKENS + _TILE_TOKENS * tiles


def check_detail(detail: str) -> str:
    """Return `detail`; raise `ConfigurationError` if there is no such level."""
    if detail not in get_args(Detail):
        raise ConfigurationError(f"detail must be one of {', '.join(get_args(Detail))}, not {detail!r}")
    return detail


def load_pictures(images: Showable | list[Showable] | tuple[Showable, ...]) -> list[Picture]:
    """Convert an image or a list of images for the service; see `load_picture`.

    Raises
    ------
    ImageError
        If one of them cannot be used, or together they are too large for one message.
    """
    several = list(images) if isinstance(images, list | tuple) else [images]
    if not several:
        raise ImageError("there is no image in this list")
    pictures = [load_picture(each) for each in several]
    if (size := sum(len(each.uri) for each in pictures)) > MAX_MESSAGE:
        raise ImageError(
            f"{len(pictures)} images of {size / 2**20:.0f} MiB are too large for one message, which takes "
            f"{MAX_MESSAGE / 2**20:.0f} MiB: show them in several"
        )
    _ = [each.thumbnail for each in pictures]  # made now, so that the I/O thread need not
    return pictures


def load_picture(image: Showable) -> Picture:
    """Convert an image for the service: to PNG for a drawing, to JPEG for a photograph.

    It is turned upright as its EXIF data say and scaled to 2048 pixels on its longer side; what else a
    photograph tells, such as where it was taken, is left out.

    Parameters
    ----------
    image
        A path or the bytes of an image file; an array of shape (height, width), (height, width, 1), (height,
        width, 3) or (height, width, 4), uint8 or floats from 0 to 1; an image of PIL; a figure of matplotlib.

    Raises
    ------
    ImageError
        If it is neither of these, or cannot be read.
    """
    match image:
        case bytes() | bytearray() | memoryview():
            return _from_file(bytes(image), f"these {memoryview(image).nbytes:,} bytes")
        case str() | os.PathLike():
            return _from_file(_read(image), Path(image).name)
        case _ if is_a(image, "numpy", "ndarray"):
            return _encoded(_of_array(image))
        case _:
            opened = _of_pil(image)
            if opened is None:
                opened = _of_matplotlib(image)
            if opened is None:
                raise ImageError(
                    "image= takes a path, the bytes of an image file, an array of pixels, an image of PIL or a "
                    f"figure of matplotlib, not {type(image).__name__}"
                )
            return _encoded(opened)


def is_picture(value: Any) -> bool:
    """Whether `picture_of` takes a value for a picture, told without the work of making it."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bool(_kind_of(_beginning(value)))
    if is_a(value, "numpy", "ndarray"):
        return _is_coloured(value)
    return (
        is_a(value, "PIL.Image", "Image")
        or _figure_of(value) is not None
        or callable(getattr(type(value), "_repr_png_", None))
    )


def picture_of(value: Any) -> Picture | None:
    """Return what a tool returned or showed as a picture; None if it is something else.

    Arrays count if they are uint8 of shape (height, width, 3 or 4), bytes if they are a PNG or JPEG file.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return _of_bytes(bytes(value)) if _kind_of(_beginning(value)) else None
    if is_a(value, "numpy", "ndarray"):
        return _encoded(_of_array(value)) if _is_coloured(value) else None
    if (image := _of_pil(value)) is not None:
        return _encoded(image)
    if (image := _of_matplotlib(value)) is not None:
        _close_figure(value)
        return _encoded(image)
    png = getattr(type(value), "_repr_png_", None)
    return _of_bundle(png(value)) if callable(png) else None


def _of_bytes(data: bytes) -> Picture | None:
    """Return the picture of a file's bytes; one that cannot be read or is too large for it goes as it is."""
    kind = _kind_of(data)
    if not kind:
        return None
    try:
        return _from_file(data, "")
    except ImageError:
        return Picture(kind, data)


def _of_bundle(png: Any) -> Picture | None:
    data = png[0] if isinstance(png, tuple) and png else png
    if isinstance(data, str):
        data = base64.b64decode(data)
    return _of_bytes(bytes(data)) if isinstance(data, bytes | bytearray) else None


def _is_coloured(pixels: npt.NDArray[Any]) -> bool:
    return pixels.dtype == "uint8" and pixels.ndim == 3 and pixels.shape[2] in (3, 4) and pixels.size > 0


def _beginning(data: bytes | bytearray | memoryview) -> bytes:
    if isinstance(data, memoryview):
        data = data.cast("B") if data.c_contiguous and data.nbytes else data.tobytes()
    return bytes(data[:8])


def _kind_of(data: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")


def _read(path: str | os.PathLike[str]) -> bytes:
    text = os.fspath(path)
    if text.startswith(("http:", "https:", "data:")):
        raise ImageError(f"image= takes a path, not a URL ({text[:30]}…): load it first and pass its bytes")
    try:
        return Path(text).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"the image {text[:200]} cannot be read: {reason}") from None


def _from_file(data: bytes, name: str) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            plain = not image.getexif() and max(image.size) <= MAX_SIDE and len(data) <= MAX_BYTES
            if plain and (kind := _kind_of(data)):
                image.load()
                return Picture(kind, data, *image.size)
            image.draft(image.mode, (MAX_SIDE, MAX_SIDE))  # a large JPEG is decoded smaller
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(
                    f"the image {name} has {image.width * image.height / 1e6:,.0f} megapixels, and "
                    f"{MAX_PIXELS / 1e6:.0f} at most are read: make it smaller first, or save it as a JPEG"
                )
            return _encoded(_upright(image))
    except UnidentifiedImageError:
        raise ImageError(f"{name} cannot be read as an image, such as a PNG, JPEG, WebP or GIF") from None
    except ImageError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"the image {name} cannot be used: {error}") from error


def _of_array(pixels: npt.NDArray[Any]) -> PilImage:
    import numpy as np
    from PIL import Image

    shape, kind = pixels.shape, pixels.dtype
    if pixels.ndim == 3 and shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.size == 0 or not (pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] in (3, 4))):
        raise ImageError(
            "an array of pixels has the shape (height, width), (height, width, 3) or (height, width, 4), "
            f"not {shape}"
        )
    if kind.kind == "f":
        if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
            raise ImageError(
                f"an image of floats has values from 0 to 1, not from {np.nanmin(pixels):g} to "
                f"{np.nanmax(pixels):g}{'' if np.isfinite(pixels).all() else ' with NaN or infinity'}: "
                "scale them, for example by dividing by 255"
            )
        pixels = np.rint(pixels * 255).astype(np.uint8)
    elif kind != np.uint8:
        raise ImageError(f"an array of pixels has the type uint8, or floats from 0 to 1, not {kind}")
    return Image.fromarray(np.ascontiguousarray(pixels))


def _of_pil(value: Any) -> PilImage | None:
    if not is_a(value, "PIL.Image", "Image"):
        return None
    try:
        return _upright(value)
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageError(f"this image of PIL cannot be used: {error}") from error


def _upright(image: PilImage) -> PilImage:
    """Bring an image to the size and the modes that are sent, turned as its EXIF data say."""
    from PIL import ImageOps

    if 0 in image.size:
        raise ImageError(f"an image of {image.width} by {image.height} pixels has nothing to show")
    orientation = image.getexif().get(_ORIENTATION)
    image = _scaled(_plain(image))
    if not orientation:
        return image
    image.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(image)


def _scaled(image: PilImage) -> PilImage:
    """Scale a plain image down to the longest side that is sent; made before all else, which costs by size."""
    from PIL import Image

    longest = max(image.size)
    if longest <= MAX_SIDE:
        return image
    if (factor := longest // (2 * MAX_SIDE)) > 1:
        image = image.reduce(factor)
    scale = MAX_SIDE / max(image.size)
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _plain(image: PilImage) -> PilImage:
    """Bring an image to 8 bits of grey, RGB or RGBA."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        import numpy as np

        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ImageError(
            f"an image of PIL in the mode {image.mode!r} does not say what its numbers look like: "
            "convert it to 'L' or 'RGB' first"
        )
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode == "La":
        image = image.convert("LA")
    transparent = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if transparent else "L" if image.mode == "1" else "RGB")


def _figure_of(value: Any) -> Any:
    """Return the figure of what matplotlib or seaborn made; None for any other value."""
    if not str(type(value).__module__).startswith(("matplotlib.", "seaborn.")):
        return None
    figure: Any = getattr(value, "figure", None) or value
    return figure if hasattr(figure, "savefig") else None


def _of_matplotlib(value: Any) -> PilImage | None:
    figure = _figure_of(value)
    if figure is None:
        return None
    import matplotlib as mpl
    from PIL import Image

    inches = max(figure.get_size_inches())
    chosen, own = mpl.rcParams["savefig.dpi"], figure.dpi
    dpi = min(own if chosen == "figure" else chosen, MAX_SIDE / inches)
    figure.dpi = min(own, dpi)  # what measures makes a canvas of the figure's size
    try:
        reach = max(figure.get_tightbbox().size)
    finally:
        figure.dpi = own
    tight = reach <= _MAX_REACH * inches  # an artist far outside would make it huge, and all else tiny
    if tight:
        dpi = min(dpi, MAX_SIDE / max(reach, 1))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, bbox_inches="tight" if tight else None)
    return _plain(Image.open(file))


def _close_figure(value: Any) -> None:
    """Keep the inline backend from showing a figure once more, under the next cell that ends.

    One in a window of its own, or in a widget, is left to it.
    """
    managers = sys.modules.get("matplotlib._pylab_helpers")
    figure = _figure_of(value)
    if managers is not None and not has_own_view(figure.canvas):
        managers.Gcf.destroy_fig(figure)


def has_own_view(canvas: Any) -> bool:
    """Whether the canvas of a figure of matplotlib is a window or a widget, which the user closes."""
    return getattr(canvas, "required_interactive_framework", None) is not None or hasattr(canvas, "model_id")


def _encoded(image: PilImage) -> Picture:
    image = _scaled(image)
    drawing = _is_drawing(image)
    if drawing or image.mode == "RGBA":
        data = _saved(image, "PNG")
        if len(data) <= MAX_BYTES:
            return Picture("image/png", data, *image.size)
    image = _on_white(image)
    for quality in _JPEG_QUALITIES:
        data = _saved(image, "JPEG", quality=quality)
        if len(data) <= MAX_BYTES:
            break
    return Picture("image/jpeg", data, *image.size)


def _is_drawing(image: PilImage) -> bool:
    """Tell drawings, plots and screenshots from photographs: most of their pixels are like their neighbours."""
    if image.width * image.height <= _SMALL:
        return True
    import numpy as np

    pixels = np.asarray(image)
    same = pixels[:, 1:] == pixels[:, :-1]
    return bool(np.mean(same if same.ndim == 2 else same.all(axis=2)) > _FLAT)


def _on_white(image: PilImage) -> PilImage:
    """Return an image without transparency."""
    from PIL import Image

    image = _plain(image)
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _saved(image: PilImage, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    clean = image.copy()
    clean.info = {}
    clean.save(file, kind, **options)
    return file.getvalue()
