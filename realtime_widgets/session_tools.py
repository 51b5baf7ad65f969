"""A session's tools as a person registers, replaces and borrows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.session_state import SessionState
from realtime_widgets.tools.changes import describe_change
from realtime_widgets.tools.mcp import McpServers

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.tools import ToolChange, ToolRegistry


class SessionTools(SessionState):
    """The part of a session that has to do with tools.

    Attributes
    ----------
    tools
        All tools, by name: list, call, disable and remove them here.
    mcp
        MCP servers whose tools the model may call: ``await session.mcp.add("uvx mcp-server-time")``.
    """

    tools: ToolRegistry
    mcp: McpServers

    def tool(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Register a function that the model may call; running the cell again replaces it.

        Where the signature or the description changed, the cell shows how; the model is told between two
        responses, and until then its calls, like those that are running, end on the old code.

        Works with and without parentheses; `options` are those of `ToolRegistry.add`. The function is
        returned unchanged. Sync functions run in a worker thread, async ones on the notebook's loop, unless
        an option says otherwise; see `ToolOptions`. An interruption stops the voice and not the tools: a call
        ends early by the button on its card, by `calls`, by its time limit, and with the session.
        """
        return self.tools.add(function, **options)

    def _follow_tools(self) -> None:
        """Tell the model of changes from now on, and end borrowed servers with the session."""
        self.tools.on_change(self._tool_changed)
        self.mcp = McpServers(self.tools, lambda text: self._engine.call(self._runtime.problem, text))
        self._engine.call(self._runtime.observe, self._end_with_session)

    def _tool_changed(self, change: ToolChange) -> None:
        if difference := describe_change(change):
            if change.new and change.new.origin:
                self._engine.call(self._runtime.tell, f"{difference.splitlines()[0][:-1]} ({change.new.origin}).")
            else:
                print(difference)  # in the cell that replaced the tool
        self._engine.call(self._runtime.update_tools)

    def _end_with_session(self) -> None:
        if self._runtime.state == "closed":
            self.mcp.end()
