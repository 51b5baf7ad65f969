"""The steps of a script: client events that are expected, server events that are sent, delays and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime_widgets.testing.matching import Event, difference, shown


@dataclass(frozen=True)
class Expect:
    """One client event, by its type and some of its fields, and what is sent as soon as it has come."""

    type: str
    fields: dict[str, Any] = field(default_factory=dict)
    replies: tuple[Emit, ...] = ()

    def then(self, *replies: Emit) -> Expect:
        """Add server events that answer it at once, also in the midst of `expect_any_order`."""
        return Expect(self.type, self.fields, self.replies + replies)

    def difference(self, event: Event) -> str | None:
        """Say where `event` is not the expected one."""
        if event.get("type") != self.type:
            return f"type: expected {self.type}, came {event.get('type')}"
        return difference(self.fields, event)

    def __str__(self) -> str:
        return f"{self.type} {shown(self.fields)}" if self.fields else self.type


@dataclass(frozen=True)
class ExpectAnyOrder:
    """Several client events, in whatever order they come."""

    events: tuple[Expect, ...]

    def __str__(self) -> str:
        return "in any order: " + " | ".join(str(event) for event in self.events)


@dataclass(frozen=True)
class Emit:
    """One server event; functions in it are replaced by what they make of the client events matched so far.

    `copies` is how many times it is sent, under one ``event_id``.
    """

    event: Event
    copies: int = 1


@dataclass(frozen=True)
class Cut:
    """The connection is lost: no closing handshake."""


@dataclass(frozen=True)
class Close:
    """The server closes the connection."""

    code: int = 1000
    reason: str = ""


@dataclass(frozen=True)
class Stall:
    """The server says nothing more until it is told to resume; what comes meanwhile waits.

    At the end of a script it lasts for ever, and the script counts as played.
    """

    def __str__(self) -> str:
        return "the test, to resume the stalled script"


@dataclass(frozen=True)
class Delay:
    """The server says nothing for a while; what comes meanwhile waits."""

    seconds: float

    def __str__(self) -> str:
        return f"the end of a delay of {self.seconds:g} s"


@dataclass(frozen=True)
class Garbage:
    """A frame that is no event."""

    frame: str | bytes


@dataclass(frozen=True)
class Reconnect:
    """The client is expected to connect again."""

    def __str__(self) -> str:
        return "a new connection"


@dataclass(frozen=True)
class Send:
    """What the shell has to send: one finished event."""

    event: Event


Step = Expect | ExpectAnyOrder | Emit | Garbage | Delay | Cut | Close | Stall | Reconnect
Action = Send | Garbage | Delay | Cut | Close


def expect(type: str, /, **fields: Any) -> Expect:
    """Expect a client event; see `matching.difference` for what a field's value may be."""
    return Expect(type, fields)


def expect_any_order(*events: Expect) -> ExpectAnyOrder:
    """Expect several client events in whatever order."""
    return ExpectAnyOrder(events)


def emit(type: str, /, **fields: Any) -> Emit:
    """Send a server event; an ``event_id`` is added.

    A value may be a function of the client events matched so far (a sequence, oldest first), called when
    the event is sent.
    """
    return Emit({"type": type, **fields})


def cut() -> Cut:
    """Lose the connection without a closing handshake."""
    return Cut()


def close(code: int = 1000, reason: str = "") -> Close:
    """Close the connection."""
    return Close(code, reason)


def stall() -> Stall:
    """Say nothing more until the test resumes the script."""
    return Stall()


def delay(seconds: float) -> Delay:
    """Say nothing for `seconds` of the server's clock.

    Raises
    ------
    ValueError
        Where they are negative or no number.
    """
    if not seconds >= 0:
        raise ValueError(f"a delay takes seconds from 0 on, not {seconds}")
    return Delay(seconds)


def garbage(frame: str | bytes = '{"type": "response.output_text.del') -> Garbage:
    """Send a frame as it is: a text (cut JSON unless given) or bytes."""
    return Garbage(frame)


def reconnect() -> Reconnect:
    """Expect the client to connect again."""
    return Reconnect()
