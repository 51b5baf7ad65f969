"""Lets the user delete and rewrite what was said earlier, in the model's conversation and in the own one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Send
from realtime_widgets.core.conversation.items import Content
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.conversation.items import Conversation, Item
    from realtime_widgets.core.conversation.pending_items import PendingItems


class Editing:
    """Changes items that stand in the conversation.

    Parameters
    ----------
    conversation
        The conversation.
    new_id
        Of the session's core.
    rewrite
        Puts an item's words in its place in the model's conversation.
    own
        Own items that are on their way.
    """

    def __init__(
        self,
        conversation: Conversation,
        new_id: Callable[[str], str],
        rewrite: Callable[[Item], list[Command]],
        own: PendingItems,
    ) -> None:
        self._own = own
        self._conversation = conversation
        self._new_id = new_id
        self._rewrite = rewrite

    def delete(self, item_id: str) -> list[Command]:
        """Take a message out of the talk, for the model and for the user.

        Raises
        ------
        ConfigurationError
            If there is no such message, or if it is not complete.
        """
        item = self._message(item_id)
        own = [name for name, stands_for in self._conversation.aliases.items() if stands_for == item_id]
        if item.forgotten or own:
            # The service has no item of this id any more, but maybe words in its place.
            for name in own:
                del self._conversation.aliases[name]
            self._conversation.drop(item_id)
        # Any other one goes once the service says that it did.
        gone = own or ([] if item.forgotten else [item_id])
        return [Send(ev.ItemDelete(event_id=self._new_id("delete"), item_id=each)) for each in gone]

    def edit(self, item_id: str, text: str) -> list[Command]:
        """Put other words in the place of a message: the model has had these all along.

        Raises
        ------
        ConfigurationError
            If there is no such message, it is not complete or has images, or `text` is empty.
        """
        item = self._message(item_id)
        if not text.strip():
            raise ConfigurationError("a message cannot be left without words: delete it instead")
        if item.images:
            raise ConfigurationError("a message with images cannot be edited: delete it, and say it anew")
        before = [name for name, stands_for in self._conversation.aliases.items() if stands_for == item_id]
        gone: list[Command] = [
            Send(ev.ItemDelete(event_id=self._new_id("delete"), item_id=each)) for each in before
        ]
        item.contents, item.edited = {0: Content("text", text.strip())}, True
        delete, *put = self._rewrite(item)
        for name in before:
            del self._conversation.aliases[name]
        if not before and not item.forgotten:
            gone.append(delete)
        item.forgotten = False
        return [*gone, *put]

    def replace_output(self, call_id: str, output: str) -> list[Command]:
        """Give the model another output of a tool call in place of the one that it has.

        Raises
        ------
        ConfigurationError
            If the model has no output of such a call.
        """
        item = next(
            (
                each
                for each in self._conversation
                if each.kind == "function_call_output" and each.call_id == call_id
            ),
            None,
        )
        if item is None:
            raise ConfigurationError("the model has no result of this call yet")
        aliases = self._conversation.aliases
        served = next((name for name, stands_for in reversed(aliases.items()) if stands_for == item.id), item.id)
        new = {
            "id": self._new_id("output"),
            "type": "function_call_output",
            "call_id": call_id,
            "output": output,
        }
        before = self._conversation.known_before(item.id)
        aliases.pop(served, None)
        aliases[str(new["id"])] = item.id
        item.output = output
        delete = ev.ItemDelete(event_id=self._new_id("delete"), item_id=served)
        event_id = self._own.put_back(self._new_id("behind"), new, item.id)
        return [Send(delete), Send(ev.ItemCreate(event_id=event_id, item=new, previous_item_id=before))]

    def _message(self, item_id: str) -> Item:
        item = self._conversation.items.get(item_id)
        if item is None or item.kind != "message" or item.beside:
            raise ConfigurationError(f"there is no message {item_id!r} in this talk")
        if item.state == "in_progress":
            raise ConfigurationError("this message is still being said: wait until it is complete")
        return item
