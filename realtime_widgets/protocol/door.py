"""The door of a connection: events of GA inside, whatever frames the server understands outside. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.dialects import detect, translator_of
from realtime_widgets.protocol.dialects.shapes_2024 import EVENTS_2024, Shapes2024
from realtime_widgets.protocol.repeats import Repeats
from realtime_widgets.protocol.unanswered import Unanswered

if TYPE_CHECKING:
    from realtime_widgets.protocol.capabilities import Capabilities
    from realtime_widgets.protocol.dialects import Dialect


class Door:
    """Reads and writes the frames of one connection.

    Parameters
    ----------
    dialect
        What the server speaks; ``"auto"`` is found out by what it sends.
    capabilities
        What it can do.

    Attributes
    ----------
    dialect
        What it speaks, as far as that is known.
    """

    def __init__(self, dialect: Dialect, capabilities: Capabilities) -> None:
        self.dialect: Dialect = dialect
        self._capabilities = capabilities
        self._translator = translator_of(dialect)
        self._unanswered = Unanswered()
        self._repeats = Repeats()
        self._turn_detection: Any = ...
        self._asked_out_of_band = False

    def write(self, event: ev.ClientEvent) -> str:
        """Make the frame of a client event."""
        if not self._capabilities.event_id_echo:
            self._unanswered.sent(event)
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
        data: ev.JsonObject = msgspec.to_builtins(event)
        return ev.encode(self._translator.outgoing(data))

    def read(self, frame: str | bytes) -> list[ev.AnyServerEvent]:
        """Give the events of GA that a frame stands for; none where it only repeats one.

        Raises
        ------
        ValueError
            Where the frame is no event, or an event of a known type lacks what its type requires.
        """
        try:
            return [self._mended(event) for event in self._understood(frame) if not self._repeats.is_repeat(event)]
        except (AttributeError, LookupError, TypeError) as error:
            # A field of another kind than any server is known to send, deep in the event.
            raise ValueError(f"an event from the server cannot be understood: {error}") from error

    def _understood(self, frame: str | bytes) -> list[ev.AnyServerEvent]:
        if self._translator is None:
            event = ev.decode(frame)
            if self.dialect == "auto" and (found := detect(event)):
                self.dialect, self._translator = found, translator_of(found)
        if self._translator is None:
            return _usual(event)
        return [ev.read_event(data) for data in self._translator.incoming(ev.decode_object(frame))]

    def _mended(self, event: ev.AnyServerEvent) -> ev.AnyServerEvent:
        """Put in what a server leaves out and the session goes by."""
        if not self._capabilities.event_id_echo:
            self._unanswered.received(event)
        match event:
            case ev.SessionUpdated():
                self._complete(event.session)
            case ev.ResponseCreated() | ev.ResponseDone() if not self._asked_out_of_band:
                # Null means beside the conversation, which nobody has asked for.
                if self._translator and event.response.get("conversation_id", ...) is None:
                    del event.response["conversation_id"]
            case ev.ErrorEvent(error=error) if not error.event_id and not self._capabilities.event_id_echo:
                event.error = msgspec.structs.replace(error, event_id=self._unanswered.cause(error))
        return event

    def _complete(self, session: ev.JsonObject) -> None:
        """Some servers do not repeat the turn detection that was asked of them."""
        audio = session.get("audio") or {}
        sound = (audio.get("input") or {}) if isinstance(audio, dict) else None
        if self._turn_detection is not ... and isinstance(sound, dict):
            session["audio"] = {**audio, "input": {"turn_detection": self._turn_detection, **sound}}


def _usual(event: ev.AnyServerEvent) -> list[ev.AnyServerEvent]:
    """Read names of 2024 from a server that else speaks GA."""
    if isinstance(event, ev.OtherEvent) and event.type in EVENTS_2024:
        return [ev.read_event(data) for data in Shapes2024().incoming(event.data)]
    if not isinstance(event, ev.ItemCreated):
        return [event]
    events = [ev.read_event({**event.data, "type": "conversation.item.added"})]
    if event.item.get("status") == "completed":
        events.append(ev.read_event({**event.data, "type": "conversation.item.done"}))
    return events
