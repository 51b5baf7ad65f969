"""Events of the Realtime protocol (GA), typed, with their decoding and encoding.

Items, responses and session settings stay plain dictionaries in the service's own shape, so that fields
this package does not know are kept. An event of an unknown type becomes an `OtherEvent` with all its data.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pybase64

JsonObject = dict[str, Any]


class ServerEvent(msgspec.Struct, kw_only=True, tag_field="type"):
    """Base of what the server sends."""

    event_id: str = ""

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.__struct_config__.tag)


class ErrorDetail(msgspec.Struct, kw_only=True, frozen=True):
    """What went wrong; `event_id` names the client event that caused it."""

    type: str = ""
    code: str | None = None
    message: str = ""
    param: str | None = None
    event_id: str | None = None


class ErrorEvent(ServerEvent, tag="error"):
    """An error; the session mostly goes on."""

    error: ErrorDetail


class SessionCreated(ServerEvent, tag="session.created"):
    """First event of a session, with its whole configuration."""

    session: JsonObject


class SessionUpdated(ServerEvent, tag="session.updated"):
    """The configuration after an accepted update."""

    session: JsonObject


class ItemAdded(ServerEvent, tag="conversation.item.added"):
    """An item entered the conversation."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemDone(ServerEvent, tag="conversation.item.done"):
    """An item is final."""

    item: JsonObject
    previous_item_id: str | None = None


class ItemDeleted(ServerEvent, tag="conversation.item.deleted"):
    """An item is gone."""

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


class InputTranscriptionCompleted(ServerEvent, tag="conversation.item.input_audio_transcription.completed"):
    """All words of what the user said; may come after the answer."""

    item_id: str
    content_index: int = 0
    transcript: str = ""
    usage: JsonObject | None = None


class InputTranscriptionFailed(ServerEvent, tag="conversation.item.input_audio_transcription.failed"):
    """The user's words could not be recognised."""

    item_id: str
    content_index: int = 0
    error: ErrorDetail = ErrorDetail()


class SpeechStarted(ServerEvent, tag="input_audio_buffer.speech_started"):
    """Turn detection heard the user begin; `item_id` is the coming item's."""

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


class ResponseCreated(ServerEvent, tag="response.created"):
    """A response began."""

    response: JsonObject


class ResponseDone(ServerEvent, tag="response.done"):
    """A response ended, whatever the outcome."""

    response: JsonObject


class OutputItemAdded(ServerEvent, tag="response.output_item.added"):
    """A response began an item."""

    item: JsonObject
    response_id: str = ""
    output_index: int = 0


class OutputItemDone(ServerEvent, tag="response.output_item.done"):
    """A response finished an item."""

    item: JsonObject
    response_id: str = ""
    output_index: int = 0


class ContentEvent(ServerEvent):
    """Base of events about one content part of one item of a response."""

    item_id: str
    response_id: str = ""
    output_index: int = 0
    content_index: int = 0


class ContentPartAdded(ContentEvent, tag="response.content_part.added"):
    """A content part began."""

    part: JsonObject = {}


class ContentPartDone(ContentEvent, tag="response.content_part.done"):
    """A content part is final."""

    part: JsonObject = {}


class OutputTextDelta(ContentEvent, tag="response.output_text.delta", kw_only=True):
    """More written text."""

    delta: str


class OutputTextDone(ContentEvent, tag="response.output_text.done"):
    """All of a written part."""

    text: str = ""


class OutputAudioDelta(ContentEvent, tag="response.output_audio.delta", kw_only=True):
    """More speech, base64 on the wire."""

    delta: str

    def audio(self) -> bytes:
        """Decode the audio bytes, in the session's output format.

        Raises
        ------
        binascii.Error
            Where `delta` is no base64.
        """
        return pybase64.b64decode(self.delta, validate=True)


class OutputAudioDone(ContentEvent, tag="response.output_audio.done"):
    """A part's speech is complete."""


class OutputTranscriptDelta(ContentEvent, tag="response.output_audio_transcript.delta", kw_only=True):
    """More words of a spoken part."""

    delta: str


class OutputTranscriptDone(ContentEvent, tag="response.output_audio_transcript.done"):
    """All words of a spoken part."""

    transcript: str = ""


class FunctionArgumentsDelta(ServerEvent, tag="response.function_call_arguments.delta"):
    """More of a function call's arguments."""

    item_id: str
    delta: str
    response_id: str = ""
    output_index: int = 0
    call_id: str = ""


class FunctionArgumentsDone(ServerEvent, tag="response.function_call_arguments.done"):
    """A function call's arguments, complete as JSON text."""

    item_id: str
    response_id: str = ""
    output_index: int = 0
    call_id: str = ""
    name: str = ""
    arguments: str = ""


class RateLimitsUpdated(ServerEvent, tag="rate_limits.updated"):
    """What is left of the account's limits."""

    rate_limits: list[JsonObject] = []


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

    def __repr__(self) -> str:
        return f"OtherEvent({self.type!r})"


KnownServerEvent = (
    ErrorEvent
    | SessionCreated
    | SessionUpdated
    | ItemAdded
    | ItemDone
    | ItemDeleted
    | ItemTruncated
    | InputTranscriptionDelta
    | InputTranscriptionCompleted
    | InputTranscriptionFailed
    | SpeechStarted
    | SpeechStopped
    | InputCommitted
    | InputCleared
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
    | RateLimitsUpdated
)
AnyServerEvent = KnownServerEvent | OtherEvent

_decoder: msgspec.json.Decoder[KnownServerEvent] = msgspec.json.Decoder(KnownServerEvent)
_KNOWN_TYPES = frozenset(str(cls.__struct_config__.tag) for cls in KnownServerEvent.__args__)


def decode(text: str | bytes) -> AnyServerEvent:
    """Decode one frame from the server.

    Raises
    ------
    ValueError
        Where the frame is no JSON object, or an event of a known type lacks what its type requires.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _decode_unusual(text)


def _decode_unusual(text: str | bytes) -> AnyServerEvent:
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"a frame from the server is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ValueError(f"a frame from the server is a JSON {type(data).__name__}, not an event")
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _KNOWN_TYPES:
        return OtherEvent(data)
    # Servers differ in what they leave out and what they send as null, and in the shape of errors.
    given = {name: value for name, value in data.items() if value is not None}
    if "error" in given:
        given["error"] = _error_detail(given["error"])
    try:
        event: KnownServerEvent = msgspec.convert(given, type=KnownServerEvent)
    except msgspec.ValidationError as error:
        raise ValueError(f"the server's event {kind} is malformed: {error}") from None
    return event


def _error_detail(error: Any) -> JsonObject:
    if not isinstance(error, dict):
        return {"message": str(error)}
    return {name: str(value) for name, value in error.items() if value is not None}


class ClientEvent(msgspec.Struct, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of what the client sends; a server's error names it by `event_id`."""

    event_id: str = ""
    #: Whether the event is too frequent and bulky for logs.
    bulky: ClassVar[bool] = False

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.__struct_config__.tag)


class SessionUpdate(ClientEvent, tag="session.update"):
    """Change the named settings."""

    session: JsonObject


class InputAppend(ClientEvent, tag="input_audio_buffer.append"):
    """Append PCM16 bytes to the input buffer (base64 on the wire)."""

    audio: bytes
    bulky: ClassVar[bool] = True


class InputCommit(ClientEvent, tag="input_audio_buffer.commit"):
    """Make the input buffer a user item."""


class InputClear(ClientEvent, tag="input_audio_buffer.clear"):
    """Throw the input buffer away."""


class ItemCreate(ClientEvent, tag="conversation.item.create"):
    """Put an item into the conversation."""

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


AnyClientEvent = (
    SessionUpdate
    | InputAppend
    | InputCommit
    | InputClear
    | ItemCreate
    | ItemTruncate
    | ItemDelete
    | ItemRetrieve
    | ResponseCreate
    | ResponseCancel
)

_encoder = msgspec.json.Encoder()


def encode(event: ClientEvent) -> str:
    """Encode one event as a text frame."""
    return _encoder.encode(event).decode()
