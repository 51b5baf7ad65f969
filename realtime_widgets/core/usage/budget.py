"""Budgets in money, minutes and tokens: when to warn, when to stop. Pure; usage and a clock come from outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.usage.cost import Cost
    from realtime_widgets.core.usage.usage import Usage


@dataclass(frozen=True)
class Budget:
    """What a session may use before it ends by itself.

    Attributes
    ----------
    money : float or None
        US dollars. An answer is paid for once it is made, so the one that passes the limit is still paid.
    minutes : float or None
        Minutes of connected time.
    warn_at : float
        Share of a limit, above 0 and up to 1, at which the user is warned.
    tokens : float or None
        Tokens of all responses and transcriptions, in and out; counted once a response is made, as money is.

    Raises
    ------
    ConfigurationError
        If a limit is not a positive number, or no limit is set.
    """

    money: float | None = None
    minutes: float | None = None
    warn_at: float = 0.8
    tokens: float | None = None

    def __post_init__(self) -> None:
        for name, value in self.limits.items():
            if value is not None and not _positive(value):
                raise ConfigurationError(f"the budget's {name} must be a number above 0, not {value!r}")
        if all(value is None for value in self.limits.values()):
            raise ConfigurationError(
                "a budget needs a limit: Budget(money=0.50), Budget(minutes=10), Budget(tokens=50_000), or several"
            )
        if not _positive(self.warn_at) or self.warn_at > 1:
            raise ConfigurationError(f"warn_at must be a share above 0 and up to 1, not {self.warn_at!r}")

    @property
    def limits(self) -> dict[str, float | None]:
        """All limits by name, None for what has none."""
        return {"money": self.money, "minutes": self.minutes, "tokens": self.tokens}


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


class Stopwatch:
    """Adds up the time between starts and stops.

    Parameters
    ----------
    clock
        Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._before = 0.0
        self._started: float | None = None

    @property
    def seconds(self) -> float:
        """Time so far."""
        return self._before + (0.0 if self._started is None else self._clock() - self._started)

    def start(self) -> None:
        """Go on; harmless while it runs."""
        if self._started is None:
            self._started = self._clock()

    def stop(self) -> None:
        """Pause; harmless while it is stopped."""
        self._before, self._started = self.seconds, None


@dataclass(frozen=True)
class Warn:
    """Tell the user this."""

    text: str


@dataclass(frozen=True)
class Stop:
    """End the session, for this reason."""

    reason: str


class BudgetGuard:
    """Holds one session to its budget.

    Parameters
    ----------
    budget
        Its limits.
    elapsed
        Seconds of connected time so far.
    """

    def __init__(self, budget: Budget, elapsed: Callable[[], float]) -> None:
        self._budget = budget
        self._elapsed = elapsed
        self._said: set[str] = set()

    def check(self, usage: Usage) -> list[Warn | Stop]:
        """Say what is due now that the session has used this much; each thing is said once."""
        due: list[Warn | Stop] = []
        budget, cost = self._budget, usage.cost
        for name, used, limit in self.used(usage):
            if _reached(used, limit):
                return self._once(f"{name} over", Stop(_stop_text(name, used, limit)))
            if _reached(used, limit * budget.warn_at):
                due += self._once(name, Warn(_warning(name, used, limit)))
        if budget.money is not None and cost.unpriced:
            what = ", ".join(dict.fromkeys(line.what for line in cost.unpriced))
            due += self._once(
                f"unpriced {what}",
                Warn(f"The budget of {dollars(budget.money)} does not count what has no price: {what}."),
            )
        return due

    def used(self, usage: Usage) -> list[tuple[str, float, float]]:
        """Return each limit of the budget: its name, what of it is used by now, and the limit."""
        spent = {
            "money": usage.cost.priced,
            "minutes": self._elapsed() / 60,
            "tokens": usage.total_tokens + usage.transcription.total_tokens,
        }
        return [(name, spent[name], limit) for name, limit in self._budget.limits.items() if limit is not None]

    def used_up(self, usage: Usage) -> str:
        """Say what is used up by a session that has used this much; empty if it may go on."""
        over = (_stop_text(*each) for each in self.used(usage) if _reached(each[1], each[2]))
        return next(over, "")

    def next_check_s(self, cost: Cost, rate_per_minute: float = 0.0) -> float | None:
        """Seconds until time alone can make something due; None if it cannot.

        Parameters
        ----------
        cost
            Spent so far.
        rate_per_minute
            US dollars that each minute of the session costs.
        """
        budget = self._budget
        waits = []
        for share in (budget.warn_at, 1.0):
            if budget.minutes is not None:
                waits.append(budget.minutes * share * 60 - self._elapsed())
            if budget.money is not None and rate_per_minute:
                waits.append((budget.money * share - cost.priced) / rate_per_minute * 60)
        ahead = [wait for wait in waits if wait > 0]
        return min(ahead) if ahead else None

    def _once(self, key: str, due: Warn | Stop) -> list[Warn | Stop]:
        if key in self._said:
            return []
        self._said.add(key)
        return [due]


def _reached(used: float, limit: float) -> bool:
    return used >= limit or math.isclose(used, limit)


def _plural(minutes: float) -> str:
    return f"{minutes:g} minute" if minutes == 1 else f"{minutes:g} minutes"


def _warning(name: str, used: float, limit: float) -> str:
    if name == "tokens":
        return f"Of the budget of {limit:,.0f} tokens, {used:,.0f} are used. The session ends when all are."
    if name == "money":
        return f"Of the budget of {dollars(limit)}, {dollars(used)} is spent. The session ends when all of it is."
    return (
        f"Of the {_plural(limit)} of the budget, {_plural(round(used, 1))} have passed. "
        "The session ends after them."
    )


def _stop_text(name: str, used: float, limit: float) -> str:
    again = "make a new session, or raise it: await session.restart(budget=Budget(...))"
    if name == "tokens":
        return f"the budget of {limit:,.0f} tokens is used up, {used:,.0f} were used; {again}"
    if name == "money":
        return f"the budget of {dollars(limit)} is used up, {dollars(used)} was spent; {again}"
    return f"the {_plural(limit)} of the budget have passed; {again}"
