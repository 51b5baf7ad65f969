"""What was used and what it costs, line by line; what has no price is unpriced, never zero. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Unit = Literal["tokens", "characters", "seconds", "messages", "times"]

#: How much of each unit a rate is for.
PER_RATE: dict[Unit, int] = {"tokens": 1_000_000, "characters": 1_000_000, "seconds": 60, "messages": 1}


@dataclass(frozen=True)
class CostLine:
    """One kind of use of one model at one price.

    Attributes
    ----------
    what : str
        Kind of use, such as ``"audio in, cached"``.
    quantity : float
        How much of it.
    unit : str
        ``tokens``, ``characters``, ``seconds``, ``messages``, or ``times`` for what came without a count.
    rate : float or None
        US dollars per million tokens or characters, per minute, or per message; None if there is no price.
    model, source : str
        Name of the model, and the source of its price.
    """

    what: str
    quantity: float
    unit: Unit
    rate: float | None
    model: str = ""
    source: str = ""

    @property
    def amount(self) -> float | None:
        """US dollars; None if that cannot be known."""
        if self.rate is None:
            return None
        if self.unit == "times":
            return None if self.rate else 0.0
        return self.quantity * self.rate / PER_RATE[self.unit]


@dataclass(frozen=True)
class Cost:
    """Lines of what was used, each with its price if that is known.

    Attributes
    ----------
    lines : tuple of CostLine
        No two of the same kind, model and price.
    by_time : frozenset of str
        Models that are billed by the time of the session, which only the session's own total holds.
    """

    lines: tuple[CostLine, ...] = ()
    by_time: frozenset[str] = frozenset()

    @property
    def priced(self) -> float:
        """US dollars of all lines that have a price."""
        return sum((line.amount or 0.0 for line in self.lines), 0.0)

    @property
    def unpriced(self) -> tuple[CostLine, ...]:
        """Lines without a price, or without a count to price."""
        return tuple(line for line in self.lines if line.amount is None)

    @property
    def total(self) -> float | None:
        """US dollars; None if a part of it is unpriced or billed by the time of the session."""
        return None if self.unpriced or self.by_time else self.priced

    @property
    def free(self) -> bool:
        """Whether something was used and all of it is free."""
        return bool(self.lines) and not self.by_time and all(line.rate == 0 for line in self.lines)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the prices are from."""
        return tuple(dict.fromkeys(line.source for line in self.lines if line.source))

    def __add__(self, other: Cost) -> Cost:
        return Cost(_merged((*self.lines, *other.lines)), self.by_time | other.by_time)

    def __str__(self) -> str:
        if self.free:
            return ", ".join(("free", *self.sources))
        if self.unpriced:
            text = f"at least {dollars(self.priced)}" if self.priced else "unpriced"
        elif self.by_time and not self.lines:
            return "billed by the minute of the session"
        else:
            text = dollars(self.priced)
        return f"{text} and the minutes of the session" if self.by_time else text


def _merged(lines: Iterable[CostLine]) -> tuple[CostLine, ...]:
    merged: dict[CostLine, CostLine] = {}
    for line in lines:
        key = replace(line, quantity=0)
        before = merged.get(key, key)
        merged[key] = replace(line, quantity=before.quantity + line.quantity)
    return tuple(merged.values())


def dollars(amount: float) -> str:
    """Write an amount of US dollars so that small ones do not look like nothing."""
    rounded = round(amount, 4 if amount >= 0.001 else 7)
    if rounded >= 1 or amount == 0:
        return f"${rounded:,.2f}"
    whole, _, digits = f"{rounded:.7f}".rstrip("0").partition(".")
    return f"${whole}.{digits:0<2}" if digits else "less than $0.0000001"
