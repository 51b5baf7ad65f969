"""The MCP servers of one session: each is listed once it is named, called, and left when the session ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, log_failure
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.mcp.client import McpClient, McpFailedError
from realtime_widgets.local.mcp.definitions import Offer, complete_tools, is_mcp, offer
from realtime_widgets.local.realtime.conversation.conversation import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_widgets.local.mcp.definitions import HostedTool
    from realtime_widgets.local.mcp.policy import McpPolicy
    from realtime_widgets.local.realtime.conversation.conversation import Conversation

#: What decides whether a server has to be reached anew.
_TARGET = ("server_url", "authorization", "headers")


class _Server:
    """One server: its description, its connection and, once it is listed, its tools."""

    def __init__(self, definition: Mapping[str, Any], policy: McpPolicy) -> None:
        self.definition = dict(definition)
        self._policy = policy
        self._client = McpClient(definition, policy)
        self._opening = asyncio.Lock()
        self._closed = False
        self.tools: list[dict[str, Any]] | None = None
        self.listing: asyncio.Task[None] | None = None

    async def list_tools(self) -> list[dict[str, Any]]:
        """Connect and list the tools."""
        async with self._opening:
            self.tools = await self._client.open()
        return self.tools

    async def call(self, name: str, arguments: str) -> str:
        """Call a tool; a connection that has ended meanwhile is made again first."""
        async with self._opening:
            if self._closed:
                raise McpFailedError("the session has left this server")
            if self._client.over:
                await self._client.close()
                self._client = McpClient(self.definition, self._policy)
                await self._client.open()
        return await self._client.call(name, arguments)

    async def close(self) -> None:
        """Leave the server."""
        self._closed = True
        if self.listing is not None:
            self.listing.cancel()
            await asyncio.gather(self.listing, return_exceptions=True)
        await self._client.close()


class HostedServers:
    """Lists the tools of a session's servers, and calls them.

    Parameters
    ----------
    policy
        What may be reached, and how long it may take.
    conversation
        The conversation that the lists join.
    emit
        Receives each server event, without its ``event_id``.
    on_listed
        Called when a server's tools have become known.
    """

    def __init__(
        self,
        policy: McpPolicy,
        conversation: Conversation,
        emit: Callable[[dict[str, Any]], None],
        on_listed: Callable[[], None],
    ) -> None:
        self._policy = policy
        self._conversation = conversation
        self._emit = emit
        self._on_listed = on_listed
        self._servers: dict[str, _Server] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def checked(self, tools: Sequence[dict[str, Any]], param: str) -> list[dict[str, Any]]:
        """Return ``tools`` with what is known of the servers among them; see `complete_tools`."""
        known = {label: server.definition for label, server in self._servers.items()}
        return complete_tools(tools, known, self._policy, param)

    def use(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """List the tools of the servers among `tools` that are new, have moved, or could not be listed."""
        for definition in filter(is_mcp, tools):
            label = definition["server_label"]
            server = self._servers.get(label)
            if server is not None:
                same = all(server.definition.get(name) == definition.get(name) for name in _TARGET)
                server.definition = dict(definition)
                if same and (server.tools is not None or (server.listing and not server.listing.done())):
                    continue
                self._leave(server)
            server = self._servers[label] = _Server(definition, self._policy)
            item = self._announce(label)
            server.listing = asyncio.create_task(self._list(label, server, item))

    def listing(self, tools: Sequence[Mapping[str, Any]]) -> list[asyncio.Task[None]]:
        """Return what is under way to list the tools of the servers among `tools`."""
        servers = (self._servers.get(tool["server_label"]) for tool in tools if is_mcp(tool))
        return [server.listing for server in servers if server and server.listing and not server.listing.done()]

    def offer(self, tools: Sequence[dict[str, Any]], tool_choice: str | Mapping[str, Any]) -> Offer:
        """Return the tools of a response as a brain knows them; those of servers that are not listed yet lack."""
        listed = {label: server.tools for label, server in self._servers.items() if server.tools is not None}
        return offer(tools, tool_choice, listed)

    async def call(self, tool: HostedTool, arguments: str) -> str:
        """Call a tool and return the text of its result.

        Raises
        ------
        McpFailedError
            If the call fails.
        """
        try:
            return await self._servers[tool.server_label].call(tool.name, arguments)
        except McpFailedError as error:
            if error.by_tool:
                raise
            kind = error.error["type"]
            message = f"The call of the MCP server '{tool.server_label}' failed: {error}."
            raise McpFailedError(message, kind, error.error.get("code")) from None

    async def close(self) -> None:
        """Leave all servers."""
        for server in self._servers.values():
            self._leave(server)
        self._servers.clear()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _leave(self, server: _Server) -> None:
        task = asyncio.create_task(server.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _announce(self, label: str) -> Item:
        item = Item(
            {
                "id": new_id("mcpl"),
                "object": "realtime.item",
                "type": "mcp_list_tools",
                "status": "in_progress",
                "server_label": label,
                "tools": [],
            }
        )
        previous = self._conversation.append(item)
        added = {"type": "conversation.item.added", "previous_item_id": previous}
        self._emit({**added, "item": item.snapshot()})
        self._emit({"type": "mcp_list_tools.in_progress", "item_id": item.id})
        return item

    async def _list(self, label: str, server: _Server, item: Item) -> None:
        reason = ""
        try:
            item.wire["tools"] = await server.list_tools()
        except (McpFailedError, RequestRefusedError) as error:
            reason = str(error)
        except Exception as error:
            log_failure("listing the tools of an MCP server", error)
            reason = type(error).__name__
        item.wire["status"] = "incomplete" if reason else "completed"
        outcome = "failed" if reason else "completed"
        self._emit({"type": f"mcp_list_tools.{outcome}", "item_id": item.id})
        previous = self._conversation.previous_id(item)
        done = {"type": "conversation.item.done", "previous_item_id": previous}
        self._emit({**done, "item": item.snapshot()})
        if reason:
            message = f"The MCP server '{label}' has no tools here: {reason}."
            refusal = RequestRefusedError("mcp_list_tools_failed", message, "session.tools", SERVER_ERROR)
            self._emit({"type": "error", "error": refusal.body()})
        else:
            self._on_listed()
