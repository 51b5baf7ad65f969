"""The model's tool calls: each runs once and is answered once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.turns import ToolCall

if TYPE_CHECKING:
    from realtime_widgets.conversation import Conversation
    from realtime_widgets.protocol import events as ev


class CallLedger:
    """Finds calls in what the service says; keeps which of them were answered.

    Attributes
    ----------
    all
        Every call, by call id.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.all: dict[str, ToolCall] = {}
        self._conversation = conversation

    @property
    def waiting(self) -> bool:
        """Whether some call has no answer yet."""
        return any(not call.answered for call in self.all.values())

    def of(self, response_id: str) -> list[ToolCall]:
        """Calls of one response."""
        return [call for call in self.all.values() if call.response_id == response_id]

    def take(self, data: ev.JsonObject, response_id: str) -> ToolCall | None:
        """Take a finished item of a response; gives the call it is, where that is new."""
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
            self.take({"type": item.kind, "id": item.id, "call_id": item.call_id}, response_id)
            for item in items
            if item and item.kind == "function_call" and item.state == "completed"
        ]
        return [call for call in taken if call]
