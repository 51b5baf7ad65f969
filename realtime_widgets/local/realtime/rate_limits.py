"""How many requests and tokens a session may use in a minute. Pure: time comes in from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class SessionLimits:
    """What one session may take.

    Attributes
    ----------
    seconds
        Its longest life: the service's own hour unless set.
    requests_per_minute, tokens_per_minute
        Responses, and tokens read and made by them.
    """

    seconds: float = 60 * 60
    requests_per_minute: int = 20_000
    tokens_per_minute: int = 15_000_000

    @property
    def expiry_reason(self) -> str:
        """What is said at the end of its life."""
        amount, unit = (self.seconds / 60, "minutes") if self.seconds >= 60 else (self.seconds, "seconds")
        return f"Your session hit the maximum duration of {amount:g} {unit}."


class _Allowance:
    """An amount that comes back evenly within a minute."""

    def __init__(self, name: str, limit: int, clock: Callable[[], float]) -> None:
        self.name = name
        self._limit = limit
        self._clock = clock
        self._used = 0.0
        self._at = clock()

    def take(self, amount: int) -> None:
        """Use some of it."""
        self._used = self._used_now() + amount

    def _used_now(self) -> float:
        now = self._clock()
        self._used = max(0.0, self._used - (now - self._at) * self._limit / 60)
        self._at = now
        return self._used

    @property
    def is_used_up(self) -> bool:
        """Whether not even one more is left."""
        return self._used_now() > self._limit - 1

    @property
    def reset_seconds(self) -> float:
        """Seconds until all of it is there again."""
        return round(self._used_now() * 60 / self._limit, 3)

    def public(self) -> dict[str, Any]:
        """Return the protocol's object."""
        remaining = max(0, int(self._limit - self._used_now()))
        return {
            "name": self.name,
            "limit": self._limit,
            "remaining": remaining,
            "reset_seconds": self.reset_seconds,
        }


class RateLimits:
    """The limits of one session.

    Parameters
    ----------
    limits
        What it may take.
    clock
        Gives a time in seconds that never goes back.
    """

    def __init__(self, limits: SessionLimits, clock: Callable[[], float]) -> None:
        self._requests = _Allowance("requests", limits.requests_per_minute, clock)
        self._tokens = _Allowance("tokens", limits.tokens_per_minute, clock)

    def take_request(self) -> str | None:
        """Count a response that begins; return why it may not, in words."""
        for allowance in (self._requests, self._tokens):
            if allowance.is_used_up:
                return (
                    f"Rate limit reached: no {allowance.name} left in this minute. "
                    f"All are there again in {allowance.reset_seconds} s."
                )
        self._requests.take(1)
        return None

    def take_tokens(self, amount: int) -> None:
        """Count the tokens of a response that is over."""
        self._tokens.take(amount)

    def public(self) -> list[dict[str, Any]]:
        """Return what ``rate_limits.updated`` tells."""
        return [self._requests.public(), self._tokens.public()]
