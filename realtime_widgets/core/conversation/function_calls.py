"""The model's tool calls: each runs once and is answered once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.items import Conversation
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.protocol import events as ev


#: Times the model may call tools for one question.
MAX_ROUNDS = 8
_REFUSED = "not run, for tools were called {} times for this question, which is the limit: answer without"


def check_max_rounds(max_rounds: int) -> None:
    """Check a limit of rounds.

    Raises
    ------
    ConfigurationError
        If it is no whole number above 0.
    """
    if isinstance(max_rounds, bool) or not isinstance(max_rounds, int) or max_rounds < 1:
        raise ConfigurationError(f"max_rounds must be a whole number above 0, not {max_rounds!r}")


class CallLedger:
    """Finds calls in what the service says; keeps which of them were answered.

    Parameters
    ----------
    conversation
        Holds the items of the calls.
    max_rounds
        Times the model may call tools for one question; after that it has to answer without.

    Attributes
    ----------
    all
        Every call, by call id.
    """

    def __init__(self, conversation: Conversation, max_rounds: int = MAX_ROUNDS) -> None:
        self.all: dict[str, ToolCall] = {}
        self.max_rounds = max_rounds
        self._conversation = conversation

    @property
    def waiting(self) -> bool:
        """Whether some call has no answer yet."""
        return any(not call.answered for call in self.all.values())

    def of(self, response_id: str) -> list[ToolCall]:
        """Calls of one response."""
        return [call for call in self.all.values() if call.response_id == response_id]

    def begin(self, call: ToolCall, turn: Turn) -> None:
        """Note that a call belongs to a turn; it is refused if the turn has had all its rounds."""
        turn.call_ids.append(call.call_id)
        if len(turn.response_ids) > self.max_rounds:
            call.refused = _REFUSED.format(self.max_rounds)

    def settings(self, turn: Turn) -> ev.JsonObject:
        """Return the settings of a turn's next response: its own, and after its last round no tools."""
        # Each response of a turn but the last one called tools, or the service's own tools.
        over = len(turn.response_ids) >= self.max_rounds
        return {**turn.settings, **({"tool_choice": "none"} if over else {})}

    def find(self, data: ev.JsonObject, response_id: str) -> ToolCall | None:
        """Return the call that a finished item of a response is, if it is new."""
        call_id = str(data.get("call_id") or "")
        finished = data.get("type") == "function_call" and data.get("status") != "incomplete"
        item = self._conversation.items.get(str(data.get("id")))
        if not finished or not call_id or call_id in self.all or item is None or item.beside:
            return None
        call = self.all[call_id] = ToolCall(call_id, item.id, response_id, item.name, item.arguments)
        return call

    def unnoticed(self, item_ids: list[str], response_id: str) -> list[ToolCall]:
        """Calls among a response's items that were never said to be finished."""
        items = [self._conversation.items.get(item_id) for item_id in item_ids]
        taken = [
            self.find({"type": item.kind, "id": item.id, "call_id": item.call_id}, response_id)
            for item in items
            if item and item.kind == "function_call" and item.state == "completed"
        ]
        return [call for call in taken if call]
