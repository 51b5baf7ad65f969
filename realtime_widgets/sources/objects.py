"""Objects of the kernel as the model can use them: an image or a compact text, within a budget of tokens."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.images import Picture, check_detail, estimate_image_tokens, is_picture, load_picture
from realtime_widgets.lazy_types import is_a
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.sources.charts import chart_picture, chart_text
from realtime_widgets.tools.output.encoding import cut
from realtime_widgets.tools.output.results import encode_result
from realtime_widgets.tools.output.tables import array_of, table_of
from realtime_widgets.tools.output.terminal import without_escapes
from realtime_widgets.tools.output.traces import formatted

if TYPE_CHECKING:
    from realtime_widgets.images import Detail

As = Literal["auto", "image", "text"]

#: Bytes of UTF-8 to a token, as of tables and tracebacks; English prose has four or more.
BYTES_PER_TOKEN = 3
#: Default and smallest budget of one object, in tokens.
TOKENS, LEAST_TOKENS = 1_000, 100
_PATH_ENDS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_END_ROOM = 0.6  # share of a long traceback's budget that its end gets


@dataclass(frozen=True)
class Look:
    """How an object is shown to the model.

    Attributes
    ----------
    title
        What it is, in a few words.
    text
        Its text, empty if an image says all.
    pictures
        Its images.
    detail
        How closely the model is to look at them.
    left_out
        What is not shown, in a sentence; empty if all is.
    """

    title: str
    text: str = ""
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    detail: Detail = "auto"
    left_out: str = ""

    @property
    def tokens(self) -> int:
        """Tokens of it, estimated."""
        images = sum(estimate_image_tokens(each.width, each.height, self.detail) for each in self.pictures)
        return text_tokens(self.title) + text_tokens(self.text) + images


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text, from its bytes."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def look_at(
    value: Any,
    *,
    as_: As = "auto",
    tokens: int = TOKENS,
    detail: Detail = "auto",
    sees: bool = True,
    name: str = "",
) -> Look:
    """Return how an object is shown to the model.

    Parameters
    ----------
    value
        The object.
    as_
        ``"image"``, ``"text"``, or ``"auto"`` for what says most to this model.
    tokens
        Most tokens, estimated.
    detail
        How closely the model is to look at an image.
    sees
        Whether the model takes images.
    name
        Name of the object in the notebook, if it is known.

    Raises
    ------
    ConfigurationError
        If a setting cannot be, or the object cannot be shown like that.
    ImageError
        If an image cannot be used.
    """
    if as_ not in get_args(As):
        raise ConfigurationError(f"as_ must be one of {', '.join(get_args(As))}, not {as_!r}")
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < LEAST_TOKENS:
        raise ConfigurationError(f"tokens must be a whole number of {LEAST_TOKENS} or more, not {tokens!r}")
    check_detail(detail)
    if as_ == "image" and not sees:
        raise ConfigurationError("this model takes no images: show it as text")
    look = None
    if as_ != "text" and sees and is_image(value):
        look = _image(value, tokens, detail)
    elif as_ != "text" and sees and (picture := chart_picture(value)) is not None:
        look = _fitted(_title(value), picture, tokens, detail)
    if look is None and as_ == "image":
        raise ConfigurationError(
            f"a {type(value).__name__} has no form as an image here: show it as text, or make an image of it"
        )
    look = look or _text(value, tokens, sees and as_ == "auto")
    return look if not name or look.title.startswith(name) else _named(look, name)


def is_image(value: Any) -> bool:
    """Whether an object is an image, or can be drawn as one: a figure, pixels, a file of an image or its path."""
    if isinstance(value, str):
        return value.lower().endswith(_PATH_ENDS) and "\n" not in value
    if is_a(value, "pathlib", "PurePath"):
        return str(value).lower().endswith(_PATH_ENDS)
    return is_picture(value)


def _image(value: Any, tokens: int, detail: Detail) -> Look | None:
    if callable(getattr(type(value), "_repr_png_", None)) and not is_a(value, "PIL.Image", "Image"):
        return None  # the displayed forms have it
    return _fitted(_title(value), load_picture(value), tokens, detail)


def _fitted(title: str, picture: Picture, tokens: int, detail: Detail) -> Look:
    """Return an image that stays within a budget: made smaller, or looked at less closely."""
    size = f"{picture.width:,} by {picture.height:,} pixels"
    look = Look(f"{title}, {size}", pictures=(picture,), detail=detail)
    for side in (1536, 1024, 768, 512):
        if look.tokens <= tokens:
            return look
        if side < max(picture.width, picture.height):
            smaller = picture.fitted(side)
            look = Look(
                look.title, "", (smaller,), detail, f"made smaller, to {smaller.width} by {smaller.height}"
            )
    if look.tokens > tokens:
        look = Look(look.title, "", look.pictures, "low", f"{look.left_out or 'looked at'} with low detail")
    return look


def _text(value: Any, tokens: int, pictures: bool) -> Look:
    limit = tokens * BYTES_PER_TOKEN
    title = _title(value)
    if (error := _error(value)) is not None:
        text = _both_ends(masked(without_escapes(formatted(error))), limit)
    elif (chart := chart_text(value)) is not None:
        text = cut(chart, limit)
    elif is_a(value, "IPython.utils.capture", "CapturedIO"):
        return _captured(value, tokens, pictures)
    elif _has_source(value):
        text = cut(_source(value), limit)
    elif (table := table_of(value, limit)) is not None or (table := array_of(value)) is not None:
        text = table
    elif isinstance(value, str):
        text = _both_ends(without_escapes(value), limit)
    else:
        text, found = encode_result(value, limit)
        if found and pictures:
            first = _fitted(title, found[0], tokens, "auto")
            others = f"; {len(found) - 1} more of its images are not shown" if len(found) > 1 else ""
            return Look(title, "", first.pictures, first.detail, (first.left_out + others).strip("; "))
    return Look(title, masked(text), left_out=_left_out(text))


def _left_out(text: str) -> str:
    last = text.rstrip().rsplit("\n", 1)[-1]
    return last.strip("[]") if last.startswith("[") and last.endswith("]") else ""


def _title(value: Any) -> str:
    if (error := _error(value)) is not None:
        return f"traceback of {type(error).__name__}"
    if _has_source(value):
        kind = {type: "class", types.ModuleType: "module"}.get(type(value), "function")
        return f"{kind} {getattr(value, '__name__', '')}".strip()
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(isinstance(side, int) for side in shape):
        return f"{type(value).__name__}, {' by '.join(f'{side:,}' for side in shape) or 'one value'}"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple | dict | set):
        return f"{type(value).__name__} of {len(value):,}"
    return type(value).__name__


def _named(look: Look, name: str) -> Look:
    return Look(f"{name}: {look.title}", look.text, look.pictures, look.detail, look.left_out)


def _error(value: Any) -> BaseException | None:
    if isinstance(value, BaseException):
        return value
    if isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], BaseException):
        return value[1]
    return None


def _has_source(value: Any) -> bool:
    return isinstance(value, types.FunctionType | types.MethodType | type | types.ModuleType)


def _source(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        pass
    try:
        signature = f"{value.__name__}{inspect.signature(value)}"
    except (TypeError, ValueError):
        signature = str(getattr(value, "__name__", value))
    return f"{signature}\n{inspect.getdoc(value) or ''}\n[its source cannot be read]"


def _captured(value: Any, tokens: int, pictures: bool) -> Look:
    """Return the output of a cell that was captured by ``%%capture``."""
    parts = [str(text) for text in (value.stdout, value.stderr) if text]
    found: list[Picture] = []
    limit = tokens * BYTES_PER_TOKEN
    for output in value.outputs:
        text, images = encode_result(output, limit)
        found += images
        parts += [text] if text and not images else []
    text = _both_ends(without_escapes("\n".join(parts)), limit)
    title = "output of a cell"
    if found and pictures:
        room = max(LEAST_TOKENS, tokens - text_tokens(text))
        first = _fitted(title, found[-1], room, "auto")
        return Look(title, masked(text), first.pictures, first.detail, first.left_out)
    return Look(title, masked(text) or "nothing", left_out=_left_out(text))


def _both_ends(text: str, limit: int) -> str:
    """Return a text with its middle left out if it is longer than `limit` bytes: its end says most."""
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return text
    note = f"\n[{len(data) - limit:,} bytes left out here]\n"
    room = max(0, limit - len(note))
    end = int(room * _END_ROOM)
    head, tail = data[: room - end].decode(errors="ignore"), data[len(data) - end :].decode(errors="ignore")
    return f"{head}{note}{tail}"
