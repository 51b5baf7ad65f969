"""Recognizes events that a server or a proxy sends twice. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from realtime_widgets.protocol.events.response import ResponseCreated, ResponseDone

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import AnyServerEvent

#: How many events are remembered: a repeat follows soon.
REMEMBERED = 64


class Deduplicator:
    """Recognizes repeated events of one connection by their ``event_id``.

    The beginning and the end of a response count once each, whatever their ids. After two different events with
    the same id, ids are ignored, because the server does not number its events.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, AnyServerEvent] = OrderedDict()
        self._numbered = True
        self._begun: set[str] = set()
        self._ended: set[str] = set()

    def is_repeat(self, event: AnyServerEvent) -> bool:
        """Return whether an event was seen before, and remember it."""
        by_id = self._is_known(event)
        if not isinstance(event, ResponseCreated | ResponseDone):
            return by_id
        told = self._begun if isinstance(event, ResponseCreated) else self._ended
        response_id = str(event.response.get("id") or "")
        if not response_id:
            return by_id
        again = response_id in told
        told.add(response_id)
        return again

    def _is_known(self, event: AnyServerEvent) -> bool:
        if not self._numbered or not event.event_id:
            return False
        before = self._seen.get(event.event_id)
        if before is None:
            self._seen[event.event_id] = event
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return False
        if type(before) is type(event) and before.data == event.data:
            return True
        self._numbered = False
        self._seen.clear()
        return False
