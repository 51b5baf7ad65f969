"""The events that a client may send, and how a frame is read as one of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.validation import Shape, check


class ClientEvent(Shape, kw_only=True):
    """The fields of every event."""

    type: str
    event_id: Annotated[str, Meta(max_length=512)] | None = None


class SessionUpdateEvent(ClientEvent):
    """``session.update``."""

    session: dict[str, Any]


class Append(ClientEvent):
    """``input_audio_buffer.append``."""

    audio: str


class CreateItem(ClientEvent):
    """``conversation.item.create``."""

    item: dict[str, Any]
    previous_item_id: str | None = None


class NameItem(ClientEvent):
    """``conversation.item.retrieve`` and ``conversation.item.delete``."""

    item_id: str


class Truncate(ClientEvent):
    """``conversation.item.truncate``."""

    item_id: str
    content_index: int
    audio_end_ms: int


class CreateResponse(ClientEvent):
    """``response.create``."""

    response: dict[str, Any] | None = None


class CancelResponse(ClientEvent):
    """``response.cancel``."""

    response_id: str | None = None


EVENTS: dict[str, type[ClientEvent]] = {
    "session.update": SessionUpdateEvent,
    "input_audio_buffer.append": Append,
    "input_audio_buffer.commit": ClientEvent,
    "input_audio_buffer.clear": ClientEvent,
    "output_audio_buffer.clear": ClientEvent,
    "conversation.item.create": CreateItem,
    "conversation.item.retrieve": NameItem,
    "conversation.item.truncate": Truncate,
    "conversation.item.delete": NameItem,
    "response.create": CreateResponse,
    "response.cancel": CancelResponse,
}


def read_frame(frame: str) -> dict[str, Any]:
    """Decode one text frame as a JSON object.

    Raises
    ------
    RequestRefusedError
        If it is anything else.
    """
    try:
        value = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise RequestRefusedError("invalid_event", f"The frame is not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise RequestRefusedError("invalid_event", "An event must be a JSON object with a 'type'.")
    return value


def event_id_of(value: dict[str, Any]) -> str | None:
    """Return the client's id of an event, which may be malformed in every other way."""
    event_id = value.get("event_id")
    return event_id if isinstance(event_id, str) and len(event_id) <= 512 else None


def read_event(value: dict[str, Any]) -> ClientEvent:
    """Check a decoded event.

    Raises
    ------
    RequestRefusedError
        If its type is unknown or a field is malformed.
    """
    if "type" not in value:
        raise RequestRefusedError("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    kind = value["type"]
    shape = EVENTS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        supported = ", ".join(f"'{name}'" for name in EVENTS)
        raise invalid_value(f"Invalid value for 'type'. Supported values are: {supported}.", "type")
    return check(value, shape)
