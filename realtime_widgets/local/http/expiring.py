"""Values that are kept in memory until they expire."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class ExpiringStore(Generic[T]):
    """Values by key, each until its own time.

    Parameters
    ----------
    limit
        The number of values that are kept at the same time.
    clock
        Returns the present as Unix time in seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether the limit is reached by values that have not expired."""
        if len(self._values) >= self._limit:
            for key in [key for key, (expires_at, _) in self._values.items() if expires_at <= self._clock()]:
                del self._values[key]
        return len(self._values) >= self._limit

    def put(self, key: str, value: T, expires_at: float) -> None:
        """Keep `value` until the Unix time `expires_at`; if the store is full, the oldest value goes."""
        while self._values and (self._oldest_expired() or self.full):
            self._values.popitem(last=False)
        self._values[key] = expires_at, value

    def get(self, key: str) -> T | None:
        """Return the value of `key`; None if it is unknown or has expired."""
        expires_at, value = self._values.get(key, (0.0, None))
        return value if self._clock() < expires_at else None

    def _oldest_expired(self) -> bool:
        return next(iter(self._values.values()))[0] <= self._clock()
