"""Who may ask for a response, and when: the only place that makes `response.create`. Pure.

The service runs one response at a time on the conversation; turn detection starts some by itself. Requests
wait here for the running one and for a user who is speaking.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from realtime_widgets.protocol import events as ev

#: Metadata key of a response for the id of the request that it answers.
REQUEST_KEY = "request"
#: Times a request is put back because the service says that another response runs.
MAX_REFUSALS = 8


@dataclass
class Request:
    """A request for a response; `id` is also the event id of its `response.create`.

    Attributes
    ----------
    any_response
        Whether any later response fulfils it, also one that the service begins by itself.
    abandoned
        Whether its response is no longer wanted, because it was interrupted or its question refused meanwhile.
    refusals
        Times it was refused because another response ran.
    """

    id: str
    turn_id: str
    settings: ev.JsonObject = field(default_factory=dict)
    any_response: bool = False
    abandoned: bool = field(default=False, compare=False)
    refusals: int = field(default=0, compare=False)


class ResponseQueue:
    """Lets one request at a time through.

    Attributes
    ----------
    active_id
        Id of the running response of the conversation, None if none runs.
    in_flight
        The request that was sent and has neither begun nor been refused.
    """

    def __init__(self) -> None:
        self.active_id: str | None = None
        self.in_flight: Request | None = None
        self._waiting: deque[Request] = deque()
        self._user_speaking = False
        self._blocked = False
        self._disconnected = False
        #: Requests that nobody waits for any more, should their responses begin after all.
        self._given_up: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether a response runs, was asked for, or waits."""
        return bool(self.active_id or self.in_flight or self._waiting)

    @property
    def blocked(self) -> Request | None:
        """The request that waits for the end of a response which only the service knows of."""
        known = self.active_id or self.in_flight or self._user_speaking or self._disconnected
        return self._waiting[0] if self._blocked and self._waiting and not known else None

    def request(self, request: Request) -> list[ev.ClientEvent]:
        """Queue a request; it goes out as soon as nothing runs."""
        self._waiting.append(request)
        return self.proceed()

    def abandon(self, turn_id: str) -> None:
        """Note that a turn does not want the response that it may have asked for just now."""
        if self.in_flight and self.in_flight.turn_id == turn_id:
            self.in_flight.abandoned = True

    def drop(self, turn_id: str) -> bool:
        """Forget what a turn still waits for; returns whether there was something."""
        before = len(self._waiting)
        self._waiting = deque(request for request in self._waiting if request.turn_id != turn_id)
        return len(self._waiting) < before

    def drop_waiting(self) -> list[str]:
        """Forget all requests that were not sent yet; returns their turns."""
        turn_ids = list(dict.fromkeys(request.turn_id for request in self._waiting))
        self._waiting.clear()
        return turn_ids

    def give_up(self, request_id: str) -> Request | None:
        """Forget a request that was sent or refused, and gets no response; `proceed` lets the next one through."""
        flying = self.in_flight
        if flying and flying.id == request_id:
            self.in_flight = None
            self._given_up.add(request_id)
            return flying
        blocked = self.blocked
        if blocked and blocked.id == request_id:
            self._blocked = False
            return self._waiting.popleft()
        return None

    def unwanted(self, response_id: str, request_id: str) -> bool:
        """Note a response's start if it answers a request that was given up; returns whether it does."""
        if request_id not in self._given_up:
            return False
        self._given_up.discard(request_id)
        self.active_id, self._blocked = response_id, False
        return True

    def created(self, response_id: str, request_id: str | None) -> Request | None:
        """Note a response's start; returns the request it answers, None if the service began it."""
        self.active_id, self._blocked = response_id, False
        flying = self.in_flight
        if flying and request_id in (flying.id, None):
            self.in_flight = None
            return flying
        return self._fulfilled()

    def done(self, response_id: str) -> list[ev.ClientEvent]:
        """Note a response's end."""
        if self.active_id == response_id:
            self.active_id = None
        self._blocked = False
        return self.proceed()

    def requeue(self, event_id: str | None) -> Request | None:
        """The server already has an active response: put the request back until that ends.

        Returns
        -------
        Request or None
            The request, if it is forgotten: nobody wants its response any more, or it was put back too often.
        """
        flying = self.in_flight
        if flying is None or event_id not in (flying.id, None):
            return None
        self.in_flight, self._blocked = None, True
        flying.refusals += 1
        if flying.abandoned or flying.refusals > MAX_REFUSALS:
            self.drop(flying.turn_id)
            return flying
        self._waiting.appendleft(flying)
        return None

    def refused(self, event_id: str | None) -> Request | None:
        """Note any other refusal of a `response.create`; returns the request that failed.

        `proceed` lets the next one through.
        """
        flying = self.in_flight
        if flying and event_id == flying.id:
            self.in_flight = None
            return flying
        return None

    def user_speaking(self, speaking: bool) -> list[ev.ClientEvent]:
        """Hold requests while the user speaks."""
        self._user_speaking = speaking
        return self.proceed()

    def disconnect(self) -> Request | None:
        """Note that the connection is gone: what was asked for waits for the next one.

        Returns
        -------
        Request or None
            The request on its way, if nobody wants its response any more: it is forgotten.
        """
        flying = self.in_flight
        self.active_id = self.in_flight = None
        self._blocked, self._user_speaking, self._disconnected = False, False, True
        self._given_up.clear()
        if flying and flying.abandoned:
            self.drop(flying.turn_id)
            return flying
        if flying:
            self._waiting.appendleft(flying)
        return None

    def reconnected(self) -> list[ev.ClientEvent]:
        """Go on over a new connection."""
        self._disconnected = False
        return self.proceed()

    def proceed(self) -> list[ev.ClientEvent]:
        """Let the next request through, unless something holds it."""
        held = self._blocked or self._user_speaking or self._disconnected
        if self.active_id or self.in_flight or held or not self._waiting:
            return []
        request = self.in_flight = self._waiting.popleft()
        settings = {**request.settings, "metadata": {REQUEST_KEY: request.id}}
        return [ev.ResponseCreate(event_id=request.id, response=settings)]

    def _fulfilled(self) -> Request | None:
        """Return the request that is fulfilled by a response which it did not start; it is not sent again."""
        flying = self.in_flight
        if flying and flying.any_response:
            self.in_flight = None
            return flying
        met = next((request for request in self._waiting if request.any_response), None)
        if met:
            self._waiting.remove(met)
        return met
