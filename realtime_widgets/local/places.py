"""Counts what may be open at the same time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from realtime_widgets.local.realtime.errors import RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Places:
    """Places that are taken and given back.

    Taking one checks and counts in one step: whoever only looked could be overtaken while they wait for something.

    Parameters
    ----------
    limit
        How many there are.
    full
        What to tell whoever comes when all are taken.
    """

    def __init__(self, limit: int, full: str) -> None:
        self._limit = limit
        self._full = full
        self._taken = 0

    @property
    def taken(self) -> int:
        """Places in use."""
        return self._taken

    def take(self) -> None:
        """Take a place.

        Raises
        ------
        RequestRefusedError
            ``rate_limit_exceeded`` where none is free.
        """
        if self._taken >= self._limit:
            raise RequestRefusedError("rate_limit_exceeded", self._full, kind="rate_limit_error")
        self._taken += 1

    def give_back(self) -> None:
        """Free a place that was taken."""
        self._taken -= 1

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; raises as `take` does."""
        self.take()
        try:
            yield
        finally:
            self.give_back()
