"""What a user says by text and images, as an item of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.images import check_detail, load_pictures

if TYPE_CHECKING:
    from realtime_widgets.images import Detail, Picture
    from realtime_widgets.protocol import events as ev


@dataclass(frozen=True)
class Message:
    """What the user says by text and images: the item, and its images as pictures."""

    item: ev.JsonObject
    text: str = ""
    pictures: tuple[Picture, ...] = ()


def user_message(text: str | None, image: Any = None, detail: Detail = "auto") -> Message:
    """Return a written message, with images as `load_pictures` accepts them.

    Raises
    ------
    ConfigurationError
        If there is neither text nor image, or no such detail.
    ImageError
        If an image cannot be used.
    """
    wordless = image is not None and (text is None or text == "")
    if not wordless and (not isinstance(text, str) or not text.strip()):
        raise ConfigurationError(f"there is nothing to say: give a text, not {text!r}")
    text = (text or "").encode(errors="replace").decode()  # half a surrogate pair cannot be sent
    content: list[ev.JsonObject] = [{"type": "input_text", "text": text}] if text else []
    check_detail(detail)
    pictures = load_pictures(image) if image is not None else []
    content += [{"type": "input_image", "image_url": each.uri, "detail": detail} for each in pictures]
    return Message({"type": "message", "role": "user", "content": content}, text, tuple(pictures))
