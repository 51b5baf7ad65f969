"""Approvals of tools that the service calls by itself (hosted MCP): each request is answered once. Pure.

The protocol does not say whether a `response.create` is needed after answering a request whose response has ended.
We queue a `response.create` that is dropped if the service starts any response first (`Request.any_response`),
because that response takes the answer into account. So an answer does not lead to two responses, unless the
service starts and ends one by itself in less time than an event needs to reach it. Nothing is queued while the
request's own response still runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.items import Conversation, Item

REQUEST_KIND, CALL_KIND = "mcp_approval_request", "mcp_call"


@dataclass
class ApprovalRequest:
    """A call that the service wants the user's consent for.

    Attributes
    ----------
    id
        Of its item; what the answer names.
    server_label, name, arguments
        The call; `arguments` is JSON text.
    response_id
        Response that it belongs to.
    asked_at
        When the user was asked, on the session's clock, in seconds.
    limit_s
        Seconds after which it counts as refused; None if there is no limit.
    by_voice
        Whether a spoken or typed yes or no answers it.
    approved
        The answer; None while there is none.
    reason
        Of a refusal.
    lost
        Whether its connection went away: nobody can answer it any more.
    consent
        How the user answered, in words.
    """

    id: str
    server_label: str
    name: str
    arguments: str
    response_id: str
    asked_at: float = 0.0
    limit_s: float | None = None
    by_voice: bool = False
    approved: bool | None = None
    reason: str = ""
    lost: bool = False
    consent: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.approved is None and not self.lost


class McpApprovals:
    """Finds requests in what the service says, and keeps their answers.

    Attributes
    ----------
    requests
        Every request, by id.
    """

    def __init__(self, conversation: Conversation, new_id: Callable[[str], str]) -> None:
        self.requests: dict[str, ApprovalRequest] = {}
        self._conversation = conversation
        self._new_id = new_id

    @property
    def waiting(self) -> bool:
        """Whether some request waits for an answer."""
        return any(request.open for request in self.requests.values())

    def of(self, response_id: str) -> list[ApprovalRequest]:
        """Requests of one response."""
        return [request for request in self.requests.values() if request.response_id == response_id]

    def find(self, event: ev.AnyServerEvent, active_id: str | None) -> list[ApprovalRequest]:
        """Return the requests that are new in what the service says of items.

        Parameters
        ----------
        event
            After the conversation has taken it.
        active_id
            The response that runs, to which a request belongs that names none.
        """
        match event:
            case ev.ItemAdded() | ev.ItemDone() | ev.OutputItemAdded() | ev.OutputItemDone():
                ids = [str(event.item.get("id"))]
            case ev.ResponseDone():
                ids = [
                    str(item.get("id")) for item in event.response.get("output") or [] if isinstance(item, dict)
                ]
            case _:
                return []
        items = [self._conversation.items.get(item_id) for item_id in ids]
        return [
            request
            for item in items
            if item and item.kind == REQUEST_KIND and (request := self._taken(item, active_id))
        ]

    def answer(self, request_id: str, approve: bool, reason: str = "") -> ev.ItemCreate | None:
        """Answer a request; None if that was done, or cannot be any more."""
        request = self.requests.get(request_id)
        if request is None or not request.open:
            return None
        request.approved, request.reason = approve, reason
        item: ev.JsonObject = {
            "id": self._new_id("approval"),
            "type": "mcp_approval_response",
            "approval_request_id": request.id,
            "approve": approve,
        }
        if reason:
            item["reason"] = reason
        return ev.ItemCreate(event_id=self._new_id("consent"), item=item)

    def taken_in(self, request: ApprovalRequest) -> bool:
        """Whether the response that asked has gone on after the answer: with the call, or with words."""
        asking = self._conversation.items.get(request.id)
        place = asking.output_index if asking else 0
        return any(
            calls(item, request.id)
            or (item.kind == "message" and item.response_id == request.response_id and item.output_index > place)
            for item in self._conversation
        )

    def lost(self) -> list[ApprovalRequest]:
        """Note that the connection is gone; returns the requests that were not answered."""
        gone = [request for request in self.requests.values() if request.open]
        for request in gone:
            request.lost = True
        return gone

    def _taken(self, item: Item, active_id: str | None) -> ApprovalRequest | None:
        known = self.requests.get(item.id)
        if known is not None:
            known.response_id = item.response_id or known.response_id
            return None
        response_id = item.response_id or active_id or ""
        request = ApprovalRequest(item.id, item.server_label, item.name, item.arguments, response_id)
        self.requests[item.id] = request
        return request


def calls(item: Item, request_id: str) -> bool:
    """Whether an item is the call that a request led to, and not the answer to it, which names it too."""
    return item.kind == CALL_KIND and item.approval_request_id == request_id
