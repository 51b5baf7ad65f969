"""How many requests and tokens a session may use in a minute. Pure: the time comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.tokens import CONTEXT_TOKENS, LONGEST_ANSWER_TOKENS
from realtime_widgets.local.mcp.policy import McpPolicy

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class SessionLimits:
    """What one session may use.

    Attributes
    ----------
    seconds
        Longest duration; the service's hour unless set.
    requests_per_minute
        Number of responses.
    tokens_per_minute
        Number of tokens that responses read and make.
    context_tokens
        Tokens of a conversation that the model takes, the longest answer included.
    mcp
        Which MCP servers it may reach, and for how long.
    """

    seconds: float = 60 * 60
    requests_per_minute: int = 20_000
    tokens_per_minute: int = 15_000_000
    context_tokens: int = CONTEXT_TOKENS
    mcp: McpPolicy = field(default_factory=McpPolicy)

    @property
    def max_input_tokens(self) -> int:
        """Largest input of a response."""
        return max(1, self.context_tokens - LONGEST_ANSWER_TOKENS)

    @property
    def expiry_reason(self) -> str:
        """What a client is told when the duration is over."""
        amount, unit = (self.seconds / 60, "minutes") if self.seconds >= 60 else (self.seconds, "seconds")
        return f"Your session hit the maximum duration of {amount:g} {unit}."


class _Allowance:
    """An amount that is restored evenly within a minute."""

    def __init__(self, name: str, limit: int, clock: Callable[[], float]) -> None:
        self.name = name
        self._limit = limit
        self._clock = clock
        self._used = 0.0
        self._at = clock()

    def spend(self, amount: int) -> None:
        """Use some of it."""
        self._used = self._used_now() + amount

    def _used_now(self) -> float:
        now = self._clock()
        self._used = max(0.0, self._used - (now - self._at) * self._limit / 60)
        self._at = now
        return self._used

    @property
    def is_used_up(self) -> bool:
        """Whether less than one is left."""
        return self._used_now() > self._limit - 1

    @property
    def reset_seconds(self) -> float:
        """Seconds until all of it is restored."""
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
        What the session may use.
    clock
        Returns monotonic seconds.
    """

    def __init__(self, limits: SessionLimits, clock: Callable[[], float]) -> None:
        self._requests = _Allowance("requests", limits.requests_per_minute, clock)
        self._tokens = _Allowance("tokens", limits.tokens_per_minute, clock)

    def count_request(self) -> str | None:
        """Count a response that begins; return the reason if it may not begin."""
        for allowance in (self._requests, self._tokens):
            if allowance.is_used_up:
                return (
                    f"Rate limit reached: no {allowance.name} left in this minute. "
                    f"All are available again in {allowance.reset_seconds} s."
                )
        self._requests.spend(1)
        return None

    def count_tokens(self, amount: int) -> None:
        """Count the tokens of a response that is over."""
        self._tokens.spend(amount)

    def public(self) -> list[dict[str, Any]]:
        """Return the list of ``rate_limits.updated``."""
        return [self._requests.public(), self._tokens.public()]
