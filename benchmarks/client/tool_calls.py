"""What a tool call costs besides the tool itself, and how soon the model gets a tool whose cell was run again."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect

from benchmarks.rows import Row
from devtools.endpoints.serving import Client, serving
from realtime_widgets import RealtimeSession
from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

_TARGET_CALL_MS = 15.0
_TARGET_SWAP_MS = 200.0


class _Service:
    """Accepts every setting, and calls a tool on request."""

    def __init__(self) -> None:
        self.settings: asyncio.Queue[float] = asyncio.Queue()
        self.outputs: asyncio.Queue[float] = asyncio.Queue()
        self._client: Client | None = None
        self._calls = 0

    async def session(self, socket: ServerConnection) -> None:
        if socket.request and socket.request.path.endswith("/echo"):
            async for frame in socket:
                await socket.send(frame)
            return
        self._client = Client(socket)
        async for event in self._client.events():
            if event["type"] == "session.update":
                self.settings.put_nowait(time.perf_counter())
            elif event["type"] == "conversation.item.create":
                self.outputs.put_nowait(time.perf_counter())

    async def call(self, name: str) -> float:
        """Have the model call a tool. Return the time at which its call was complete."""
        assert self._client is not None
        self._calls += 1
        number, response_id = self._calls, f"resp_{self._calls}"
        item = shapes.function_call(f"item_{number}", f"call_{number}", name, status="completed")
        await self._client.send(
            shapes.response_created(shapes.response(response_id)),
            shapes.output_item_added(response_id, {**item, "status": "in_progress"}),
            shapes.output_item_done(response_id, item),
            shapes.response_done(shapes.response(response_id, "completed", [item])),
        )
        return time.perf_counter()


def measure(quick: bool) -> list[Row]:
    """Call a tool that does nothing and define it again, repeatedly."""
    return asyncio.run(_measure(30 if quick else 200))


async def _measure(times: int) -> list[Row]:
    service = _Service()
    async with serving(service.session) as port:
        floor = await _echo(port, times)
        async with RealtimeSession(endpoint=f"http://127.0.0.1:{port}/v1", api_key="none") as session:
            _define(session, 0)
            with contextlib.redirect_stdout(io.StringIO()):  # each change is printed in its cell
                swaps = await _swaps(service, session, times)
            calls = await _calls(service, times)
    peer = "echo over a WebSocket"
    return [
        Row("tool_calls", "call whole to output", calls, "ms", peer, floor, limit_p95=_TARGET_CALL_MS),
        Row("tool_calls", "cell run to settings", swaps, "ms", peer, floor, limit_p95=_TARGET_SWAP_MS),
    ]


def _define(session: RealtimeSession, version: int) -> None:
    def nothing() -> str:
        return "done"

    session.tools.add(nothing, description=f"Does nothing, in its version {version}.")


async def _calls(service: _Service, times: int) -> tuple[float, ...]:
    found = []
    for _ in range(times):
        whole = await service.call("nothing")
        found.append((await service.outputs.get() - whole) * 1000)
    return tuple(found)


async def _swaps(service: _Service, session: RealtimeSession, times: int) -> tuple[float, ...]:
    found = []
    while not service.settings.empty():
        service.settings.get_nowait()
    for version in range(1, times + 1):
        began = time.perf_counter()
        _define(session, version)
        found.append((await service.settings.get() - began) * 1000)
    return tuple(found)


async def _echo(port: int, times: int) -> tuple[float, ...]:
    found = []
    async with connect(f"ws://127.0.0.1:{port}/echo", compression=None) as socket:
        for _ in range(times):
            began = time.perf_counter()
            await socket.send("x" * 300)
            await socket.recv()
            found.append((time.perf_counter() - began) * 1000)
    return tuple(found)
