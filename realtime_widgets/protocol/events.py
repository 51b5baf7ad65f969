"""Events of the Realtime protocol (GA) by their names, and the decoding of what a server sends.

Items, responses and session settings stay plain dictionaries in the service's own shape, so that fields
this package does not know are kept. Unknown fields of an event are in its `extra`; an event of an unknown type
becomes an `OtherEvent` with all its data.
"""

from __future__ import annotations

from typing import Any

import msgspec

from realtime_widgets.protocol.client_events import (
    AnyClientEvent,
    ClientEvent,
    InputAppend,
    InputClear,
    InputCommit,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    OutputClear,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
    encode,
)
from realtime_widgets.protocol.response_events import (
    ContentEvent,
    ContentPartAdded,
    ContentPartDone,
    FunctionArgumentsDelta,
    FunctionArgumentsDone,
    McpArgumentsDelta,
    McpArgumentsDone,
    McpCallCompleted,
    McpCallFailed,
    McpCallInProgress,
    McpListToolsCompleted,
    McpListToolsFailed,
    McpListToolsInProgress,
    OutputAudioDelta,
    OutputAudioDone,
    OutputItemAdded,
    OutputItemDone,
    OutputTextDelta,
    OutputTextDone,
    OutputTranscriptDelta,
    OutputTranscriptDone,
    ResponseCreated,
    ResponseDone,
)
from realtime_widgets.protocol.server_events import (
    SOURCE,
    ConversationCreated,
    DtmfReceived,
    ErrorDetail,
    ErrorEvent,
    InputCleared,
    InputCommitted,
    InputTimeout,
    InputTranscriptionCompleted,
    InputTranscriptionDelta,
    InputTranscriptionFailed,
    InputTranscriptionSegment,
    ItemAdded,
    ItemCreated,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    JsonObject,
    OutputCleared,
    OutputStarted,
    OutputStopped,
    RateLimitsUpdated,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
)

__all__ = [
    "AnyClientEvent",
    "AnyServerEvent",
    "ClientEvent",
    "ContentEvent",
    "ContentPartAdded",
    "ContentPartDone",
    "ConversationCreated",
    "DtmfReceived",
    "ErrorDetail",
    "ErrorEvent",
    "FunctionArgumentsDelta",
    "FunctionArgumentsDone",
    "InputAppend",
    "InputClear",
    "InputCleared",
    "InputCommit",
    "InputCommitted",
    "InputTimeout",
    "InputTranscriptionCompleted",
    "InputTranscriptionDelta",
    "InputTranscriptionFailed",
    "InputTranscriptionSegment",
    "ItemAdded",
    "ItemCreate",
    "ItemCreated",
    "ItemDelete",
    "ItemDeleted",
    "ItemDone",
    "ItemRetrieve",
    "ItemRetrieved",
    "ItemTruncate",
    "ItemTruncated",
    "JsonObject",
    "KnownServerEvent",
    "McpArgumentsDelta",
    "McpArgumentsDone",
    "McpCallCompleted",
    "McpCallFailed",
    "McpCallInProgress",
    "McpListToolsCompleted",
    "McpListToolsFailed",
    "McpListToolsInProgress",
    "OtherEvent",
    "OutputAudioDelta",
    "OutputAudioDone",
    "OutputClear",
    "OutputCleared",
    "OutputItemAdded",
    "OutputItemDone",
    "OutputStarted",
    "OutputStopped",
    "OutputTextDelta",
    "OutputTextDone",
    "OutputTranscriptDelta",
    "OutputTranscriptDone",
    "RateLimitsUpdated",
    "ResponseCancel",
    "ResponseCreate",
    "ResponseCreated",
    "ResponseDone",
    "ServerEvent",
    "SessionCreated",
    "SessionUpdate",
    "SessionUpdated",
    "SpeechStarted",
    "SpeechStopped",
    "decode",
    "decode_object",
    "encode",
    "read_event",
]


class OtherEvent:
    """An event of a type this package does not know, kept whole in `data`."""

    __slots__ = ("data",)

    def __init__(self, data: JsonObject) -> None:
        self.data = data

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.data.get("type", ""))

    @property
    def event_id(self) -> str:
        """The server's id of the event."""
        return str(self.data.get("event_id", ""))

    @property
    def extra(self) -> JsonObject:
        """All its fields but the name and the id."""
        return {name: value for name, value in self.data.items() if name not in ("type", "event_id")}

    def __repr__(self) -> str:
        return f"OtherEvent({self.type!r})"


KnownServerEvent = (
    ErrorEvent
    | SessionCreated
    | SessionUpdated
    | ConversationCreated
    | ItemAdded
    | ItemDone
    | ItemCreated
    | ItemRetrieved
    | ItemDeleted
    | ItemTruncated
    | InputTranscriptionDelta
    | InputTranscriptionCompleted
    | InputTranscriptionSegment
    | InputTranscriptionFailed
    | SpeechStarted
    | SpeechStopped
    | InputCommitted
    | InputCleared
    | InputTimeout
    | DtmfReceived
    | OutputStarted
    | OutputStopped
    | OutputCleared
    | ResponseCreated
    | ResponseDone
    | OutputItemAdded
    | OutputItemDone
    | ContentPartAdded
    | ContentPartDone
    | OutputTextDelta
    | OutputTextDone
    | OutputAudioDelta
    | OutputAudioDone
    | OutputTranscriptDelta
    | OutputTranscriptDone
    | FunctionArgumentsDelta
    | FunctionArgumentsDone
    | McpArgumentsDelta
    | McpArgumentsDone
    | McpCallInProgress
    | McpCallCompleted
    | McpCallFailed
    | McpListToolsInProgress
    | McpListToolsCompleted
    | McpListToolsFailed
    | RateLimitsUpdated
)
AnyServerEvent = KnownServerEvent | OtherEvent

_decoder: msgspec.json.Decoder[KnownServerEvent] = msgspec.json.Decoder(KnownServerEvent)
_TYPES: dict[str, type[KnownServerEvent]] = {
    str(cls.__struct_config__.tag): cls for cls in KnownServerEvent.__args__
}


def decode(frame: str | bytes) -> AnyServerEvent:
    """Decode one frame from the server.

    Raises
    ------
    ValueError
        Where the frame is no JSON object, or an event of a known type lacks what its type requires.
    """
    try:
        event = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return read_event(decode_object(frame))
    # The frame is kept, not what it holds: unknown fields are rarely asked for and costly to collect.
    event.__dict__[SOURCE] = frame
    return event


def decode_object(frame: str | bytes) -> JsonObject:
    """Decode one frame from the server as it is.

    Raises
    ------
    ValueError
        Where the frame is no JSON object.
    """
    try:
        data = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"a frame from the server is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ValueError(f"a frame from the server is a JSON {type(data).__name__}, not an event")
    return data


def read_event(data: JsonObject) -> AnyServerEvent:
    """Make the typed event of an object that a frame held.

    Raises
    ------
    ValueError
        Where an event of a known type lacks what its type requires.
    """
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        return OtherEvent(data)
    # Servers differ in what they leave out and what they send as null, and in the shape of errors.
    given = {name: value for name, value in data.items() if value is not None}
    if "error" in given:
        given["error"] = _error_detail(given["error"])
    try:
        event = msgspec.convert(given, type=_TYPES[kind])
    except msgspec.ValidationError as error:
        raise ValueError(f"the server's event {kind} is malformed: {error}") from None
    event.__dict__[SOURCE] = data
    return event


def _error_detail(error: Any) -> JsonObject:
    if not isinstance(error, dict):
        return {"message": str(error)}
    return {name: str(value) for name, value in error.items() if value is not None}
