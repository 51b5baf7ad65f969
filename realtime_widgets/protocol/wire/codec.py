"""Wire codec: GA events in the program, the server's dialect on the socket. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.dialects import detect, translator_of
from realtime_widgets.protocol.dialects.shapes_2024 import EVENTS_2024, Shapes2024
from realtime_widgets.protocol.secrets import opened
from realtime_widgets.protocol.wire.deduplication import Deduplicator
from realtime_widgets.protocol.wire.error_cause import ErrorAttribution

if TYPE_CHECKING:
    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.protocol.endpoint.capabilities import Capabilities


class Codec:
    """Encodes and decodes the frames of one connection.

    Parameters
    ----------
    dialect
        Dialect of the server; ``"auto"`` until an event of the server shows it.
    capabilities
        What the server can do.

    Attributes
    ----------
    dialect : Dialect
        Dialect of the server; ``"auto"`` while it is unknown.
    """

    def __init__(self, dialect: Dialect, capabilities: Capabilities) -> None:
        self.dialect: Dialect = dialect
        self._capabilities = capabilities
        self._translator = translator_of(dialect)
        self._attribution = ErrorAttribution()
        self._deduplicator = Deduplicator()
        self._turn_detection: Any = ...
        self._asked_out_of_band = False

    def write(self, event: ev.ClientEvent) -> str:
        """Return the frame of a client event."""
        if not self._capabilities.event_id_echo or isinstance(event, ev.SessionUpdate):
            self._attribution.sent(event)
        if isinstance(event, ev.SessionUpdate):
            sound = (event.session.get("audio") or {}).get("input") or {}
            self._turn_detection = sound.get("turn_detection", self._turn_detection)
        if isinstance(event, ev.ResponseCreate):
            self._asked_out_of_band |= event.response.get("conversation") == "none"
            if not self._capabilities.metadata_echo:
                rest = {name: value for name, value in event.response.items() if name != "metadata"}
                event = ev.ResponseCreate(event_id=event.event_id, response=rest)
        if self._translator is None:
            return ev.encode(event)
        data: ev.JsonObject = msgspec.to_builtins(event, enc_hook=opened)
        return ev.encode(self._translator.outgoing(data))

    def read(self, frame: str | bytes) -> list[ev.AnyServerEvent]:
        """Return the GA events that a frame stands for; none if it repeats an earlier one.

        Raises
        ------
        ValueError
            If the frame is not an event, or an event of a known type lacks a required field.
        """
        try:
            return [
                self._completed(event)
                for event in self._translated(frame)
                if not self._deduplicator.is_repeat(event)
            ]
        except (AttributeError, LookupError, TypeError) as error:
            # A field deep in the event has a type that no known server sends.
            raise ValueError(f"an event from the server is malformed: {error}") from error

    def _translated(self, frame: str | bytes) -> list[ev.AnyServerEvent]:
        if self._translator is None:
            event = ev.decode(frame)
            if self.dialect == "auto" and (found := detect(event)):
                self.dialect, self._translator = found, translator_of(found)
        if self._translator is None:
            return _renamed(event)
        return [ev.read_event(data) for data in self._translator.incoming(ev.decode_object(frame))]

    def _completed(self, event: ev.AnyServerEvent) -> ev.AnyServerEvent:
        """Add what the server left out and the session needs."""
        self._attribution.received(event)
        match event:
            case ev.SessionUpdated():
                self._add_turn_detection(event.session)
            case ev.ResponseCreated() | ev.ResponseDone() if not self._asked_out_of_band:
                # Null would mean out of band, which was not requested.
                if self._translator and event.response.get("conversation_id", ...) is None:
                    del event.response["conversation_id"]
            case ev.ErrorEvent(error=error) if not error.event_id and self._finds_cause(error):
                event.error = msgspec.structs.replace(error, event_id=self._attribution.cause(error))
        return event

    def _finds_cause(self, error: ev.ErrorDetail) -> bool:
        """Whether to look for the cause of an error that names none; servers that name it may forget to."""
        return not self._capabilities.event_id_echo or self._attribution.is_about_settings(error)

    def _add_turn_detection(self, session: ev.JsonObject) -> None:
        """Add the turn detection that was requested: some servers do not repeat it."""
        audio = session.get("audio") or {}
        sound = (audio.get("input") or {}) if isinstance(audio, dict) else None
        if self._turn_detection is not ... and isinstance(sound, dict):
            session["audio"] = {**audio, "input": {"turn_detection": self._turn_detection, **sound}}


def _renamed(event: ev.AnyServerEvent) -> list[ev.AnyServerEvent]:
    """Return the events of a GA server, whose names may still be of 2024."""
    if isinstance(event, ev.OtherEvent) and event.type in EVENTS_2024:
        return [ev.read_event(data) for data in Shapes2024().incoming(event.data)]
    if not isinstance(event, ev.ItemCreated):
        return [event]
    events = [ev.read_event({**event.data, "type": "conversation.item.added"})]
    if event.item.get("status") == "completed":
        events.append(ev.read_event({**event.data, "type": "conversation.item.done"}))
    return events
