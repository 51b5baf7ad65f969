"""The item that brings images which a tool returned to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


#: In the ids of items that hold pictures which tools returned; their cards show them.
PICTURE = "picture"


def picture_item(item_id: str, images: Sequence[str], seen: bool = True) -> dict[str, Any]:
    """Return the item that brings pictures, as data URIs, to the model: outputs of calls hold only text.

    If the endpoint accepts no images (not `seen`), a text for the model says so.
    """
    content = [{"type": "input_image", "image_url": uri} for uri in images]
    if not seen:
        content = [{"type": "input_text", "text": f"[{len(images)} picture(s), which you cannot see here]"}]
    return {"id": item_id, "type": "message", "role": "user", "content": content}
