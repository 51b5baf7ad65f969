"""A server over real sockets that refuses some tools, as the service does: the whole update, in its own words."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.protocol import events as ev
from realtime_widgets.testing.scripted_server import shapes
from tests.core.service import Plan, Service

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

#: How an error says which tool is at fault.
Naming = Literal["param", "name", "param without event id", "nothing"]
REASON = "Invalid schema: array schema missing items."


class ChoosyServer:
    """Answers each question, and refuses updates with one of the tools in `refuses`."""

    def __init__(self, *refuses: str, naming: Naming = "nothing", most: int = 10_000) -> None:
        self.refuses = set(refuses)
        self.naming = naming
        self.most = most
        #: Words of the instructions that are refused, whatever the tools are.
        self.refused_instructions = "no instructions"
        #: The tools of the present connection's session, and how many updates came in all.
        self.known: list[str] = []
        self.updates = 0
        self.connections = 0
        self.expires_at: float | None = None
        self.service = Service(plans=deque(Plan() for _ in range(1_000)))
        #: Whether a response has to wait.
        self.held = False
        self._present: ServerConnection | None = None
        self._listening: AbstractAsyncContextManager[Any] = serve(self._handle, "127.0.0.1", 0, close_timeout=0.2)

    async def __aenter__(self) -> Self:
        server = await self._listening.__aenter__()
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self._listening.__aexit__(None, None, None)

    def cut(self) -> None:
        """Drop the connection."""
        assert self._present is not None
        self._present.transport.abort()

    async def _handle(self, connection: ServerConnection) -> None:
        self._present = connection
        self.connections += 1
        self.known = []
        service = self.service = self.service.successor()
        self._fields, self.expires_at = {"expires_at": self.expires_at} if self.expires_at else {}, None
        try:
            await self._send(connection, shapes.session_created(**self._fields))
            while True:
                while service.out:
                    await connection.send(msgspec.json.encode(service.out.popleft()).decode())
                try:
                    async with asyncio.timeout(0.002 if service.active else None):
                        await self._take(connection, json.loads(await connection.recv()))
                except TimeoutError:
                    if not self.held:
                        service.step()
        except ConnectionClosed:
            pass

    async def _take(self, connection: ServerConnection, event: dict[str, Any]) -> None:
        if event["type"] != "session.update":
            if event["type"] != "input_audio_buffer.append":
                self.service.take(msgspec.convert(event, type=ev.CLIENT_EVENTS[event["type"]]))
            return
        self.updates += 1
        error = self._error(event["session"])
        if error is None:
            names = [tool.get("name") or tool["server_label"] for tool in event["session"].get("tools", [])]
            self.known = names if "tools" in event["session"] else self.known
            await self._send(connection, shapes.session_updated({**event["session"], **self._fields}))
            return
        if self.naming != "param without event id" or "event_id" in error:
            error["event_id"] = event["event_id"]
        await self._send(connection, shapes.event("error", error=error))

    def _error(self, session: dict[str, Any]) -> dict[str, Any] | None:
        error: dict[str, Any] = {"type": "invalid_request_error", "code": "invalid_value", "message": REASON}
        if self.refused_instructions in session.get("instructions", ""):
            return {**error, "message": "These instructions are not allowed."}
        tools = session.get("tools", [])
        for index, tool in enumerate(tools):
            name = tool.get("name") or tool["server_label"]
            if name not in self.refuses:
                continue
            if self.naming == "name":
                return {**error, "message": f"Invalid schema for function '{name}': array schema missing items."}
            return error if self.naming == "nothing" else {**error, "param": f"session.tools[{index}].parameters"}
        if len(tools) > self.most:
            return {**error, "message": "Too many tools.", "param": "session.tools"}
        return None

    async def _send(self, connection: ServerConnection, event: dict[str, Any]) -> None:
        await connection.send(json.dumps({"event_id": "event_1", **event}))
