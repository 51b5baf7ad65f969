"""What a service sends that calls a tool of an MCP server by itself, and asks the person first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.testing import emit, expect

if TYPE_CHECKING:
    from realtime_widgets.testing.script import Step

REQUEST = {
    "id": "item_m1",
    "type": "mcp_approval_request",
    "server_label": "docs",
    "name": "search",
    "arguments": '{"q": "tools"}',
}
CALL = {**REQUEST, "id": "item_c1", "type": "mcp_call", "approval_request_id": "item_m1", "output": "three pages"}


def response(number: int, status: str, *output: Any, matched: Any = None) -> dict[str, Any]:
    metadata = matched[-1]["response"]["metadata"] if matched else None
    fields = {"id": f"resp_{number}", "object": "realtime.response", "conversation_id": "conv_1"}
    return {**fields, "status": status, "metadata": metadata, "output": list(output)}


def begins(number: int) -> Step:
    created = emit("response.created", response=lambda matched: response(number, "in_progress", matched=matched))
    return expect("response.create").then(created)


def asked() -> list[Step]:
    """The user's question, and a response that ends with the wish to call a tool."""
    question = expect("conversation.item.create", item={"role": "user"})
    added = emit("conversation.item.added", item=lambda matched: {"id": "item_u1", **matched[-1]["item"]})
    return [
        question.then(added),
        begins(1),
        emit("response.output_item.added", response_id="resp_1", output_index=0, item=REQUEST),
        emit("conversation.item.added", item=REQUEST),
        emit("conversation.item.done", item=REQUEST),
        emit("response.output_item.done", response_id="resp_1", output_index=0, item=REQUEST),
        emit("response.done", response=response(1, "completed", REQUEST)),
    ]


def answered(approve: bool, **fields: Any) -> Step:
    item = {"type": "mcp_approval_response", "approval_request_id": "item_m1", "approve": approve, **fields}
    return expect("conversation.item.create", item=item).then(
        emit("conversation.item.added", item=lambda matched: matched[-1]["item"])
    )


def says(number: int, text: str, *before: Any) -> list[Step]:
    words = {"type": "output_text", "text": text}
    message = {"id": f"item_a{number}", "type": "message", "role": "assistant", "content": [words]}
    named = f"resp_{number}"
    items = [*before, message]
    done = [
        emit("response.output_item.done", response_id=named, output_index=index, item=item)
        for index, item in enumerate(items)
    ]
    return [*done, emit("response.done", response=response(number, "completed", *items))]
