"""The steps of a script: client events that are expected, server events that are sent, delays and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime_widgets.testing.scripted_server.matching import Event, difference, shown


@dataclass(frozen=True)
class Expect:
    """One client event, by its type and some of its fields, and the replies that are sent as soon as it comes."""

    type: str
    fields: dict[str, Any] = field(default_factory=dict)
    replies: tuple[Emit, ...] = ()

    def then(self, *replies: Emit) -> Expect:
        """Add server events that answer it at once, even inside `expect_any_order`."""
        return Expect(self.type, self.fields, self.replies + replies)

    def difference(self, event: Event) -> str | None:
        """Return how `event` differs from the expected one; None if it matches."""
        if event.get("type") != self.type:
            return f"type: expected {self.type}, came {event.get('type')}"
        return difference(self.fields, event)

    def __str__(self) -> str:
        return f"{self.type} {shown(self.fields)}" if self.fields else self.type


@dataclass(frozen=True)
class ExpectAnyOrder:
    """Several client events in any order."""

    events: tuple[Expect, ...]

    def __str__(self) -> str:
        return "in any order: " + " | ".join(str(event) for event in self.events)


@dataclass(frozen=True)
class Emit:
    """One server event, in which functions may stand for values that are known only when it is sent.

    Attributes
    ----------
    event
        The event, without an ``event_id``. A function in it is called with the client events matched so far.
    copies
        How many times it is sent, under one ``event_id``.
    """

    event: Event
    copies: int = 1


@dataclass(frozen=True)
class Cut:
    """The server drops the connection without a closing handshake."""


@dataclass(frozen=True)
class Close:
    """The server closes the connection."""

    code: int = 1000
    reason: str = ""


@dataclass(frozen=True)
class Stall:
    """The server sends nothing until the test resumes it; events that arrive in between wait.

    At the end of a script it lasts forever, and the script counts as played.
    """

    def __str__(self) -> str:
        return "the test, to resume the stalled script"


@dataclass(frozen=True)
class Delay:
    """The server sends nothing for a time; events that arrive in between wait."""

    seconds: float

    def __str__(self) -> str:
        return f"the end of a delay of {self.seconds:g} s"


@dataclass(frozen=True)
class Garbage:
    """A frame that is not an event."""

    frame: str | bytes


@dataclass(frozen=True)
class Reconnect:
    """The client is expected to connect again."""

    def __str__(self) -> str:
        return "a new connection"


@dataclass(frozen=True)
class Send:
    """One finished event that the server has to send."""

    event: Event


Step = Expect | ExpectAnyOrder | Emit | Garbage | Delay | Cut | Close | Stall | Reconnect
Action = Send | Garbage | Delay | Cut | Close


def expect(type: str, /, **fields: Any) -> Expect:
    """Expect a client event; `matching.difference` says what a field's value may be."""
    return Expect(type, fields)


def expect_any_order(*events: Expect) -> ExpectAnyOrder:
    """Expect several client events in any order."""
    return ExpectAnyOrder(events)


def emit(type: str, /, **fields: Any) -> Emit:
    """Send a server event; the server adds an ``event_id``.

    A value may be a function of the client events matched so far (a sequence, oldest first), called when
    the event is sent.
    """
    return Emit({"type": type, **fields})


def cut() -> Cut:
    """Drop the connection without a closing handshake."""
    return Cut()


def close(code: int = 1000, reason: str = "") -> Close:
    """Close the connection."""
    return Close(code, reason)


def stall() -> Stall:
    """Send nothing until the test resumes the script."""
    return Stall()


def delay(seconds: float) -> Delay:
    """Send nothing for `seconds` of the server's clock.

    Raises
    ------
    ValueError
        When `seconds` is negative or not a number.
    """
    if not seconds >= 0:
        raise ValueError(f"a delay takes seconds from 0 on, not {seconds}")
    return Delay(seconds)


def garbage(frame: str | bytes = '{"type": "response.output_text.del') -> Garbage:
    """Send a frame as it is, text or bytes; by default JSON that is cut off."""
    return Garbage(frame)


def reconnect() -> Reconnect:
    """Expect the client to connect again."""
    return Reconnect()
