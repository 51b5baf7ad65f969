"""The events of a service that calls a tool of an MCP server by itself, after asking the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.testing import expect
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit

if TYPE_CHECKING:
    from realtime_widgets.testing.scripted_server.steps import Step

REQUEST = {
    "id": "item_m1",
    "type": "mcp_approval_request",
    "server_label": "docs",
    "name": "search",
    "arguments": '{"q": "tools"}',
}
CALL = {**REQUEST, "id": "item_c1", "type": "mcp_call", "approval_request_id": "item_m1", "output": "three pages"}


def response(number: int, status: str, *output: Any, matched: Any = None) -> dict[str, Any]:
    """Return a response as the service writes it; with `matched` it has the metadata of its request."""
    metadata = matched[-1]["response"]["metadata"] if matched else None
    return shapes.response(f"resp_{number}", status, output, metadata=metadata)


def begins(number: int) -> Step:
    """Return the step in which the service begins response `number`."""
    begun = shapes.response_created(lambda matched: response(number, "in_progress", matched=matched))
    return expect("response.create").then(Emit(begun))


def ends(number: int, *items: Any) -> list[Step]:
    """Return the steps in which response `number` ends, with these output items."""
    done = [shapes.output_item_done(f"resp_{number}", item, index) for index, item in enumerate(items)]
    return [Emit(event) for event in (*done, shapes.response_done(response(number, "completed", *items)))]


def takes(item: Any, **ours: Any) -> Step:
    """Return the step in which an item of the client joins the conversation; `ours` are fields it lacks."""
    added = shapes.item_added(lambda matched: {**ours, **matched[-1]["item"]})
    return expect("conversation.item.create", item=item).then(Emit(added))


def asked() -> list[Step]:
    """Return the steps of the user's question, and of a response that ends with a request to call a tool."""
    wish = (shapes.output_item_added("resp_1", REQUEST), shapes.item_added(REQUEST), shapes.item_done(REQUEST))
    return [takes({"role": "user"}, id="item_u1"), begins(1), *map(Emit, wish), *ends(1, REQUEST)]


def answered(approve: bool, **fields: Any) -> Step:
    """Return the step in which the user's approval or refusal reaches the service."""
    item = {"type": "mcp_approval_response", "approval_request_id": "item_m1", "approve": approve, **fields}
    return takes(item)


def says(number: int, text: str, *before: Any) -> list[Step]:
    """Return the steps in which response `number` says `text`, after the output items `before`."""
    message = shapes.message(f"item_a{number}", "assistant", {"type": "output_text", "text": text})
    return ends(number, *before, message)
