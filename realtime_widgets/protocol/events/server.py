"""The events that a server of the Realtime protocol (GA) sends, typed.

Items, responses and session settings stay plain dictionaries in the service's own shape.
"""

from __future__ import annotations

import msgspec

from realtime_widgets.protocol.events.client import JsonObject
from realtime_widgets.protocol.events.frames import decode_json

#: Key under which an event keeps its source: the frame, or the object that the frame held.
SOURCE = "_source"


class ServerEvent(msgspec.Struct, kw_only=True, tag_field="type", dict=True):
    """Base of the events that the server sends; fields without a type here are in `extra`."""

    event_id: str = ""

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.__struct_config__.tag)

    @property
    def data(self) -> JsonObject:
        """The whole event as it was received, including fields of later protocol versions."""
        source = self.__dict__.get(SOURCE)
        if isinstance(source, dict):
            return source
        data: JsonObject = msgspec.to_builtins(self) if source is None else decode_json(source)
        return data

    @property
    def extra(self) -> JsonObject:
        """Fields that the event's type does not know, by name."""
        known = self.__struct_fields__
        return {name: value for name, value in self.data.items() if name not in known and name != "type"}


class ErrorDetail(msgspec.Struct, kw_only=True, frozen=True):
    """What went wrong; `event_id` is the id of the client event that caused it."""

    type: str = ""
    code: str | None = None
    message: str = ""
    param: str | None = None
    event_id: str | None = None


class ErrorEvent(ServerEvent, tag="error"):
    """An error; the session usually continues."""

    error: ErrorDetail


class SessionCreated(ServerEvent, tag="session.created"):
    """The first event of a session, with its whole configuration."""

    session: JsonObject


class SessionUpdated(ServerEvent, tag="session.updated"):
    """The configuration after an accepted update."""

    session: JsonObject


class ConversationCreated(ServerEvent, tag="conversation.created"):
    """The session's conversation exists; few servers send it."""

    conversation: JsonObject = {}


class ItemAdded(ServerEvent, tag="conversation.item.added"):
    """An item was added to the conversation."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemDone(ServerEvent, tag="conversation.item.done"):
    """An item is final."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemCreated(ServerEvent, tag="conversation.item.created"):
    """An item was added to the conversation; sent by servers that do not have `ItemAdded`."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemRetrieved(ServerEvent, tag="conversation.item.retrieved"):
    """An item that the client requested, with its audio."""

    item: JsonObject


class ItemDeleted(ServerEvent, tag="conversation.item.deleted"):
    """An item was deleted."""

    item_id: str


class ItemTruncated(ServerEvent, tag="conversation.item.truncated"):
    """An assistant item was cut to what was heard."""

    item_id: str
    content_index: int = 0
    audio_end_ms: int = 0


class InputTranscriptionDelta(ServerEvent, tag="conversation.item.input_audio_transcription.delta"):
    """More words of what the user said."""

    item_id: str
    content_index: int | None = 0
    delta: str | None = ""
    logprobs: list[JsonObject] | None = None


class InputTranscriptionCompleted(ServerEvent, tag="conversation.item.input_audio_transcription.completed"):
    """All words of what the user said; may arrive after the answer."""

    item_id: str
    content_index: int = 0
    transcript: str = ""
    usage: JsonObject | None = None
    languages: list[JsonObject] | None = None
    logprobs: list[JsonObject] | None = None


class InputTranscriptionSegment(ServerEvent, tag="conversation.item.input_audio_transcription.segment"):
    """What one speaker said, from `start` to `end` in seconds; sent by models that tell speakers apart."""

    item_id: str
    content_index: int = 0
    id: str = ""
    start: float = 0.0
    end: float = 0.0
    speaker: str = ""
    text: str = ""


class InputTranscriptionFailed(ServerEvent, tag="conversation.item.input_audio_transcription.failed"):
    """The user's words could not be recognised."""

    item_id: str
    content_index: int = 0
    error: ErrorDetail = ErrorDetail()


class SpeechStarted(ServerEvent, tag="input_audio_buffer.speech_started"):
    """Turn detection heard the user begin; `item_id` is the id of the item to come."""

    item_id: str = ""
    audio_start_ms: int = 0


class SpeechStopped(ServerEvent, tag="input_audio_buffer.speech_stopped"):
    """Turn detection heard the user end."""

    item_id: str = ""
    audio_end_ms: int = 0


class InputCommitted(ServerEvent, tag="input_audio_buffer.committed"):
    """The input buffer became a user item."""

    item_id: str
    previous_item_id: str | None = None


class InputCleared(ServerEvent, tag="input_audio_buffer.cleared"):
    """The input buffer is empty."""


class InputTimeout(ServerEvent, tag="input_audio_buffer.timeout_triggered"):
    """Nobody spoke within the time set for turn detection."""

    item_id: str = ""
    audio_start_ms: int = 0
    audio_end_ms: int = 0


class DtmfReceived(ServerEvent, tag="input_audio_buffer.dtmf_event_received"):
    """A key of a telephone was pressed, at `received_at` in seconds of Unix time."""

    event: str = ""
    received_at: int = 0


class OutputStarted(ServerEvent, tag="output_audio_buffer.started"):
    """The service plays a response; over WebRTC and SIP only."""

    response_id: str = ""


class OutputStopped(ServerEvent, tag="output_audio_buffer.stopped"):
    """The service has played a response to its end; over WebRTC and SIP only."""

    response_id: str = ""


class OutputCleared(ServerEvent, tag="output_audio_buffer.cleared"):
    """The service discarded what it had not played yet; over WebRTC and SIP only."""

    response_id: str = ""


class RateLimitsUpdated(ServerEvent, tag="rate_limits.updated"):
    """What is left of the account's limits."""

    rate_limits: list[JsonObject] = []
