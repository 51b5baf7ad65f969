"""Which client event an error is about, where the server does not say. Pure."""

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


class Unanswered:
    """Client events whose answer has not come yet, oldest first."""

    def __init__(self) -> None:
        self._events: list[ev.ClientEvent] = []

    def sent(self, event: ev.ClientEvent) -> None:
        """Note an event that the server answers."""
        if isinstance(event, _ANSWERED) and event.event_id:
            self._events.append(event)

    def received(self, event: ev.AnyServerEvent) -> None:
        """Note what may be an answer."""
        match event:
            case ev.SessionUpdated():
                self._take(ev.SessionUpdate)
            case ev.ItemAdded(item=item) if _by_client(item):
                self._take(ev.ItemCreate)
            case ev.ItemRetrieved():
                self._take(ev.ItemRetrieve)
            case ev.ResponseCreated():
                self._take(ev.ResponseCreate)

    def cause(self, error: ev.ErrorDetail) -> str | None:
        """Name the event that an error is about; None where it is about none of them."""
        kind = _BY_CODE.get(error.code or "") or _BY_PARAM.get((error.param or "").partition(".")[0])
        found = self._take(kind or ev.ClientEvent)
        return found.event_id if found else None

    def _take(self, kind: type[ev.ClientEvent]) -> ev.ClientEvent | None:
        for event in self._events:
            if isinstance(event, kind):
                self._events.remove(event)
                return event
        return None


def _by_client(item: ev.JsonObject) -> bool:
    """Whether an item is one that the client made, not the model or the microphone."""
    if item.get("role") == "assistant" or item.get("type") == "function_call":
        return False
    content = item.get("content")
    return not any(part.get("type") == "input_audio" for part in content) if isinstance(content, list) else True
