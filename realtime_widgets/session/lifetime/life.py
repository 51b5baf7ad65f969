"""Carries out what `ownership` decides about the sessions of this process; on the I/O thread only."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from realtime_widgets.concurrency.tasks import BackgroundTasks
from realtime_widgets.session.lifetime.ownership import (
    AskOwned,
    CloseMicrophone,
    End,
    LifeCommand,
    Ownership,
    StartGrace,
    StopAnswer,
    StopGrace,
    Succeed,
    TakeOver,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_widgets.concurrency.clock import Timer
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.runtime.sound.speakers import Speaker
    from realtime_widgets.tools.registry import ToolRegistry
    from realtime_widgets.widgets.messages import MicrophoneReport
    from realtime_widgets.widgets.sound.port import AudioPort

#: How long a session without a view waits for one that is coming back, in seconds.
UNSEEN_GRACE_S = 5.0


class LivingSession(Protocol):
    """What a session is here; a `RealtimeSession` is one, and so are `Captions`, whose `mcp` is None."""

    tools: ToolRegistry
    mcp: Any

    @property
    def runtime(self) -> SessionRuntime:
        """Its I/O side."""


@dataclass
class _Entry:
    session: weakref.ref[LivingSession]
    runtime: weakref.ref[SessionRuntime]
    port: AudioPort | None = None
    grace: Timer | None = None
    #: The session while a view shows it: one that is over can be started again there.
    kept: LivingSession | None = None


class SessionLife:
    """All sessions of this process, none of them kept alive but by its views.

    Attributes
    ----------
    refers
        Returns whether the user refers to a session; always, unless a notebook is watched.
    """

    def __init__(self) -> None:
        self.refers: Callable[[LivingSession], bool] = lambda session: True
        self._ownership = Ownership()
        self._entries: dict[int, _Entry] = {}
        self._by_id: dict[int, int] = {}
        self._numbers = count(1)
        self._tasks = BackgroundTasks()

    def number_of(self, value: object) -> int | None:
        """Return the number of a session, None for any other object; from any thread."""
        number = self._by_id.get(id(value))
        entry = self._entries.get(number) if number else None
        return number if entry and entry.session() is value else None

    def add(self, session: LivingSession) -> None:
        """Note a new session."""
        self._forget_freed()
        number = next(self._numbers)
        runtime = session.runtime
        self._entries[number] = _Entry(weakref.ref(session), weakref.ref(runtime))
        self._by_id[id(session)] = number
        runtime.observe(partial(self._follow_state, number), "state")
        runtime.on_speaker.append(partial(self._shown, number))
        self._carry_out(self._ownership.made(number))

    def _shown(self, number: int, port: Speaker) -> None:
        """Note the port by which a session is shown, if it is one."""
        if (entry := self._entries.get(number)) and _has_views(port) and port is not entry.port:
            entry.port = port
            port.on_views.append(partial(self._viewed, number))
            port.on_microphone.append(partial(self._check_microphone, number))
            self._viewed(number, port.views)

    def began(self, cell: str, assumed: bool = False) -> None:
        """Note that a cell runs; see `Ownership.began`."""
        self._ownership.began(cell, assumed)

    def ran(self, cell: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        """Note that a cell has run; see `Ownership.ran`."""
        self._forget_freed()
        self._carry_out(self._ownership.ran(cell, before, after))

    def talk_here(self, session: LivingSession) -> None:
        """Go on with a session that was replaced."""
        if number := self.number_of(session):
            self._carry_out(self._ownership.talk_here(number))

    def _forget_freed(self) -> None:
        for number, entry in list(self._entries.items()):
            if entry.session() is None:
                del self._entries[number]
                self._ownership.freed(number)
                if entry.grace is not None:
                    entry.grace.cancel()
        self._by_id = {id(each.session()): number for number, each in self._entries.items()}

    def _follow_state(self, number: int) -> None:
        entry = self._entries.get(number)
        runtime = entry.runtime() if entry else None
        if runtime is None or (standing := self._ownership.sessions.get(number)) is None:
            return
        over = runtime.state == "closed"
        if over and not standing.over:
            self._carry_out(self._ownership.ended(number))
        elif standing.over and not over:
            self._carry_out(self._ownership.started_again(number))

    def _viewed(self, number: int, views: int) -> None:
        if entry := self._entries.get(number):
            entry.kept = entry.session() if views else None
            self._carry_out(self._ownership.viewed(number, views))

    def _check_microphone(self, number: int, report: MicrophoneReport) -> None:
        """Close a microphone that a page opens for a session which takes nothing said."""
        entry = self._entries.get(number)
        runtime = entry and entry.runtime()
        if not entry or not runtime or not entry.port or report.state not in ("opening", "on"):
            return
        if runtime.state == "closed":
            entry.port.close_microphone("closed")
        elif runtime.successor:
            entry.port.close_microphone("replaced")

    def _grace_over(self, number: int) -> None:
        self._carry_out(self._ownership.grace_over(number))

    def _carry_out(self, commands: list[LifeCommand]) -> None:
        for command in commands:
            if entry := self._entries.get(command.session):
                self._carry_out_one(command, entry)

    def _carry_out_one(self, command: LifeCommand, entry: _Entry) -> None:
        number, session, runtime = command.session, entry.session(), entry.runtime()
        match command:
            case CloseMicrophone(_, reason) if entry.port:
                entry.port.close_microphone(reason)
            case StartGrace() if runtime:
                entry.grace = runtime.clock.call_later(UNSEEN_GRACE_S, self._grace_over, number)
            case StopGrace() if entry.grace:
                entry.grace.cancel()
                entry.grace = None
            case StopAnswer() if runtime and runtime.state != "closed":
                runtime.perform(runtime.core.interrupt())
            case Succeed(_, successor) if runtime:
                follower = self._entries.get(successor) if successor else None
                newer = follower.runtime() if follower else None
                runtime.successor = newer.id if newer else ""
                runtime.changed("state")
            case TakeOver(_, before) if session and (earlier := self._session(before)):
                session.tools.take_over(earlier.tools)
                if session.mcp is not None and earlier.mcp is not None:
                    session.mcp.take_over(earlier.mcp)
                for follow in list(earlier.runtime.taps.replaced):
                    follow(session.runtime, session.tools)
            case AskOwned():
                owned = session is not None and (entry.kept is not None or self.refers(session))
                self._carry_out(self._ownership.owned(number, owned))
            case End(_, reason) if runtime:
                self._tasks.spawn(runtime.close(reason))

    def _session(self, number: int) -> LivingSession | None:
        entry = self._entries.get(number)
        return entry.session() if entry else None


def _has_views(speaker: Speaker) -> TypeGuard[AudioPort]:
    """Whether a speaker is a page's; the class itself would bring ipywidgets, which a script never needs."""
    return hasattr(speaker, "on_views")


@cache
def session_life() -> SessionLife:
    """Return the life of this process's sessions."""
    return SessionLife()
