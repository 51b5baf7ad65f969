"""Attributes an error without an ``event_id`` to the client event that caused it. Pure."""

from __future__ import annotations

from realtime_widgets.protocol import events as ev

_BY_PARAM: dict[str, type[ev.ClientEvent]] = {
    "session": ev.SessionUpdate,
    "item": ev.ItemCreate,
    "item_id": ev.ItemRetrieve,
    "response": ev.ResponseCreate,
}
_BY_CODE: dict[str, type[ev.ClientEvent]] = {
    "conversation_already_has_active_response": ev.ResponseCreate,
    "response_cancel_not_active": ev.ResponseCancel,
    "input_audio_buffer_commit_empty": ev.InputCommit,
    "item_retrieve_invalid_item_id": ev.ItemRetrieve,
    "item_truncate_invalid_item_id": ev.ItemTruncate,
}
_ANSWERED = (ev.SessionUpdate, ev.ItemCreate, ev.ItemRetrieve, ev.ResponseCreate)


class ErrorAttribution:
    """Keeps the client events that the server has not answered yet, and finds the one that an error is about."""

    def __init__(self) -> None:
        self._events: list[ev.ClientEvent] = []

    def sent(self, event: ev.ClientEvent) -> None:
        """Record an event that was sent, if the server answers such events."""
        if isinstance(event, _ANSWERED) and event.event_id:
            self._events.append(event)

    def is_about_settings(self, error: ev.ErrorDetail) -> bool:
        """Return whether an error says by its parameter that it refuses settings."""
        return _kind(error) is ev.SessionUpdate

    def received(self, event: ev.AnyServerEvent) -> None:
        """Remove the client event that an event of the server answers."""
        match event:
            case ev.SessionUpdated():
                self._pop(ev.SessionUpdate)
            case ev.ItemAdded(item=item) if _by_client(item):
                self._pop(ev.ItemCreate)
            case ev.ItemRetrieved():
                self._pop(ev.ItemRetrieve)
            case ev.ResponseCreated():
                self._pop(ev.ResponseCreate)
            case ev.ErrorEvent(error=error) if error.event_id:
                self._events = [each for each in self._events if each.event_id != error.event_id]

    def cause(self, error: ev.ErrorDetail) -> str | None:
        """Return the id of the client event that an error is about; None if there is no such event."""
        found = self._pop(_kind(error) or ev.ClientEvent)
        return found.event_id if found else None

    def _pop(self, kind: type[ev.ClientEvent]) -> ev.ClientEvent | None:
        for event in self._events:
            if isinstance(event, kind):
                self._events.remove(event)
                return event
        return None


def _kind(error: ev.ErrorDetail) -> type[ev.ClientEvent] | None:
    """Return the kind of event that an error is about, if it says so."""
    return _BY_CODE.get(error.code or "") or _BY_PARAM.get((error.param or "").partition(".")[0])


def _by_client(item: ev.JsonObject) -> bool:
    """Whether the client made an item, and not the model or the microphone."""
    if item.get("role") == "assistant" or item.get("type") == "function_call":
        return False
    content = item.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return not any(part.get("type") == "input_audio" for part in parts)
