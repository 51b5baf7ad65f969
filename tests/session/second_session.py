"""A lost conversation in another session, as the server sees it."""

from __future__ import annotations

from typing import Any

from realtime_widgets.testing import Talk
from realtime_widgets.testing.scripted_server.client_items import accept_item


def second_talk() -> Talk:
    """Return a talk whose ids are none of the first one's."""
    talk = Talk()
    for _ in range(20):
        talk._new_id("item")
        talk._new_id("resp")
    return talk


HISTORY = [("user", "Hi"), ("assistant", "Hello")]


def put_back(*items: tuple[str, str]) -> list[Any]:
    """Expect a conversation to be put back, as text."""
    kinds = {"assistant": "output_text", "user": "input_text"}
    return [
        accept_item({"type": "message", "role": role, "content": [{"type": kinds[role], "text": text}]})
        for role, text in items
    ]
