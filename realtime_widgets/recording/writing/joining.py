"""How a recording goes on after its session: started again, or in the hands of the session that took its place.

`RunningRecording` has one of these; all of it runs on the I/O thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.recording.writing.watching import Fact
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: What a recording goes on with: the same talk, a new one of the same session, or another session.
Join = Literal["restart", "anew", "session"]


@dataclass
class WaitingForSession:
    """A recording whose session is over, which goes on if that is started again.

    Parameters
    ----------
    runtime
        The session.
    go_on
        Called, once, when it is started again.

    Attributes
    ----------
    core
        The talk with which the session ended.
    since
        When it ended, on the session's clock.
    """

    runtime: SessionRuntime
    go_on: Callable[[], object]

    def __post_init__(self) -> None:
        self.core: SessionCore = self.runtime.core
        self.since = self.runtime.clock.time()
        self.end = self.runtime.observe(self._look, "state")

    @property
    def seconds(self) -> float:
        """How long the session has been over."""
        return max(0.0, self.runtime.clock.time() - self.since)

    def _look(self) -> None:
        if self.runtime.state != "closed":
            self.end()
            self.go_on()


def join_fact(at: float, join: Join, pause: float, runtime: SessionRuntime) -> Fact:
    """Return the line of a recording at which it goes on.

    Parameters
    ----------
    at
        Seconds of the recording.
    join
        With what it goes on.
    pause
        Seconds that are not in it, before this.
    runtime
        The session from now on.
    """
    fact: Fact = {"at": at, "join": join, "pause": round(pause, 3)}
    if join == "session":
        endpoint = runtime.endpoint
        fact["endpoint"] = {"name": endpoint.name, "model": endpoint.model, "service": endpoint.service}
    return fact
