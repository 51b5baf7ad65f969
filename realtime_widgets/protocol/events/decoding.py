"""Decodes what a server sends; the events of both sides by their names on the wire."""

from __future__ import annotations

import functools
import operator
from typing import Any, TypeVar

import msgspec

from realtime_widgets.protocol.events.client import ClientEvent, JsonObject
from realtime_widgets.protocol.events.frames import SHALLOW, check_depth, decode_json
from realtime_widgets.protocol.events.response import OutputAudioDelta
from realtime_widgets.protocol.events.server import SOURCE, ServerEvent

_Event = TypeVar("_Event", ClientEvent, ServerEvent)


class OtherEvent:
    """An event whose type this package does not know, with all its fields in `data`."""

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
        """All fields except the name and the id."""
        return {name: value for name, value in self.data.items() if name not in ("type", "event_id")}

    def __repr__(self) -> str:
        return f"OtherEvent({self.type!r})"


AnyServerEvent = ServerEvent | OtherEvent


def _by_name(base: type[_Event]) -> dict[str, type[_Event]]:
    """Return the event classes below `base` by their names on the wire; a class with subclasses has none."""
    found: dict[str, type[_Event]] = {}
    for cls in base.__subclasses__():
        found |= _by_name(cls) or {str(cls.__struct_config__.tag): cls}
    return found


#: Every event of a client, by its name on the wire.
CLIENT_EVENTS = _by_name(ClientEvent)
#: Every event of a server, by its name on the wire.
SERVER_EVENTS = _by_name(ServerEvent)

_decoder: msgspec.json.Decoder[ServerEvent] = msgspec.json.Decoder(
    functools.reduce(operator.or_, SERVER_EVENTS.values())
)


def decode(frame: str | bytes) -> AnyServerEvent:
    """Return the typed event in one frame from the server.

    Raises
    ------
    ValueError
        If the frame is not a JSON object or nested too deep, or an event of a known type lacks a required field.
    """
    try:
        event = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return read_event(decode_object(frame))
    # A block of sound is long and flat: looking through it costs more than decoding it.
    if len(frame) - (len(event.delta) if isinstance(event, OutputAudioDelta) else 0) > SHALLOW:
        check_depth(frame)
    # Keep the frame, not its content: unknown fields are rarely read and costly to collect.
    event.__dict__[SOURCE] = frame
    return event


def decode_object(frame: str | bytes) -> JsonObject:
    """Return the JSON object in one frame from the server, unchanged.

    Raises
    ------
    ValueError
        If the frame is not a JSON object, or nested too deep.
    """
    data = decode_json(frame)
    if not isinstance(data, dict):
        raise ValueError(f"a frame from the server is a JSON {type(data).__name__}, not an event")
    return data


def read_event(data: JsonObject) -> AnyServerEvent:
    """Return the typed event for the JSON object of a frame.

    Raises
    ------
    ValueError
        If an event of a known type lacks a required field.
    """
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in SERVER_EVENTS:
        return OtherEvent(data)
    # Servers differ in what they leave out and what they send as null, and in the shape of errors.
    given = {name: value for name, value in data.items() if value is not None}
    if "error" in given:
        given["error"] = _error_detail(given["error"])
    try:
        event = msgspec.convert(given, type=SERVER_EVENTS[kind])
    except msgspec.ValidationError as error:
        raise ValueError(f"the server's event {kind} is malformed: {error}") from None
    event.__dict__[SOURCE] = data
    return event


def _error_detail(error: Any) -> JsonObject:
    if not isinstance(error, dict):
        return {"message": str(error)}
    return {name: str(value) for name, value in error.items() if value is not None}
