"""What a page sends to its widgets, and what the user is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.io_thread import shared_engine

if TYPE_CHECKING:
    from realtime_widgets import KeyPrompt, RealtimeSession

PAGE = "page"


def send(widget: Any, content: Any, *buffers: bytes) -> None:
    """Do what a page does that sends a message."""
    views = [memoryview(buffer) for buffer in buffers]
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": views})


def problems(session: RealtimeSession) -> list[str]:
    """Return the errors that the transcript shows."""
    notices = shared_engine().run(lambda: [*session.runtime.core.notices])
    return [notice.text for notice in notices if notice.kind == "error"]


def typed(prompt: KeyPrompt, key: str) -> list[Any]:
    """Do what the page does when a key is put into the field; gives what is left of the message's buffers."""
    buffers: list[Any] = [memoryview(key.encode())]
    message = {"content": {"data": {"method": "custom", "content": {"type": "key"}}}, "buffers": buffers}
    prompt._handle_msg(message)
    return buffers
