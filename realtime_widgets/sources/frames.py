"""The pictures of a camera in a talk: which of them the model keeps, and what they cost. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from realtime_widgets.errors import ConfigurationError

#: Pictures of one camera that the model has at once.
KEEP = 3
#: Shortest time between two pictures that are sent by themselves, in seconds.
LEAST_S = 1.0
#: Longest side of a picture in pixels, and the sides that can be set.
SIZE, SIZES = 1024, (64, 2048)


@dataclass
class Frames:
    """Keeps the ids of the pictures that the model has: a long talk with a camera has a bounded cost.

    Attributes
    ----------
    keep
        Pictures that the model has at most; older ones are deleted from its context.
    sent, tokens
        Pictures sent so far, and their tokens, estimated.
    """

    keep: int = KEEP
    sent: int = 0
    tokens: int = 0
    _kept: deque[str] = field(default_factory=deque)

    def add(self, item_id: str, tokens: int) -> list[str]:
        """Note a picture that was sent; returns the ids of those that leave the context."""
        self.sent += 1
        self.tokens += tokens
        self._kept.append(item_id)
        gone: list[str] = []
        while len(self._kept) > self.keep:
            gone.append(self._kept.popleft())
        return gone


def checked_keep(keep: object) -> int:
    """Return how many pictures are kept; raise `ConfigurationError` if that is no whole number above 0."""
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
        raise ConfigurationError(f"keep must be a whole number above 0, not {keep!r}")
    return keep


def checked_every(every: object) -> float | None:
    """Return the seconds between pictures; raise `ConfigurationError` if they are none, or too few."""
    if every is None:
        return None
    if isinstance(every, bool) or not isinstance(every, int | float) or not LEAST_S <= every < math.inf:
        raise ConfigurationError(f"every must be {LEAST_S:g} seconds or more, or None, not {every!r}")
    return float(every)


def checked_size(size: object) -> int:
    """Return the longest side of a picture; raise `ConfigurationError` if it cannot be."""
    low, high = SIZES
    if isinstance(size, bool) or not isinstance(size, int) or not low <= size <= high:
        raise ConfigurationError(f"size must be {low} to {high} pixels, the longer side, not {size!r}")
    return size


def checked_change(on_change: object) -> float | None:
    """Return the share of change from which a picture is sent; raise `ConfigurationError` if it cannot be."""
    if on_change is None or on_change is False:
        return None
    if on_change is True:
        return 0.06
    if not isinstance(on_change, int | float) or not 0 < on_change < 1:
        raise ConfigurationError(
            f"on_change must be True, False or a share above 0 and below 1, not {on_change!r}"
        )
    return float(on_change)
