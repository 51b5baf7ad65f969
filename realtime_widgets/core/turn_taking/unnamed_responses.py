"""Finds the response of an event if the server does not name it, or never said that it began. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.conversation.items import Conversation
    from realtime_widgets.core.turn_taking.response_queue import ResponseQueue

    OfResponse = ev.ContentEvent | ev.OutputItemAdded | ev.OutputItemDone | ev.FunctionArgumentsDone


class UnnamedResponses:
    """Gives events without a response's id the id that they are about.

    Parameters
    ----------
    conversation, queue
        The session's conversation, and its queue of responses.
    expects_response
        Whether the service is about to answer by itself.
    new_id
        Makes ids of the session's own.
    begin
        Applies the beginning of a response that the server did not announce.
    """

    def __init__(
        self,
        conversation: Conversation,
        queue: ResponseQueue,
        expects_response: Callable[[], bool],
        new_id: Callable[[str], str],
        begin: Callable[[ev.ResponseCreated], list[Command]],
    ) -> None:
        self._conversation, self._queue = conversation, queue
        self._expects_response, self._new_id, self._begin = expects_response, new_id, begin
        #: What a response without an id began with, until its first event.
        self._begun: ev.JsonObject | None = None

    def created(self, event: ev.ResponseCreated) -> bool:
        """Whether a response that begins has an id; one without begins at its first event."""
        self._begun = None if event.response.get("id") else event.response
        return self._begun is None

    def lost(self) -> None:
        """Forget a response without an id: its connection is gone."""
        self._begun = None

    def belongs(self, event: OfResponse) -> list[Command]:
        """Find the response of an event, if the server does not say which it is, or that it began."""
        if event.response_id in self._conversation.responses:
            return []
        item_id = (
            event.item.get("id") if isinstance(event, ev.OutputItemAdded | ev.OutputItemDone) else event.item_id
        )
        item = self._conversation.items.get(str(item_id))
        if not event.response_id and item and item.response_id:
            event.response_id = item.response_id
            return []
        event.response_id, commands = self._find(event.response_id, {})
        return commands

    def ended(self, event: ev.ResponseDone) -> list[Command]:
        """Find the response that ends, if the server does not say which it is, or that it began."""
        response_id = str(event.response.get("id") or "")
        if response_id in self._conversation.responses:
            return []
        found, commands = self._find(response_id, {"metadata": event.response.get("metadata")})
        event.response = {**event.response, "id": found or self._new_id("unnamed")}  # a response of nobody's
        return commands

    def _find(self, response_id: str, begun: ev.JsonObject) -> tuple[str, list[Command]]:
        """Return the id of a response that nobody knows, and what follows if it begins with that."""
        running, nameless = self._queue.active_id, self._begun
        if not response_id and nameless is None:
            if running:
                return running, []
            if not self._queue.in_flight and not self._expects_response():
                return next(reversed(self._conversation.responses), ""), []
        response_id = response_id or self._new_id("unnamed")
        return response_id, self._begin(
            ev.ResponseCreated(response={**begun, **(nameless or {}), "id": response_id})
        )
