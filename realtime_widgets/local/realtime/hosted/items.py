"""How a brain reads calls of MCP servers: as calls of functions with their results. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from realtime_widgets.local.mcp.definitions import Offer
    from realtime_widgets.local.realtime.conversation.conversation import Item

_APPROVAL_REQUEST, _APPROVAL_RESPONSE = "mcp_approval_request", "mcp_approval_response"


def for_brain(items: Sequence[Item], offer: Offer) -> list[dict[str, Any]]:
    """Return items as a brain reads them.

    A call of an MCP server and a refused request for one become a call with an output; a list of tools, an open
    request and an answer to one are left out.

    Parameters
    ----------
    items
        Items of the conversation, oldest first.
    offer
        The names by which the brain knows the tools.
    """
    answers = [item.wire for item in items if item.wire["type"] == _APPROVAL_RESPONSE]
    refused = {answer["approval_request_id"]: answer for answer in answers if not answer["approve"]}
    return [read for item in items for read in _read(item, offer, refused)]


def _read(item: Item, offer: Offer, refused: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    wire = item.wire
    match wire["type"]:
        case "mcp_list_tools" | "mcp_approval_response":
            return
        case "mcp_call":
            error = wire.get("error")
            yield from _call(wire, offer, wire.get("output") if error is None else _failure(error.get("message")))
        case "mcp_approval_request":
            if (answer := refused.get(item.id)) is not None:
                reason = f": {answer['reason']}" if answer.get("reason") else ""
                yield from _call(wire, offer, _failure(f"the user did not allow this call{reason}"))
        case _:
            yield item.for_brain()


def _call(wire: Mapping[str, Any], offer: Offer, output: str | None) -> Iterator[dict[str, Any]]:
    yield {
        "id": wire["id"],
        "object": "realtime.item",
        "type": "function_call",
        "status": "completed",
        "call_id": wire["id"],
        "name": offer.name_of(wire["server_label"], wire["name"]),
        "arguments": wire["arguments"],
    }
    if output is not None:
        common = {"id": f"{wire['id']}_output", "object": "realtime.item", "status": "completed"}
        yield {**common, "type": "function_call_output", "call_id": wire["id"], "output": output}


def _failure(message: object) -> str:
    return json.dumps({"error": message}, ensure_ascii=False)
