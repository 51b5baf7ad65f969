"""Asides: responses beside the conversation, which hear it or not and leave no trace in it. Pure.

They run beside the conversation's own response, so the sequencer knows nothing of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol import events as ev
from realtime_widgets.sequencer import REQUEST_KEY
from realtime_widgets.turns import Command, Send, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.conversation import Conversation, Response


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
        """Take a response that began; whether it is an aside."""
        turn = self._waiting.pop(response.metadata.get(REQUEST_KEY, ""), None)
        if turn is not None:
            self._turns[response.id] = turn
            turn.response_ids.append(response.id)
            response.out_of_band = True  # not every server says so
        return response.out_of_band

    def turn(self, response_id: str) -> Turn | None:
        """Return the turn that a response answers, where it is an aside."""
        return self._turns.get(response_id)

    def done(self, response: Response) -> Turn | None:
        """Take a response that ended; gives its turn, with the reason where it failed."""
        turn = self._turns.pop(response.id, None)
        if turn is not None and response.status != "completed":
            turn.interrupted = response.status == "cancelled"
            if response.status == "failed":
                turn.error = response.error or "the response failed"
                turn.error_code = response.error_code
        return turn

    def refused(self, request_id: str) -> Turn | None:
        """Take a refusal; gives the turn whose request it was."""
        return self._waiting.pop(request_id, None)

    def lost(self) -> list[Turn]:
        """Give the turns that wait, and forget them: their connection is gone."""
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


def aside_settings(spoken: bool, instructions: str | None, metadata: Mapping[str, str]) -> ev.JsonObject:
    """Bring what a person asks of an aside into the protocol's shape.

    Raises
    ------
    ConfigurationError
        Where the metadata is more than the service takes: 15 pairs of text, for one is the session's own.
    """
    settings: ev.JsonObject = {"output_modalities": ["audio" if spoken else "text"]}
    if instructions is not None:
        settings["instructions"] = instructions
    settings["metadata"] = dict(metadata)
    for key, value in settings["metadata"].items():
        if not isinstance(key, str) or not isinstance(value, str) or len(key) > 64 or len(value) > 512:
            raise ConfigurationError(
                f"metadata {key!r} cannot be used: names and values are text, of up to 64 and 512 characters"
            )
    if REQUEST_KEY in metadata:
        raise ConfigurationError(f"metadata must not be called {REQUEST_KEY!r}: that is the session's own")
    if len(metadata) > 15:
        raise ConfigurationError(f"metadata may have 15 entries, not {len(metadata)}")
    return settings
