"""The life of one tool call, from its arrival to its only output. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Where a call is: its need for approval is checked, the user is asked, it waits for an earlier call of its tool,
#: its code runs, it has its output.
Phase = Literal["checking", "approval", "queued", "running", "ended"]

#: What has to be done: ask the user, enter the tool's queue, start the code, stop the code, deliver the call's one
#: output.
Effect = Literal["ask", "queue", "start", "abort", "deliver"]


@dataclass(frozen=True)
class Checked:
    """It is known whether the user has to be asked."""

    ask: bool


@dataclass(frozen=True)
class Approved:
    """The user approved the call."""


@dataclass(frozen=True)
class Denied:
    """The user denied the call, or did not answer in time."""

    reason: str


@dataclass(frozen=True)
class Admitted:
    """No earlier call has to be waited for."""


@dataclass(frozen=True)
class Stopped:
    """The call is given up: by the user, its time limit, or the end of the session."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """The code has ended, with or without an error."""


LifeEvent = Checked | Approved | Denied | Admitted | Stopped | Finished


class CallLife:
    """State of one call: accepts events in any order, and delivers exactly one output.

    Attributes
    ----------
    phase : Phase
        Where the call is.
    reason : str
        Why the call was given up; empty if its code ended.
    """

    def __init__(self) -> None:
        self.phase: Phase = "checking"
        self.reason = ""

    def step(self, event: LifeEvent) -> list[Effect]:
        """Apply one event and return its effects; an event that does not fit the phase changes nothing."""
        match self.phase, event:
            case "checking", Checked(ask=True):
                self.phase = "approval"
                return ["ask"]
            case ("checking", Checked()) | ("approval", Approved()):
                self.phase = "queued"
                return ["queue"]
            case "queued", Admitted():
                self.phase = "running"
                return ["start"]
            case "running", Finished():
                self.phase = "ended"
                return ["deliver"]
            case "approval", Denied(reason):
                return self._give_up(reason)
            case "checking" | "approval" | "queued" | "running", Stopped(reason):
                return self._give_up(reason)
        return []

    def _give_up(self, reason: str) -> list[Effect]:
        began = self.phase in ("checking", "running")
        self.phase, self.reason = "ended", reason
        return ["abort", "deliver"] if began else ["deliver"]
