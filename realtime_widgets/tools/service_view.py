"""The tools as the service knows them, and which code a call of the model means. Pure."""

from __future__ import annotations

from collections import deque
from copy import copy
from typing import TYPE_CHECKING, Any

from realtime_widgets.protocol import events as ev
from realtime_widgets.tools.offer import Entry, Offer
from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from realtime_widgets.tools.registry import ToolRegistry
    from realtime_widgets.tools.tool import Tool


class ServiceView:
    """Keeps track of the tools that the service knows, so that calls run the right code while a tool is replaced.

    Changes are sent to the service between two responses. A response that began before may still call with the old
    signature: such a call runs the code that the signature belongs to. New code with the same signature and
    description is used at once, and nothing has to be sent. A tool that the service refuses is left out alone
    until it is added again; see `Offer`.

    Parameters
    ----------
    registry
        The current tools.
    """

    def __init__(self, registry: ToolRegistry) -> None:
        self._registry = registry
        self._offer = self._before = Offer([], [])
        #: The latest update, and all whose answers have not come.
        self._update_id = ""
        self._unanswered: deque[str] = deque()
        self._told: dict[str, Tool] = {}
        self._news: list[tuple[str, str]] = []
        self._requested: set[str] = set()
        self._response_id = ""

    def sent(self, event: ev.ClientEvent) -> None:
        """Record an event that is sent to the service."""
        if isinstance(event, ev.ResponseCreate):
            self._requested.add(event.event_id)

    def received(self, event: ev.AnyServerEvent) -> bool:
        """Record an event of the service, and return whether an update may be due after it."""
        match event:
            case ev.ResponseCreated(response={"conversation_id": None}):
                pass
            case ev.ResponseCreated(response=response):
                self._requested.clear()
                self._response_id = str(response.get("id") or "")
                if self._unanswered:  # by a server that says nothing of updates that it accepts
                    self._unanswered.clear()
                    self._accept()
            case ev.ResponseDone(response={"id": str(response_id)}) if response_id == self._response_id:
                self._response_id = ""
                return True
            case ev.ErrorEvent(error=error) if error.event_id in self._requested:
                self._requested.remove(error.event_id)
                return True
            case ev.ErrorEvent(error=error) if self._is_mine(error):
                return self._apply_refusal(error)
            case ev.SessionUpdated() if self._unanswered:
                if self._unanswered.popleft() == self._update_id:
                    self._accept()
                    return True
        return False

    def _is_mine(self, error: ev.ErrorDetail) -> bool:
        """Whether an error is the answer to an update; some servers do not say which event is meant."""
        if error.event_id:
            return error.event_id in (self._update_id, *self._unanswered)
        return bool(self._unanswered) and str(error.param).startswith(("session.tools", "tools"))

    def _apply_refusal(self, error: ev.ErrorDetail) -> bool:
        """Apply a refusal, and return whether it was that of the latest update: an older one is outdated."""
        if not self._unanswered:
            self._offer = self._before  # another answer was taken for this one's
        answered = error.event_id or self._unanswered[0]
        while self._unanswered and self._unanswered.popleft() != answered:
            pass
        if answered != self._update_id:
            return False
        if not self._refuse(error):
            text = one_line(error.message)
            self._news.append(("", f"The service did not accept the change of the tools: {text}"))
        return True

    @property
    def due(self) -> bool:
        """Whether the service does not know the current tools, and no response is running or requested."""
        if self._requested or self._response_id:
            return False
        return self._wanted() != self._offer.wanted or not (self._unanswered or self._offer.settled)

    @property
    def settled(self) -> bool:
        """Whether the service has answered for all of the current tools."""
        return not self._unanswered and self._offer.settled and self._wanted() == self._offer.wanted

    def announce(self, event_id: str = "") -> list[dict[str, Any]]:
        """Return what to send next in the shape of the protocol's ``session.tools``, and record it as known.

        Parameters
        ----------
        event_id
            Id of the update with which it is sent.
        """
        if (wanted := self._wanted()) != self._offer.wanted:
            self._offer = Offer(wanted, self._offer.actual)
        self._update_id = event_id
        self._unanswered.append(event_id)
        return self._sent()

    def restart(self) -> list[dict[str, Any]]:
        """Start over on a new connection, on which no response runs. Return the tools as `announce` does.

        The answer comes by `accepted` or `refused`, until neither returns tools to send.
        """
        self._requested.clear()
        self._response_id = self._update_id = ""
        self._unanswered.clear()
        self._offer = Offer(self._wanted())
        return self._sent()

    def accepted(self) -> list[dict[str, Any]] | None:
        """Apply that the new connection accepted the tools; returns what to send next, or None."""
        self._accept()
        return None if self._offer.settled else self._sent()

    def refused(self, error: ev.ErrorDetail) -> list[dict[str, Any]] | None:
        """Apply that the new connection refused its settings; returns the tools to try next.

        None if the tools are not the reason.
        """
        return self._sent() if self._refuse(error) else None

    def _accept(self) -> None:
        self._before = copy(self._offer)
        self._offer.accepted()
        self._registry.told = frozenset(entry.name for entry in self._offer.entries)

    def _refuse(self, error: ev.ErrorDetail) -> bool:
        refusals = self._offer.refused(error)
        for refusal in refusals or ():
            entry, reason = refusal.entry, refusal.reason
            if self._registry.refuse(entry.name, entry.definition, reason):
                text = f"The service does not accept the tool {entry.name}; the model does not know it: {reason}"
                self._news.append((entry.name, text))
        actual = self._offer.actual or []
        self._told = _tools(actual)
        self._registry.told = frozenset(entry.name for entry in actual)
        return refusals is not None

    def take_news(self) -> list[tuple[str, str]]:
        """Return the names of newly refused tools with texts for the user; "" if no single tool is at fault."""
        news, self._news = self._news, []
        return news

    def _wanted(self) -> list[Entry]:
        refused = self._registry.refused
        tools = [Entry(tool.name, tool.definition(), tool) for tool in self._registry.values() if tool.enabled]
        hosted = [Entry(label, server.definition()) for label, server in self._registry.hosted.items()]
        return [entry for entry in (*tools, *hosted) if entry.name not in refused]

    def _sent(self) -> list[dict[str, Any]]:
        entries = self._offer.entries
        self._told = _tools(entries)
        return [entry.definition for entry in entries]

    def to_run(self, name: str) -> tuple[Tool | None, str]:
        """Return the tool for a call and an empty text, or None and the error text for the model."""
        tool, missing = self._registry.to_run(name)
        told = self._told.get(name)
        if tool is not None and told is not None and told.definition() != tool.definition():
            return told, ""
        return tool, missing


def _tools(entries: list[Entry]) -> dict[str, Tool]:
    return {entry.name: entry.tool for entry in entries if entry.tool is not None}
