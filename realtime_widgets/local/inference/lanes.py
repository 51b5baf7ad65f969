"""Lanes of one pool of threads: what is certain, what may be in vain, and how much of each is under way."""

from __future__ import annotations

import threading
from concurrent.futures import Executor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")
P = ParamSpec("P")


class Lane(Executor):
    """Runs work in a pool that others use as well, and counts its own.

    Parameters
    ----------
    pool
        The executor; it is shut down by who made it.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """Number of pieces of work that wait or run."""
        return self._under_way

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function in the pool."""
        job = self._pool.submit(function, *args, **kwargs)
        with self._lock:
            self._under_way += 1
        job.add_done_callback(self._over)
        return job

    def _over(self, _: Future[T]) -> None:
        with self._lock:
            self._under_way -= 1
