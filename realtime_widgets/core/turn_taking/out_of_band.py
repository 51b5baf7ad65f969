"""Asides: responses outside the conversation, which may see it and never change it. Pure.

They run at the same time as the conversation's own response, so they are not in the response queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.turn_taking.response_queue import REQUEST_KEY
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.items import Conversation, Response
    from realtime_widgets.core.conversation.turns import Turn


class Asides:
    """Requests of responses outside the conversation, and the turns that wait for them.

    Parameters
    ----------
    conversation
        What an aside may refer to; responses that are asides are marked in it.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        #: Turns that wait, by the id of their request.
        self._waiting: dict[str, Turn] = {}
        self._turns: dict[str, Turn] = {}

    @property
    def waiting(self) -> list[str]:
        """Ids of the requests whose responses have not begun."""
        return list(self._waiting)

    @property
    def running(self) -> list[str]:
        """Ids of the responses that are made."""
        return list(self._turns)

    def request(
        self, turn: Turn, request_id: str, item: ev.JsonObject, context: bool, settings: ev.JsonObject
    ) -> list[Command]:
        """Ask for a response to `item` alone, or with the conversation before it."""
        self._waiting[request_id] = turn
        before = self._references() if context else []
        response = {
            "output_modalities": ["text"],
            "tool_choice": "none",
            **settings,
            "conversation": "none",
            "metadata": {**settings.get("metadata", {}), REQUEST_KEY: request_id},
            "input": [*before, item],
        }
        return [Send(ev.ResponseCreate(event_id=request_id, response=response))]

    def created(self, response: Response) -> bool:
        """Note a response that began; returns whether it is an aside."""
        request_id = response.metadata.get(REQUEST_KEY, "")
        if response.out_of_band and not request_id and self._waiting:
            request_id = next(iter(self._waiting))  # a server that does not return metadata answers in order
        turn = self._waiting.pop(request_id, None)
        if turn is not None:
            self._turns[response.id] = turn
            turn.response_ids.append(response.id)
            response.out_of_band = True  # not every server says so
        return response.out_of_band

    def turn(self, response_id: str) -> Turn | None:
        """Return the turn that a response answers, if it is an aside."""
        return self._turns.get(response_id)

    def done(self, response: Response) -> Turn | None:
        """Note a response that ended; returns its turn, with the reason if it failed."""
        turn = self._turns.pop(response.id, None)
        if turn is not None and response.status != "completed":
            turn.interrupted = response.status == "cancelled"
            if response.status == "failed":
                turn.error = response.error or "the response failed"
                turn.error_code = response.error_code
        return turn

    def refused(self, request_id: str) -> Turn | None:
        """Note a refusal; returns the turn whose request it was."""
        return self._waiting.pop(request_id, None)

    def forget(self, response_id: str) -> Turn | None:
        """Wait no longer for the end of a response; returns its turn."""
        return self._turns.pop(response_id, None)

    def lost(self) -> list[Turn]:
        """Return the turns that wait, and forget them: their connection is gone."""
        turns = [*self._waiting.values(), *self._turns.values()]
        self._waiting.clear()
        self._turns.clear()
        return turns

    def _references(self) -> list[ev.JsonObject]:
        """Name every item that the service has whole."""
        return [
            {"type": "item_reference", "id": item.id}
            for item in self._conversation
            if item.settled and not item.forgotten
        ]
