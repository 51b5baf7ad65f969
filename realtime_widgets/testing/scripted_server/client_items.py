"""Items that the client creates: a script expects them and lets them join the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit, Expect, expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.testing.scripted_server.matching import Event

#: An id, or a function of the client events matched so far that returns it.
ItemId = Any


def given_item(matched: Sequence[Event]) -> Event:
    """Return the item that the client has just sent, as it sent it."""
    item: Event = matched[-1]["item"]
    return item


def accept_item(item: Any, joined: Any = given_item, previous_item_id: ItemId = None) -> Expect:
    """Expect an item of the client and let it join the conversation.

    Parameters
    ----------
    item
        The item expected, or any matcher.
    joined
        A function of the client events matched so far that returns the item as the conversation holds it.
    previous_item_id
        The id of the item before it.
    """
    return expect("conversation.item.create", item=item).then(
        Emit(shapes.item_added(joined, previous_item_id)), Emit(shapes.item_done(joined, previous_item_id))
    )


class Chain:
    """The client's items in the order of the conversation, as far as the script is played.

    Attributes
    ----------
    last
        Ids of the last group of client items so far, after the id of the item before them.
    """

    def __init__(self) -> None:
        self.last: list[ItemId] = [None]

    def image_before(self, matched: Sequence[Event]) -> ItemId:
        """Add the item that the client has just sent to the last group and return the id of the one before it."""
        item_id = matched[-1]["item"].get("id")
        if item_id not in self.last:
            self.last.append(item_id)
        return self.last[self.last.index(item_id) - 1]


class ClientItem:
    """An item that the client creates, under its own id if it sends one, else under ours.

    Parameters
    ----------
    item_id
        The id if the client sends none.
    arrivals
        The item before and then the client's items as they come; items that may come in any order share this
        list.
    chain
        The chain that the item joins when it comes.
    """

    def __init__(self, item_id: str, arrivals: list[ItemId], chain: Chain) -> None:
        self.item_id = item_id
        self._arrivals = arrivals
        self._chain = chain

    def __call__(self, matched: Sequence[Event]) -> str:
        """Return the id of the item."""
        return self.item_id

    def previous(self, matched: Sequence[Event]) -> ItemId:
        """Return the id of the item before it."""
        self._chain.last = self._arrivals
        if self not in self._arrivals:
            self._arrivals.append(self)
        return self._arrivals[self._arrivals.index(self) - 1]

    def echo(self, matched: Sequence[Event]) -> Event:
        """Return the item that the client has just sent, as the conversation holds it."""
        sent = matched[-1]["item"]
        self.item_id = sent.get("id") or self.item_id
        return {"object": "realtime.item", "status": "completed", **sent, "id": self.item_id}
