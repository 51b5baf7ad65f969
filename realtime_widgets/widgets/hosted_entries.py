"""How the transcript shows tools that the service calls by itself (hosted MCP). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.mcp_approvals import CALL_KIND, REQUEST_KIND, calls

if TYPE_CHECKING:
    from realtime_widgets.conversation import Item
    from realtime_widgets.core import SessionCore
    from realtime_widgets.widgets.messages import ToolCard

#: Items that a card shows.
CARDS = (CALL_KIND, REQUEST_KIND)


def hosted_name(item: Item) -> str:
    """Return what a call of the service's is called for people."""
    return f"{item.server_label}.{item.name}" if item.server_label else item.name


def is_shown(core: SessionCore, item: Item) -> bool:
    """Whether an item has a card of its own; a request that led to a call is on the call's."""
    return item.kind == CALL_KIND or not any(calls(other, item.id) for other in core.conversation)


def fill_card(core: SessionCore, item: Item, card: ToolCard, closed: bool) -> None:
    """Put into a blank card how a call or a request for consent stands."""
    if item.kind == CALL_KIND:
        _fill_call(item, card, closed)
        return
    request = core.approvals.requests.get(item.id)
    if request is None:
        return
    if request.lost or (closed and request.open):
        card["state"], card["error"] = "error", "the connection ended before anybody answered"
    elif request.open:
        card["call_id"], card["state"] = request.id, "approval"
        if request.limit_s is not None:
            card["note"] = f"Without an answer it is refused after {request.limit_s:g} s."
    elif request.approved:
        card["state"], card["result"] = "done", "you allowed it; the service calls it"
    else:
        card["state"], card["error"] = "error", request.reason


def _fill_call(item: Item, card: ToolCard, closed: bool) -> None:
    if item.error:
        card["state"], card["error"] = "error", item.error
    elif item.state == "completed":
        card["state"], card["result"] = "done", item.output
    elif item.state == "incomplete" or closed:
        card["state"], card["error"] = "error", "the response ended before the call did"
    else:
        card["state"], card["note"] = "running", "The service calls it."


def listing_text(item: Item) -> str:
    """Tell how the service's listing of a server's tools stands."""
    server = item.server_label or "an MCP server"
    if item.error:
        return f"The service could not list the tools of {server}: {item.error}."
    if item.state == "in_progress":
        return f"The service asks {server} for its tools …"
    return f"The model can call tools of {server}{f': {item.output}' if item.output else ''}."
