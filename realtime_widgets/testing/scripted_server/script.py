"""A script of a Realtime server: what it expects and what it sends, played without any I/O.

The functions of `steps` make single steps, `realtime_widgets.testing.Talk` makes the turns of a conversation.
"""

from __future__ import annotations

from collections import deque
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.testing.scripted_server.matching import Event, shown
from realtime_widgets.testing.scripted_server.steps import (
    Action,
    Close,
    Cut,
    Delay,
    Emit,
    Expect,
    ExpectAnyOrder,
    Garbage,
    Reconnect,
    Send,
    Stall,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Events that a client may send at any time; they are recorded, but matched only if the script waits for one.
IGNORED = frozenset({"input_audio_buffer.append"})


class ScriptNotFollowedError(RealtimeWidgetsError, AssertionError):
    """The client did something that the script does not expect; the message says what."""


class Script:
    """Plays steps: each method handles an occurrence and returns what the server has to do.

    Parameters
    ----------
    steps
        Steps in the order in which they are played. The first connection needs no step.
    ignored
        Types of client events that are matched only if the script waits for one of them.
    whenever
        Client events that may come at any time and any number of times; each is answered with its replies.

    Raises
    ------
    ValueError
        When the step after the end of a connection is not a reconnect.
    """

    def __init__(
        self, steps: Iterable[Step], ignored: Iterable[str] = IGNORED, whenever: Iterable[Expect] = ()
    ) -> None:
        self.received: list[Event] = []
        #: What went wrong; None as long as nothing has.
        self.problem: str | None = None
        self._steps = _checked(tuple(steps))
        self._ignored = frozenset(ignored)
        self._whenever = tuple(whenever)
        self._position = 0
        self._matched: list[Event] = []
        self._waiting: deque[Event] = deque()
        self._remaining: list[Expect] | None = None
        self._resumed = False
        self._waited = False
        self._delaying = False
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
        """Whether the script is at a stall."""
        return self.problem is None and isinstance(self._step, Stall)

    @property
    def delayed(self) -> bool:
        """Whether the script is at a delay."""
        return self.problem is None and isinstance(self._step, Delay)

    @property
    def _step(self) -> Step | None:
        return self._steps[self._position] if self._position < len(self._steps) else None

    def connect(self) -> list[Action]:
        """Handle a connection: the first one, or the one that a reconnect step waits for."""
        self._connections += 1
        if isinstance(self._step, Reconnect):
            self._position += 1
        elif self._connections > 1:
            return self._fail("a new connection")
        self._connected = True
        self._waiting.clear()
        return self._play()

    def receive(self, event: Event) -> list[Action]:
        """Handle a client event."""
        self.received.append(event)
        if self.problem is not None or not self._connected:
            return []
        if not self._wants(event):
            if event.get("type") in self._ignored:
                return []
            if always := next((one for one in self._whenever if one.difference(event) is None), None):
                actions: list[Action] = []
                self._take(event, [always], actions)
                return actions
        self._waiting.append(event)
        return self._play()

    def receive_unreadable(self, frame: str) -> list[Action]:
        """Handle a frame that is not an event."""
        return self._fail(f"a frame that is not a JSON object with a type: {shown(frame)}")

    def disconnect(self) -> list[Action]:
        """Handle the end of the connection."""
        connected, self._connected = self._connected, False
        if connected and not self.finished and not isinstance(self._step, Reconnect):
            return self._fail("the end of the connection")
        return []

    def resume(self) -> list[Action]:
        """Go on after a stall.

        Raises
        ------
        RuntimeError
            When the script is not at a stall.
        """
        if not self.stalled:
            raise RuntimeError(f"the script is not stalled; {self.report()}")
        self._resumed = True
        return self._play()

    def elapsed(self) -> list[Action]:
        """Go on after a delay."""
        self._waited, self._delaying = self._delaying, False
        return self._play()

    def extend(self, steps: Iterable[Step]) -> list[Action]:
        """Add steps at the end.

        Raises
        ------
        ValueError
            When the step after the end of a connection is not a reconnect.
        """
        self._steps = _checked((*self._steps, *steps))
        return self._play() if self._connected else []

    def report(self) -> str:
        """Return where the script is, what it waits for and what came, in words."""
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
        """Whether the current step is to match this event, rather than one of the events that may always come."""
        step = self._step
        wanted = step.events if isinstance(step, ExpectAnyOrder) else (step,)
        awaited = [one for one in wanted if isinstance(one, Expect) and one.type == event.get("type")]
        if any(one.difference(event) is None for one in awaited):
            return True
        return bool(awaited) and not any(one.difference(event) is None for one in self._whenever)

    def _fail(self, came: str) -> list[Action]:
        if self.problem is None:
            self.problem = came
        return [Close(1008, "the script was not followed")]

    def _play(self) -> list[Action]:
        """Play as many steps as the events that have come allow."""
        actions: list[Action] = []
        while self.problem is None and (step := self._step) is not None:
            match step:
                case Emit():
                    actions += [Send(self._finished(step))] * step.copies
                case Garbage():
                    actions.append(step)
                case Delay() if self._waited:
                    self._waited = False
                case Delay():
                    if not self._delaying:
                        self._delaying = True
                        actions.append(step)
                    return actions
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
        """Match an event with one of `wanted` and remove that one; if none fits, the script fails."""
        differences = []
        for one in wanted:
            text = one.difference(event)
            if text is None:
                self._matched.append(event)
                wanted.remove(one)
                for reply in one.replies:
                    actions += [Send(self._finished(reply))] * reply.copies
                return True
            differences.append(text)
        same_type = [text for text in differences if not text.startswith("type:")]
        differs = f"\n  differs:  {same_type[0]}" if same_type else ""
        actions += self._fail(_described(event) + differs)
        return False

    def _finished(self, step: Emit) -> Event:
        return {"event_id": f"event_{next(self._ids)}", **_filled(step.event, self._matched)}


def _checked(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for step, following in pairwise(steps):
        if isinstance(step, Cut | Close) and not isinstance(following, Reconnect):
            raise ValueError(f"after {step} only reconnect() can follow, not {following}")
    return steps


def _filled(value: Any, matched: Sequence[Event]) -> Any:
    if callable(value):
        return _filled(value(matched), matched)
    if isinstance(value, dict):
        return {key: _filled(entry, matched) for key, entry in value.items()}
    return [_filled(entry, matched) for entry in value] if isinstance(value, list) else value


def _described(event: Event) -> str:
    fields = {key: value for key, value in event.items() if key != "type"}
    return f"{event.get('type')} {shown(fields)}" if fields else str(event.get("type"))
