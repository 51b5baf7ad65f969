"""A chat endpoint on loopback that answers by a script, one step for each request."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Step = Callable[[web.Request], Awaitable[web.StreamResponse]]


def delta(content: str | None = None, finish: str | None = None, **fields: Any) -> str:
    """Data of one chunk."""
    inner = {**({} if content is None else {"content": content}), **fields}
    return json.dumps({"choices": [{"index": 0, "delta": inner, "finish_reason": finish}]})


def call_delta(index: int, call_id: str | None = None, name: str | None = None, arguments: str = "") -> str:
    """Data of a chunk with a part of a tool call."""
    call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
    if call_id:
        call |= {"id": call_id, "type": "function"}
    if name:
        call["function"]["name"] = name
    return delta(tool_calls=[call])


@dataclass
class ChatServer:
    """The server; `requests` are the bodies and `keys` the Authorization headers that came."""

    models: list[str] = field(default_factory=lambda: ["tiny"])
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    #: Set once a request's connection was closed by the other side before the answer was complete.
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    _steps: list[Step] = field(default_factory=list)

    def streams(self, *data: str, pieces: int = 0, done: bool = True) -> None:
        """Answer the next request with these chunks; cut anywhere into `pieces` bytes where that is given."""
        text = "".join(f"data: {one}\n\n" for one in (*data, *(["[DONE]"] if done else [])))

        async def step(request: web.Request) -> web.StreamResponse:
            response = await self._begun(request)
            raw = text.encode()
            for start in range(0, len(raw), pieces or len(raw)):
                await response.write(raw[start : start + (pieces or len(raw))])
            return response

        self._steps.append(step)

    def holds(self, *data: str) -> asyncio.Event:
        """Answer the next request with these chunks, then wait for the event that is returned, and end."""
        gate = asyncio.Event()

        async def step(request: web.Request) -> web.StreamResponse:
            response = await self._begun(request)
            await response.write("".join(f"data: {one}\n\n" for one in data).encode())
            try:
                await gate.wait()
            except asyncio.CancelledError:
                self.hung_up.set()
                raise
            await response.write(b"data: [DONE]\n\n")
            return response

        self._steps.append(step)
        return gate

    def breaks_off(self, *data: str) -> None:
        """Answer the next request with these chunks and lose the connection."""

        async def step(request: web.Request) -> web.StreamResponse:
            response = await self._begun(request)
            await response.write("".join(f"data: {one}\n\n" for one in data).encode())
            assert request.transport is not None
            request.transport.abort()
            return response

        self._steps.append(step)

    def answers(self, status: int, body: Any, **headers: str) -> None:
        """Answer the next request with a status and JSON, or text."""

        async def step(_: web.Request) -> web.StreamResponse:
            if isinstance(body, str):
                return web.Response(status=status, text=body, headers=headers)
            return web.json_response(body, status=status, headers=headers)

        self._steps.append(step)

    async def _begun(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        return response

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization"))
        self.requests.append(await request.json())
        return await self._steps.pop(0)(request)

    async def list_models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name} for name in self.models]})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_get("/v1/models", self.list_models)
        return app
