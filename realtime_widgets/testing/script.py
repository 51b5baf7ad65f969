"""A script of a Realtime server: what it expects and what it says, played without any I/O.

Make steps with the functions below, and turns of a conversation with `realtime_widgets.testing.Talk`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.testing.matching import Event, difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Events that a client may send at any time; recorded, but matched only where the script waits for one.
IGNORED = frozenset({"input_audio_buffer.append"})


class ScriptNotFollowedError(RealtimeWidgetsError, AssertionError):
    """The client did something else than the script expects; the text says what."""


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
    """One server event; functions in it are replaced by what they make of the client events matched so far."""

    event: Event


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
class Reconnect:
    """The client is expected to connect again."""

    def __str__(self) -> str:
        return "a new connection"


@dataclass(frozen=True)
class Send:
    """What the shell has to send: one finished event."""

    event: Event


Step = Expect | ExpectAnyOrder | Emit | Cut | Close | Stall | Reconnect
Action = Send | Cut | Close


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


def reconnect() -> Reconnect:
    """Expect the client to connect again."""
    return Reconnect()


class Script:
    """Plays steps: things that happen in, what the server has to do out.

    Parameters
    ----------
    steps
        What is expected and sent, in order. The first connection needs no step.
    ignored
        Types of client events that are matched only where the script waits for one of them.

    Raises
    ------
    ValueError
        Where a step follows the end of a connection that is no reconnect.
    """

    def __init__(self, steps: Iterable[Step], ignored: Iterable[str] = IGNORED) -> None:
        self.received: list[Event] = []
        #: What went wrong, once something has.
        self.problem: str | None = None
        self._steps = tuple(steps)
        for step, following in pairwise(self._steps):
            if isinstance(step, Cut | Close) and not isinstance(following, Reconnect):
                raise ValueError(f"after {step} only reconnect() can follow, not {following}")
        self._ignored = frozenset(ignored)
        self._position = 0
        self._matched: list[Event] = []
        self._waiting: deque[Event] = deque()
        self._remaining: list[Expect] | None = None
        self._resumed = False
        self._connected = False
        self._connections = 0
        self._ids = count(1)

    @property
    def finished(self) -> bool:
        """Whether every step was played."""
        steps_left = len(self._steps) - self._position
        return self.problem is None and (steps_left == 0 or (steps_left == 1 and self.stalled))

    @property
    def stalled(self) -> bool:
        """Whether the script stands at a stall."""
        return self.problem is None and isinstance(self._step, Stall)

    @property
    def _step(self) -> Step | None:
        return self._steps[self._position] if self._position < len(self._steps) else None

    def connect(self) -> list[Action]:
        """Take a connection; the first, or the one that a reconnect step waits for."""
        self._connections += 1
        if isinstance(self._step, Reconnect):
            self._position += 1
        elif self._connections > 1:
            return self._fail("a new connection")
        self._connected = True
        self._waiting.clear()
        return self._play()

    def receive(self, event: Event) -> list[Action]:
        """Take a client event."""
        self.received.append(event)
        if self.problem is not None or not self._connected:
            return []
        if event.get("type") in self._ignored and not self._wants(event):
            return []
        self._waiting.append(event)
        return self._play()

    def receive_unreadable(self, frame: str) -> list[Action]:
        """Take a frame that is no event."""
        return self._fail(f"a frame that is no JSON object with a type: {shown(frame)}")

    def disconnect(self) -> list[Action]:
        """Take note that the client is gone."""
        connected, self._connected = self._connected, False
        if connected and not self.finished and not isinstance(self._step, Reconnect):
            return self._fail("the end of the connection")
        return []

    def resume(self) -> list[Action]:
        """Go on after a stall.

        Raises
        ------
        RuntimeError
            Where the script does not stand at one.
        """
        if not self.stalled:
            raise RuntimeError(f"the script is not stalled; {self.report()}")
        self._resumed = True
        return self._play()

    def report(self) -> str:
        """Say where the script stands, what it waits for and what came."""
        total = len(self._steps)
        if self.finished:
            return f"all {total} steps of the script were played"
        lines = [f"step {self._position + 1} of {total} of the script was not followed"]
        expected = "nothing more" if self._step is None else self._expected()
        lines += [f"  expected: {expected}", f"  came:     {self.problem or 'nothing yet'}"]
        types = [str(event.get("type")) for event in self.received if event.get("type") not in self._ignored]
        lines.append(f"  received in all: {', '.join(types) or 'nothing'}")
        return "\n".join(lines)

    def _expected(self) -> str:
        if self._remaining is not None:
            return str(ExpectAnyOrder(tuple(self._remaining)))
        return str(self._step)

    def _wants(self, event: Event) -> bool:
        step = self._step
        wanted = step.events if isinstance(step, ExpectAnyOrder) else (step,)
        return any(isinstance(one, Expect) and one.type == event.get("type") for one in wanted)

    def _fail(self, came: str) -> list[Action]:
        if self.problem is None:
            self.problem = came
        return [Close(1008, "the script was not followed")]

    def _play(self) -> list[Action]:
        """Play as many steps as what has come allows."""
        actions: list[Action] = []
        while self.problem is None and (step := self._step) is not None:
            match step:
                case Emit():
                    actions.append(Send(self._finished(step)))
                case Cut() | Close():
                    actions.append(step)
                    self._connected = False
                    self._waiting.clear()
                case Stall() if self._resumed:
                    self._resumed = False
                case Expect() if self._waiting:
                    if not self._take(self._waiting.popleft(), [step], actions):
                        break
                case ExpectAnyOrder() if self._waiting:
                    self._remaining = list(step.events) if self._remaining is None else self._remaining
                    if not self._take(self._waiting.popleft(), self._remaining, actions) or self._remaining:
                        continue
                    self._remaining = None
                case _:
                    return actions
            self._position += 1
        if self.problem is None and self._waiting:
            actions += self._fail(_described(self._waiting[0]))
        return actions

    def _take(self, event: Event, wanted: list[Expect], actions: list[Action]) -> bool:
        """Match one event with one of `wanted`, which it leaves; else that is the problem."""
        differences = []
        for one in wanted:
            text = one.difference(event)
            if text is None:
                self._matched.append(event)
                wanted.remove(one)
                actions += [Send(self._finished(reply)) for reply in one.replies]
                return True
            differences.append(text)
        same_type = [text for text in differences if not text.startswith("type:")]
        differs = f"\n  differs:  {same_type[0]}" if same_type else ""
        actions += self._fail(_described(event) + differs)
        return False

    def _finished(self, step: Emit) -> Event:
        return {"event_id": f"event_{next(self._ids)}", **_filled(step.event, self._matched)}


def _filled(value: Any, matched: Sequence[Event]) -> Any:
    if callable(value):
        return _filled(value(matched), matched)
    if isinstance(value, dict):
        return {key: _filled(entry, matched) for key, entry in value.items()}
    return [_filled(entry, matched) for entry in value] if isinstance(value, list) else value


def _described(event: Event) -> str:
    fields = {key: value for key, value in event.items() if key != "type"}
    return f"{event.get('type')} {shown(fields)}" if fields else str(event.get("type"))
