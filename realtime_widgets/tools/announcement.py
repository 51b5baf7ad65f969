"""What the service was told of the tools, and which code a call of the model means. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from realtime_widgets.tools.registry import ToolRegistry
    from realtime_widgets.tools.tool import Tool


class Announcement:
    """Keeps calls and code together while a tool is replaced.

    Between two responses the service is told what changed. A response that was begun before may still call
    by the old signature: such a call runs on the code that the signature belongs to. New code under the same
    signature and description counts at once, and needs no telling.

    Parameters
    ----------
    registry
        The tools as they are now.
    """

    def __init__(self, registry: ToolRegistry) -> None:
        self._registry = registry
        self._told: dict[str, Tool] = {}
        self._told_hosted: list[dict[str, Any]] = []
        self._requested: set[str] = set()
        self._response_id = ""

    def sent(self, event: ev.ClientEvent) -> None:
        """Note an event on its way to the service."""
        if isinstance(event, ev.ResponseCreate):
            self._requested.add(event.event_id)

    def received(self, event: ev.AnyServerEvent) -> bool:
        """Note an event of the service; gives whether it ended a response, or the wait for one."""
        match event:
            case ev.ResponseCreated(response={"conversation_id": None}):
                pass
            case ev.ResponseCreated(response=response):
                self._requested.clear()
                self._response_id = str(response.get("id") or "")
            case ev.ResponseDone(response={"id": str(response_id)}) if response_id == self._response_id:
                self._response_id = ""
                return True
            case ev.ErrorEvent(error=error) if error.event_id in self._requested:
                self._requested.remove(error.event_id)
                return True
        return False

    @property
    def due(self) -> bool:
        """Whether the service does not know the tools as they are, and this is the moment to tell it."""
        if self._requested or self._response_id:
            return False
        now = [tool.definition() for tool in self._registry.values() if tool.enabled]
        return now != [tool.definition() for tool in self._told.values()] or self._hosted() != self._told_hosted

    def take(self) -> list[dict[str, Any]]:
        """Return the tools as the protocol's ``session.tools`` has them, which counts as told."""
        self._told = {tool.name: tool for tool in self._registry.values() if tool.enabled}
        self._told_hosted = self._hosted()
        return [*(tool.definition() for tool in self._told.values()), *self._told_hosted]

    def _hosted(self) -> list[dict[str, Any]]:
        return [server.definition() for server in self._registry.hosted.values()]

    def restart(self) -> list[dict[str, Any]]:
        """Begin with a new connection, where nothing runs; returns the tools to tell it, as `take` does."""
        self._requested.clear()
        self._response_id = ""
        return self.take()

    def to_run(self, name: str) -> tuple[Tool | None, str]:
        """Return the tool for a call of the model, or None and what to tell it instead."""
        tool, missing = self._registry.to_run(name)
        told = self._told.get(name)
        if tool is not None and told is not None and told.definition() != tool.definition():
            return told, ""
        return tool, missing
