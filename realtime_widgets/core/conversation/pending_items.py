"""Items of our own that were sent and have not come back as part of the conversation. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject


#: How the event ids of items begin that are put in for some that the conversation has.
PUT_BACK = "rw_restore:"


class PendingItems:
    """Own items that were sent and have not come back as part of the conversation."""

    def __init__(self) -> None:
        self._items: dict[str, JsonObject] = {}

    def sent(self, event_id: str, item: JsonObject) -> None:
        """Note an item that goes out."""
        self._items[event_id] = item

    def put_back(self, number: str, item: JsonObject, item_id: str) -> str:
        """Note an item that goes out for one that the conversation has (`item_id`); returns its event id."""
        event_id = f"{PUT_BACK}{number}:{item_id}"
        self.sent(event_id, item)
        return event_id

    def came(self, item: JsonObject) -> tuple[str, JsonObject] | None:
        """Note an item of the service's; returns the own one that it is, after its event id."""
        for event_id, own in self._items.items():
            if _same(own, item):
                return event_id, self._items.pop(event_id)
        return None

    def refused(self, event_id: str) -> JsonObject | None:
        """Note a refusal; returns the item that was refused."""
        return self._items.pop(event_id, None)

    def take(self) -> dict[str, JsonObject]:
        """Return all of them by event id, and forget them."""
        items, self._items = self._items, {}
        return items


def _same(own: JsonObject, item: JsonObject) -> bool:
    if own.get("id") and own["id"] == item.get("id"):
        return True
    names = ("type", "role", "call_id")
    return all(own.get(name) == item.get(name) for name in names) and _parts(own) == _parts(item)


def _parts(item: JsonObject) -> list[str]:
    """List the texts and images of an item; of an image only that it is there."""
    parts = [part for part in item.get("content") or [] if isinstance(part, dict)]
    images = [part for part in parts if part.get("type") == "input_image"]
    return [str(part["text"]) for part in parts if part.get("text")] + ["image"] * len(images)
