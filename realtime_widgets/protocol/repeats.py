"""Events that a server or a proxy sends twice. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from realtime_widgets.protocol.response_events import ResponseCreated, ResponseDone

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import AnyServerEvent

#: Events that are remembered: a repeat follows soon.
REMEMBERED = 64


class Repeats:
    """Tells an event of one connection that came before, by its ``event_id``.

    The beginning and the end of a response come once each, under whatever id. Where two different events bear the
    same id, the server does not number its events, and none is taken for a repeat by its id from then on.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, AnyServerEvent] = OrderedDict()
        self._numbered = True
        self._begun: set[str] = set()
        self._ended: set[str] = set()

    def is_repeat(self, event: AnyServerEvent) -> bool:
        """Take an event; whether it is one that was taken already."""
        by_id = self._is_known(event)
        if not isinstance(event, ResponseCreated | ResponseDone):
            return by_id
        told = self._begun if isinstance(event, ResponseCreated) else self._ended
        response_id = str(event.response.get("id") or "")
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
