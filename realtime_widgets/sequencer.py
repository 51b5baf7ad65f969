"""Who may ask for a response, and when: the only place that makes `response.create`. Pure.

The service runs one response at a time on the conversation; turn detection starts some by itself. Requests
wait here for the running one and for a person who is speaking.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from realtime_widgets.protocol import events as ev

#: Key of the metadata that tells which request a response answers.
REQUEST_KEY = "request"


@dataclass(frozen=True)
class Request:
    """A wish for a response; `id` is also the event id of its `response.create`."""

    id: str
    turn_id: str
    settings: ev.JsonObject = field(default_factory=dict)
    #: Whether any response fulfils it that begins after it, also one that the service begins by itself.
    any_response: bool = False


class ResponseSequencer:
    """Lets one request at a time through.

    Attributes
    ----------
    active_id
        Id of the running response of the conversation, None where none runs.
    """

    def __init__(self) -> None:
        self.active_id: str | None = None
        self._in_flight: Request | None = None
        self._waiting: deque[Request] = deque()
        self._user_speaking = False
        self._blocked = False
        self._disconnected = False

    @property
    def busy(self) -> bool:
        """Whether a response runs, was asked for, or waits."""
        return bool(self.active_id or self._in_flight or self._waiting)

    def request(self, request: Request) -> list[ev.ClientEvent]:
        """Queue a request; it goes out as soon as nothing runs."""
        self._waiting.append(request)
        return self._next()

    @property
    def in_flight(self) -> Request | None:
        """The request that was sent and has neither begun nor been refused."""
        return self._in_flight

    def drop(self, turn_id: str) -> bool:
        """Forget what a turn still waits for; whether there was something."""
        before = len(self._waiting)
        self._waiting = deque(request for request in self._waiting if request.turn_id != turn_id)
        return len(self._waiting) < before

    def created(self, response_id: str, request_id: str | None) -> Request | None:
        """Note a response's start; gives the request it answers, None where the service began it."""
        self.active_id, self._blocked = response_id, False
        flying = self._in_flight
        if flying and request_id in (flying.id, None):
            self._in_flight = None
            return flying
        return self._fulfilled()

    def done(self, response_id: str) -> list[ev.ClientEvent]:
        """Note a response's end."""
        if self.active_id == response_id:
            self.active_id = None
        self._blocked = False
        return self._next()

    def refused_busy(self, event_id: str | None) -> list[ev.ClientEvent]:
        """Handle the service's word that another response runs: the request goes back and waits for its end."""
        flying = self._in_flight
        if flying and event_id in (flying.id, None):
            self._in_flight = None
            self._waiting.appendleft(flying)
            self._blocked = True
        return []

    def refused(self, event_id: str | None) -> Request | None:
        """Handle any other refusal of a `response.create`; gives the request that failed.

        `proceed` lets the next one through.
        """
        flying = self._in_flight
        if flying and event_id == flying.id:
            self._in_flight = None
            return flying
        return None

    def proceed(self) -> list[ev.ClientEvent]:
        """Let the next request through, where nothing holds it."""
        return self._next()

    def user_speaking(self, speaking: bool) -> list[ev.ClientEvent]:
        """Hold requests while a person speaks."""
        self._user_speaking = speaking
        return self._next()

    def disconnect(self) -> None:
        """Note that the connection is gone: what was asked for waits for the next one."""
        if self._in_flight:
            self._waiting.appendleft(self._in_flight)
        self.active_id = self._in_flight = None
        self._blocked, self._user_speaking, self._disconnected = False, False, True

    def reconnected(self) -> list[ev.ClientEvent]:
        """Go on over a new connection."""
        self._disconnected = False
        return self._next()

    def _fulfilled(self) -> Request | None:
        """Give the wish that a response fulfils which was begun by somebody else; it is not asked for again."""
        flying = self._in_flight
        if flying and flying.any_response:
            self._in_flight = None
            return flying
        met = next((request for request in self._waiting if request.any_response), None)
        if met:
            self._waiting.remove(met)
        return met

    def _next(self) -> list[ev.ClientEvent]:
        held = self._blocked or self._user_speaking or self._disconnected
        if self.active_id or self._in_flight or held or not self._waiting:
            return []
        request = self._waiting.popleft()
        self._in_flight = request
        settings = {**request.settings, "metadata": {REQUEST_KEY: request.id}}
        return [ev.ResponseCreate(event_id=request.id, response=settings)]
