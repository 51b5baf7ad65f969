"""The commands by which the core of a session has things done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.core.playback.commands import Play, Silence

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.approvals import ApprovalRequest
    from realtime_widgets.core.conversation.turns import ToolCall, Turn
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.safety.verdict import Checked


@dataclass(frozen=True)
class Send:
    """Send this event."""

    event: ev.ClientEvent


@dataclass(frozen=True)
class Wake:
    """Pass this id to `SessionCore.wake` after `seconds`."""

    id: str
    seconds: float


@dataclass(frozen=True)
class RunTool:
    """Run this tool call and pass its output to `SessionCore.tool_finished`."""

    call: ToolCall


@dataclass(frozen=True)
class AskApproval:
    """Ask the user for approval, and pass the answer to `SessionCore.decide_approval`."""

    request: ApprovalRequest


@dataclass(frozen=True)
class RunCheck:
    """Run the checks of a place, and pass their verdict to `SessionCore.decided`."""

    id: str
    checked: Checked


@dataclass(frozen=True)
class TurnEnded:
    """This turn is over."""

    turn: Turn


Command = Send | Play | Silence | Wake | RunTool | AskApproval | RunCheck | TurnEnded


def end_turn(turn: Turn) -> list[Command]:
    """End a turn, unless it is over."""
    if turn.done:
        return []
    turn.done = True
    return [TurnEnded(turn)]
