"""How long the service may take: every wait for it has a limit, after which there is a way on. Pure.

Time comes in as `Wake`. What a limit ends is decided in `overdue.py`; a tool and a question to the user have
limits of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core.conversation.commands import Wake

if TYPE_CHECKING:
    from collections.abc import Callable

#: A request has been sent and no response begins; the service says that another one runs, and ends none.
BEGIN_S = 60.0
#: The service reported an error that names no event, and does nothing else about a request or a response.
ERROR_S = 10.0
#: A response runs, and nothing more comes of it.
STALL_S = 120.0
#: The user has stopped a response or a request, and the service does not end it.
STOP_S = 5.0
#: The service heard the user end, and makes no item of what was said.
COMMIT_S = 5.0
#: The service heard the user begin, and neither that it went on nor that it ended.
SPEECH_S = 300.0
#: The microphone closed while the user spoke, silence was sent, and the service does not hear the end.
END_S = 3.0

#: Begin of the ids of these limits.
WAKE = "limit"

Awaited = Literal["request", "running elsewhere", "response", "commit", "speech", "end", "aside"]


@dataclass(frozen=True)
class Wait:
    """One wait for the service.

    Attributes
    ----------
    what
        What is waited for: the begin of a response, the end of one that only the service knows of, the end of a
        response, the item of what was said, the end of speech (also after its microphone closed), an aside.
    subject
        Id of the request, response or item.
    limit_s
        Seconds until it is given up.
    reason
        Why it is given up, if the service or the user said so.
    progress
        How much had come when the limit began.
    """

    what: Awaited
    subject: str
    limit_s: float
    reason: str = ""
    progress: int = field(default=0, compare=False)


class Patience:
    """Keeps one timer for each thing that is waited for.

    Parameters
    ----------
    new_id
        Of the session's core.
    """

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self._new_id = new_id
        self._waits: dict[str, Wait] = {}

    def follow(self, waits: list[Wait]) -> list[Wake]:
        """Begin the limits of what is waited for from now on; those of anything else end."""
        if not waits and not self._waits:
            return []
        kept = {wake_id: wait for wake_id, wait in self._waits.items() if wait in waits}
        known = set(kept.values())
        wakes: list[Wake] = []
        for wait in waits:
            if wait not in known:
                wakes.append(Wake(self._new_id(WAKE), wait.limit_s))
                kept[wakes[-1].id] = wait
        self._waits = kept
        return wakes

    def time_is_up(self, wake_id: str) -> Wait | None:
        """Return what has been waited for too long, if a limit ended that still counts."""
        return self._waits.pop(wake_id, None)
