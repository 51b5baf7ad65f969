"""The life of one tool call, from its arrival to its only output. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Where a call is: its need for consent is looked at, a person is asked, it waits for an earlier call of its
#: tool, its code runs, it has its output.
Phase = Literal["checking", "approval", "queued", "running", "ended"]

#: What has to be done: ask the person, enter the tool's queue, start the code, stop the code, hand over the
#: call's one output.
Effect = Literal["ask", "queue", "start", "abort", "deliver"]


@dataclass(frozen=True)
class Checked:
    """It is known whether a person has to be asked."""

    ask: bool


@dataclass(frozen=True)
class Approved:
    """The person lets the call run."""


@dataclass(frozen=True)
class Denied:
    """The person refuses the call, or let the time for an answer pass."""

    reason: str


@dataclass(frozen=True)
class Admitted:
    """No earlier call stands in the way."""


@dataclass(frozen=True)
class Stopped:
    """The call is given up: by a person, its time limit, or the session's end."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """The code came to its end, well or not."""


LifeEvent = Checked | Approved | Denied | Admitted | Stopped | Finished


class CallLife:
    """Takes what happens to a call in whatever order, and asks for exactly one output.

    Attributes
    ----------
    phase : Phase
        Where the call is.
    reason : str
        Why it has no result of its own; empty where its code came to its end.
    """

    def __init__(self) -> None:
        self.phase: Phase = "checking"
        self.reason = ""

    def step(self, event: LifeEvent) -> list[Effect]:
        """Take one event; what comes too late or too early changes nothing."""
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
