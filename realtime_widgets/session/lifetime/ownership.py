"""Which session of a notebook takes whose place, and which one nobody can see or reach any more. Pure.

`realtime_widgets/LIFE.md` has the rules. Sessions go by numbers, in the order in which they were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core.transitions import TransitionTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Never shown; shown; no view is left, one may come back; nobody has seen it for the grace.
Sight = Literal["unshown", "shown", "grace", "unseen"]
#: It has a view; its last view is gone; the grace is over.
SightEvent = Literal["view", "no view", "grace over"]

SIGHTS = TransitionTable[Sight, SightEvent](
    "unshown",
    {
        ("unshown", "view"): "shown",
        ("shown", "no view"): "grace",
        ("grace", "view"): "shown",
        ("grace", "grace over"): "unseen",
        ("unseen", "view"): "shown",
    },
)


@dataclass(frozen=True)
class CloseMicrophone:
    """Close a session's microphone."""

    session: int
    reason: Literal["replaced", "unseen", "closed"]


@dataclass(frozen=True)
class StopAnswer:
    """Stop what a session says."""

    session: int


@dataclass(frozen=True)
class Succeed:
    """A session was replaced by `successor`, or is an ordinary one again (None)."""

    session: int
    successor: int | None


@dataclass(frozen=True)
class TakeOver:
    """A session takes over what another one, whose place it takes, was given by cells."""

    session: int
    before: int


@dataclass(frozen=True)
class StartGrace:
    """Call `Ownership.grace_over` after the grace."""

    session: int


@dataclass(frozen=True)
class StopGrace:
    """A view came back within the grace."""

    session: int


@dataclass(frozen=True)
class AskOwned:
    """Call `Ownership.owned` with whether the user refers to a session."""

    session: int


@dataclass(frozen=True)
class End:
    """End a session."""

    session: int
    reason: str


LifeCommand = CloseMicrophone | StopAnswer | Succeed | TakeOver | StartGrace | StopGrace | AskOwned | End

#: Why a session ends that nobody ended.
REPLACED = "another session took its place, and nothing refers to it any more"
UNREACHED = "nobody could see or reach it any more"


@dataclass
class Standing:
    """One session, as the notebook has it.

    Attributes
    ----------
    cell
        The cell that made it; empty if that is not known.
    sight
        Whether it can be seen.
    named
        Whether a name of the user's ever referred to it.
    successor
        The session that took its place.
    over
        Whether it has ended.
    """

    cell: str = ""
    sight: Sight = SIGHTS.initial
    named: bool = False
    successor: int | None = None
    over: bool = False

    @property
    def known(self) -> bool:
        """Whether the user has to do with it: the sessions of a script's functions are left alone."""
        return self.named or self.sight != "unshown"


@dataclass
class _Run:
    """A cell that runs, with the sessions of its earlier runs that none of this run has followed yet."""

    cell: str
    earlier: list[int]
    #: Whether it was not seen to begin: the first session of the notebook was made in it.
    assumed: bool = False
    made: list[int] = field(default_factory=list)


class Ownership:
    """The sessions of one notebook; each method applies an event and returns what has to be done."""

    def __init__(self) -> None:
        self.sessions: dict[int, Standing] = {}
        self._runs: list[_Run] = []
        #: What is to be taken over when the cell has run: it may bring some of it by itself.
        self._due: list[TakeOver] = []

    def began(self, cell: str, assumed: bool = False) -> None:
        """Note that a cell runs; `assumed` if it was not seen to begin."""
        self._runs = [each for each in self._runs if not each.assumed]
        earlier = [key for key, each in self.sessions.items() if cell and each.cell == cell and self._talks(key)]
        self._runs.append(_Run(cell, earlier, assumed))

    def made(self, session: int) -> list[LifeCommand]:
        """Note a new session; if its cell was run before, it takes the place of the one made there then."""
        run = self._runs[-1] if self._runs else None
        self.sessions[session] = Standing(run.cell if run else "")
        if run is None:
            return []
        run.made.append(session)
        before = next((each for each in run.earlier if self._talks(each) and self.sessions[each].known), None)
        if before is None:
            return []
        run.earlier.remove(before)
        return self._replace(before, session)

    def ran(self, cell: str, before: Mapping[str, int], after: Mapping[str, int]) -> list[LifeCommand]:
        """Note that a cell has run.

        Parameters
        ----------
        cell
            The cell; empty if that is not known.
        before, after
            The user's names that refer to sessions, as they were and as they are.
        """
        run = self._runs.pop() if self._runs else _Run(cell, [])
        commands: list[LifeCommand] = []
        made = [key for key in run.made if key in self.sessions]  # others exist no more
        for key in made:
            self.sessions[key].cell = cell
        for key in {*before.values(), *after.values()} & self.sessions.keys():
            self.sessions[key].named = True
        named = set(after.values())
        for name, new in after.items():
            old = before.get(name, new)
            if old != new and old not in named and {old, new} <= self.sessions.keys():
                commands += self._replace(old, new)
        if made:
            last = made[-1]
            for each in run.earlier:
                if self._talks(each) and self.sessions[each].known:
                    commands += self._replace(each, last)
        if not self._runs:
            commands += self._due
            self._due = []
        return commands + self._look(self.sessions)

    def viewed(self, session: int, views: int) -> list[LifeCommand]:
        """Note how many views show a session."""
        standing = self.sessions.get(session)
        if standing is None:
            return []
        before = standing.sight
        standing.sight = SIGHTS[before, "view" if views else "no view"]
        if before == "shown" and standing.sight == "grace":
            return [StartGrace(session)]
        return [StopGrace(session)] if before == "grace" and standing.sight == "shown" else []

    def grace_over(self, session: int) -> list[LifeCommand]:
        """Note that no view of a session came back: its microphone closes, and it rests or ends."""
        standing = self.sessions.get(session)
        if standing is None or standing.sight != "grace":
            return []
        standing.sight = SIGHTS["grace", "grace over"]
        return [CloseMicrophone(session, "unseen"), *self._look([session])]

    def owned(self, session: int, owned: bool) -> list[LifeCommand]:
        """Note whether the user refers to a session that is asked about; one without owner ends."""
        standing = self.sessions.get(session)
        if standing is None or standing.over or owned or standing.sight in ("shown", "grace"):
            return []
        if standing.sight == "unshown" and standing.successor is None:
            return []
        return [StopAnswer(session), End(session, REPLACED if standing.successor is not None else UNREACHED)]

    def talk_here(self, session: int) -> list[LifeCommand]:
        """Note that the user wants to go on with a session that was replaced: it is an ordinary one again."""
        standing = self.sessions.get(session)
        if standing is None or standing.successor is None:
            return []
        standing.successor = None
        return [Succeed(session, None)]

    def ended(self, session: int) -> list[LifeCommand]:
        """Note that a session is over."""
        if (standing := self.sessions.get(session)) is None or standing.over:
            return []
        standing.over = True
        return [CloseMicrophone(session, "closed")]

    def started_again(self, session: int) -> list[LifeCommand]:
        """Note that a session that was over is started again."""
        if (standing := self.sessions.get(session)) is None:
            return []
        standing.over = False
        return self.talk_here(session)

    def freed(self, session: int) -> None:
        """Forget a session that does not exist any more."""
        self.sessions.pop(session, None)

    def _talks(self, session: int) -> bool:
        """Whether a session is an ordinary one: neither over nor replaced."""
        standing = self.sessions.get(session)
        return standing is not None and not standing.over and standing.successor is None

    def _replace(self, old: int, new: int) -> list[LifeCommand]:
        commands: list[LifeCommand] = self.talk_here(new)
        standing = self.sessions[old]
        if standing.successor == new:
            return commands
        first = standing.successor is None
        for key, each in self.sessions.items():
            if key != new and old in (key, each.successor):
                each.successor = new
                commands.append(Succeed(key, new))
        if first:
            if not standing.over:
                commands += [CloseMicrophone(old, "replaced"), StopAnswer(old)]
            self._due.append(TakeOver(new, old))
        return commands

    def _look(self, sessions: Iterable[int]) -> list[LifeCommand]:
        """Ask who refers to the sessions that nobody sees."""
        return [AskOwned(each) for each in sessions if self._may_be_lost(self.sessions[each])]

    @staticmethod
    def _may_be_lost(standing: Standing) -> bool:
        if standing.over or standing.sight in ("shown", "grace"):
            return False
        return standing.sight == "unseen" or standing.successor is not None
