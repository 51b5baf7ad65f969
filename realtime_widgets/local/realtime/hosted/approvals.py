"""Calls of MCP servers that a person has to allow: each request is answered once. Pure.

A response ends with its requests. The guide of the service shows no ``response.create`` after an approval, so the
session goes on by itself once all requests of a response are answered: with the calls that were allowed, then with
the answer. If another response of the conversation begins earlier, it takes these calls along.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from realtime_widgets.local.api.errors import invalid_value

if TYPE_CHECKING:
    from realtime_widgets.local.mcp.definitions import HostedTool
    from realtime_widgets.local.realtime.conversation.conversation import Item

_T = TypeVar("_T")


@dataclass
class Request:
    """A call that needs consent.

    Attributes
    ----------
    item
        The request, an ``mcp_approval_request``.
    tool
        What is to be called.
    approved
        The answer; None while there is none.
    """

    item: Item
    tool: HostedTool
    approved: bool | None = None


@dataclass
class Asked(Generic[_T]):
    """The requests of one response, and what is needed to go on after them.

    Attributes
    ----------
    context
        What the caller needs to go on.
    in_conversation
        Whether the response is one of the conversation.
    requests
        Its requests.
    answers
        The items that answered them.
    over
        Whether the response has ended.
    """

    context: _T
    in_conversation: bool
    requests: list[Request] = field(default_factory=list)
    answers: list[Item] = field(default_factory=list)
    over: bool = False

    @property
    def answered(self) -> bool:
        """Whether no request is open any more, and none can follow."""
        return self.over and all(request.approved is not None for request in self.requests)

    def approved(self) -> list[Request]:
        """Return the requests that were allowed."""
        return [request for request in self.requests if request.approved]


class Approvals(Generic[_T]):
    """Keeps the requests of a session until they are answered and their calls made."""

    def __init__(self) -> None:
        self._asked: list[Asked[_T]] = []

    @property
    def pending(self) -> bool:
        """Whether there are requests, open or with calls that are not made yet."""
        return bool(self._asked)

    def ask(self, asked: Asked[_T]) -> None:
        """Keep the requests of a response."""
        self._asked.append(asked)

    def check(self, answer: dict[str, Any]) -> None:
        """Refuse an ``mcp_approval_response`` that answers nothing.

        Raises
        ------
        RequestRefusedError
            If there is no such request, or it is answered already.
        """
        self._find(answer)

    def answer(self, item: Item) -> None:
        """Apply an ``mcp_approval_response``."""
        asked, request = self._find(item.wire)
        request.approved = bool(item.wire["approve"])
        asked.answers.append(item)

    def take_along(self) -> list[Request]:
        """Take the allowed calls of the conversation, for a response of it that begins."""
        taken = []
        for asked in [each for each in self._asked if each.in_conversation]:
            approved = asked.approved()
            taken += approved
            asked.requests = [request for request in asked.requests if request.approved is None]
            if asked.over and not asked.requests:
                self._asked.remove(asked)
        return taken

    def due(self) -> Asked[_T] | None:
        """Return a response whose requests are all answered, after which to go on; None if there is none."""
        return next((asked for asked in self._asked if asked.answered), None)

    def drop(self, asked: Asked[_T]) -> None:
        """Forget requests: their calls are made now."""
        self._asked.remove(asked)

    def _find(self, answer: dict[str, Any]) -> tuple[Asked[_T], Request]:
        wanted = answer["approval_request_id"]
        for asked in self._asked:
            for request in asked.requests:
                if request.item.id == wanted and request.approved is None:
                    return asked, request
        text = f"There is no open approval request '{wanted}': it is unknown, or was answered."
        raise invalid_value(text, "item.approval_request_id")
