"""Limits how many of something may be open at the same time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from realtime_widgets.local.api.errors import RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Capacity:
    """A number of slots that are acquired and released.

    `acquire` checks and counts in one step, so nobody can be overtaken between the two.

    Parameters
    ----------
    limit
        The number of slots.
    full
        The message of the refusal when none is free.
    """

    def __init__(self, limit: int, full: str) -> None:
        self._limit = limit
        self._full = full
        self._used = 0

    @property
    def used(self) -> int:
        """Number of slots in use."""
        return self._used

    def acquire(self) -> None:
        """Use a slot.

        Raises
        ------
        RequestRefusedError
            With the code ``rate_limit_exceeded`` if none is free.
        """
        if self._used >= self._limit:
            raise RequestRefusedError("rate_limit_exceeded", self._full, kind="rate_limit_error")
        self._used += 1

    def release(self) -> None:
        """Free a slot that was acquired."""
        self._used -= 1

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Use a slot inside a ``with`` block; raise as `acquire` does."""
        self.acquire()
        try:
            yield
        finally:
            self.release()
