"""For how long a cell has been running: without subshells, messages of a page wait until it ends."""

from __future__ import annotations

import sys
import time
from functools import cache
from typing import Any


class RunningCell:
    """Follows the cells that IPython runs, by its events; a cell may run others."""

    def __init__(self) -> None:
        self._depth = 0
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """For how long a cell has been running; 0 if none runs."""
        return time.monotonic() - self._since if self._depth else 0.0

    def follow(self, events: Any) -> None:
        """Begin to follow; a cell that calls this counts from now on."""
        events.register("pre_run_cell", self._begins)
        events.register("post_run_cell", self._ends)

    def _begins(self, *_: object) -> None:
        if not self._depth:
            self._since = time.monotonic()
        self._depth += 1

    def _ends(self, *_: object) -> None:
        self._depth = max(0, self._depth - 1)


@cache
def running_cell() -> RunningCell:
    """Return the process's one follower of cells; without IPython none ever runs."""
    cell = RunningCell()
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        cell.follow(shell.events)
    return cell
