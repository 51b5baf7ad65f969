"""The checks of a session: by place, with what each has done, how long it took and what it cost."""

from __future__ import annotations

import contextvars
import inspect
import math
import statistics
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.safety.verdict import ACTIONS, PASS, PLACES, Checked, Place, Verdict
from realtime_widgets.shown_text import in_html, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.safety.verdict import Action, Check

C = TypeVar("C", bound="Check")

#: What follows if a check fails or is too slow: what it was to look at does not pass, or passes unchecked.
IfFails = Literal["close", "open"]
#: How long a check may take, in seconds.
LIMIT_S = 3.0
#: Calls of one check that may run at once; if as many hang, it counts as failing without being called.
MOST_AT_ONCE = 8
#: Delays that are kept, for the median.
_KEPT_DELAYS = 500
_HEAD = ("check", "place", "seen", "acted", "failed", "delay", "longest", "cost", "if it fails")


@dataclass
class CheckFigures:
    """What a check has done.

    Attributes
    ----------
    seen
        Texts and images that it looked at.
    verdicts
        How many verdicts of each action there were.
    failed
        Times it raised, returned what is no verdict, or took too long.
    cost
        What it cost, in US dollars.
    longest_s
        Longest time that it took, in seconds.
    """

    seen: int = 0
    verdicts: Counter[Action] = field(default_factory=Counter)
    failed: int = 0
    cost: float = 0.0
    longest_s: float = 0.0
    _delays: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_DELAYS), repr=False)

    @property
    def acted(self) -> int:
        """How many verdicts did not let pass what it looked at, or flagged it."""
        return self.verdicts.total() - self.verdicts["pass"]

    @property
    def acted_words(self) -> str:
        """The same in words, such as ``"2 flag, 1 stop"``; empty if there are none."""
        counts = self.verdicts
        return ", ".join(f"{counts[action]} {action}" for action in ACTIONS[1:] if counts[action])

    @property
    def median_s(self) -> float:
        """Median time that it took, in seconds; 0 before it ran."""
        return statistics.median(self._delays) if self._delays else 0.0

    def took(self, seconds: float) -> None:
        """Note how long it took once."""
        self.seen += 1
        self._delays.append(seconds)
        self.longest_s = max(self.longest_s, seconds)


@dataclass(eq=False)
class SessionCheck:
    """A check of a session.

    Attributes
    ----------
    name, place
        What it is called, and where it looks.
    limit_s
        How long it may take, in seconds.
    if_fails
        See `IfFails`.
    figures
        What it has done.
    """

    name: str
    place: Place
    function: Check = field(repr=False)
    limit_s: float = LIMIT_S
    if_fails: IfFails = "close"
    figures: CheckFigures = field(default_factory=CheckFigures)
    #: Calls that run, and whether the last one failed.
    running: int = field(default=0, repr=False)
    failing: bool = field(default=False, repr=False)
    _context: contextvars.Context = field(default_factory=contextvars.copy_context, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def call(self, checked: Checked) -> Verdict | Awaitable[Any]:
        """Call the function, in the context of the code that added it; what it prints appears there.

        Raises
        ------
        TypeError
            If it returns what is no verdict.
        """
        given = checked.text if _takes_text(self.function) else checked
        returned = self._context.copy().run(self.function, given)
        return returned if inspect.isawaitable(returned) else self.verdict(returned)

    def verdict(self, returned: object) -> Verdict:
        """Return what a check returned as a verdict.

        Raises
        ------
        TypeError
            If it is none.
        """
        if returned is None:
            return PASS
        if isinstance(returned, Verdict):
            return returned
        if isinstance(returned, str) and returned.strip():
            return Verdict("flag", returned.strip())
        raise TypeError(
            f"the check {self.name!r} returned {returned!r:.80}: return None if it passes, a text to flag it, or "
            "a verdict, such as realtime_widgets.checks.stop('why')"
        )

    def count(self, change: int) -> int:
        """Count a call that begins or ends; returns how many run."""
        with self._lock:
            self.running += change
            return self.running


class SessionChecks(Mapping[str, SessionCheck]):
    """The checks of a session by name, in the order in which they were added. Safe in any thread.

    Parameters
    ----------
    changed
        Called after each change.
    """

    def __init__(self, changed: Callable[[], object] = lambda: None) -> None:
        self._checks: dict[str, SessionCheck] = {}
        self._lock = threading.Lock()
        self._changed = changed

    def add(
        self,
        place: Place,
        check: C,
        *,
        name: str | None = None,
        limit: float = LIMIT_S,
        if_fails: IfFails = "close",
    ) -> C:
        """Add a check; one of the same name is replaced, so that a cell can be run again.

        Parameters
        ----------
        place
            ``"input"``, ``"output"``, ``"tool_arguments"``, ``"tool_result"`` or ``"picture"``.
        check
            A function of what is to be checked: of its text if its parameter is called ``text``, else of a
            `Checked`. It returns None if that passes, a text to flag it, or a verdict. It may be a coroutine
            function. It is called in a thread.
        name
            What it is called; by default its own name, with the place if that is taken at another place.
        limit
            How long it may take, in seconds.
        if_fails
            ``"close"``: if it fails or is too slow, what it was to look at does not pass. ``"open"``: it passes.

        Returns
        -------
        callable
            The check.

        Raises
        ------
        ConfigurationError
            If a value cannot be; the text says what to do.
        """
        if place not in PLACES:
            raise ConfigurationError(f"a check looks at {', '.join(PLACES)}; there is no place {place!r}")
        if not callable(check):
            raise ConfigurationError(f"a check is a function that is called with a text, not {check!r:.80}")
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
            raise ConfigurationError(f"limit must be a number of seconds above 0, not {limit!r}")
        if if_fails not in get_args(IfFails):
            raise ConfigurationError(f"if_fails must be 'close' or 'open', not {if_fails!r}")
        with self._lock:
            added = self._named(place, check, name)
            added.limit_s, added.if_fails = float(limit), if_fails
            self._checks[added.name] = added
        self._changed()
        return check

    def remove(self, name: str) -> None:
        """Remove a check.

        Raises
        ------
        KeyError
            If there is none of this name; the text names those that there are.
        """
        with self._lock:
            if name not in self._checks:
                raise KeyError(f"no check is called {name!r}; there are {', '.join(self._checks) or 'none yet'}")
            del self._checks[name]
        self._changed()

    def at(self, place: Place) -> list[SessionCheck]:
        """Return the checks of a place, in order."""
        with self._lock:
            return [check for check in self._checks.values() if check.place == place]

    @property
    def cost(self) -> float:
        """What all of them cost so far, in US dollars."""
        return sum(check.figures.cost for check in self.values())

    def _named(self, place: Place, check: Check, name: str | None) -> SessionCheck:
        own = name or getattr(check, "name", None) or getattr(check, "__name__", None) or type(check).__name__
        own = str(own)
        taken = self._checks.get(own)
        if name is None and taken is not None and taken.place != place:
            own = f"{own} ({place})"
        return SessionCheck(own, place, check)

    def __getitem__(self, name: str) -> SessionCheck:
        with self._lock:
            return self._checks[name]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._checks))

    def __len__(self) -> int:
        return len(self._checks)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(check.name),
                check.place,
                f"{figures.seen:,}",
                figures.acted_words or "0",
                f"{figures.failed:,}",
                f"{figures.median_s * 1000:.0f} ms",
                f"{figures.longest_s * 1000:.0f} ms",
                f"${figures.cost:.4f}" if figures.cost else "free",
                check.if_fails,
            )
            for check in self.values()
            for figures in [check.figures]
        ]

    def __repr__(self) -> str:
        rows = [_HEAD, *self._rows()]
        if len(rows) == 1:
            return "No checks yet: add one with @session.check('output')."
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        if not self._checks:
            return f"<p>{in_html(repr(self))}</p>"
        head = "".join(f'<th scope="col">{cell}</th>' for cell in _HEAD)
        body = "".join(
            "<tr>" + "".join(f"<td>{in_html(cell)}</td>" for cell in row) + "</tr>" for row in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _takes_text(function: Any) -> bool:
    """Whether a check wants the text alone: its first parameter is called so."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return parameters[:1] == ["text"]
