"""The events that a client of the Realtime protocol (GA) sends, typed, with their encoding.

Items, responses and session settings are plain dictionaries in the service's own shape.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from realtime_widgets.protocol.events.frames import encode_json
from realtime_widgets.protocol.secrets import opened

JsonObject = dict[str, Any]


class ClientEvent(msgspec.Struct, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of the events that the client sends; a server's error names the event by its `event_id`."""

    event_id: str = ""
    #: Whether the event is too frequent and bulky for logs.
    bulky: ClassVar[bool] = False

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.__struct_config__.tag)


class SessionUpdate(ClientEvent, tag="session.update"):
    """Change some of the session's settings."""

    session: JsonObject


class InputAppend(ClientEvent, tag="input_audio_buffer.append"):
    """Append audio to the input buffer: PCM16 bytes, base64 on the wire."""

    audio: bytes
    bulky: ClassVar[bool] = True


class InputCommit(ClientEvent, tag="input_audio_buffer.commit"):
    """Turn the input buffer into a user item."""


class InputClear(ClientEvent, tag="input_audio_buffer.clear"):
    """Discard the input buffer."""


class OutputClear(ClientEvent, tag="output_audio_buffer.clear"):
    """Discard what the service has not played yet; over WebRTC and SIP only."""


class ItemCreate(ClientEvent, tag="conversation.item.create"):
    """Add an item to the conversation."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemTruncate(ClientEvent, tag="conversation.item.truncate"):
    """Cut an assistant item to `audio_end_ms` milliseconds."""

    item_id: str
    content_index: int
    audio_end_ms: int

    def __post_init__(self) -> None:
        if self.audio_end_ms < 0:
            raise ValueError(f"audio_end_ms must not be negative, not {self.audio_end_ms}")


class ItemDelete(ClientEvent, tag="conversation.item.delete"):
    """Remove an item."""

    item_id: str


class ItemRetrieve(ClientEvent, tag="conversation.item.retrieve"):
    """Ask for an item with its audio."""

    item_id: str


class ResponseCreate(ClientEvent, tag="response.create"):
    """Ask for a response."""

    response: JsonObject = {}


class ResponseCancel(ClientEvent, tag="response.cancel"):
    """Stop a response."""

    response_id: str | None = None


_encoder = msgspec.json.Encoder(enc_hook=opened)


def encode(event: ClientEvent | JsonObject) -> str:
    """Return an event as a text frame."""
    return encode_json(event, _encoder).decode()
