"""What a tool call costs beside the tool itself, and how soon the model knows of a tool whose cell ran again."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from benchmarks.rows import Row
from realtime_widgets import RealtimeSession

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

_TARGET_CALL_MS = 15.0
_TARGET_SWAP_MS = 200.0


class _Service:
    """Takes every setting, and calls a tool whenever it is told to."""

    def __init__(self) -> None:
        self.settings: asyncio.Queue[float] = asyncio.Queue()
        self.outputs: asyncio.Queue[float] = asyncio.Queue()
        self._socket: ServerConnection | None = None
        self._numbers = 0

    async def session(self, socket: ServerConnection) -> None:
        if socket.request and socket.request.path.endswith("/echo"):
            async for frame in socket:
                await socket.send(frame)
            return
        self._socket = socket
        await self._send("session.created", session={"type": "realtime"})
        try:
            async for frame in socket:
                await self._take(json.loads(frame))
        except ConnectionClosed:
            pass

    async def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.update":
            await self._send("session.updated", session=event["session"])
            self.settings.put_nowait(time.perf_counter())
        elif event["type"] == "conversation.item.create":
            self.outputs.put_nowait(time.perf_counter())

    async def call(self, name: str) -> float:
        """Have the model call a tool; gives when its call was whole."""
        number = self._numbers
        item = {
            "id": f"item_{number}",
            "type": "function_call",
            "status": "completed",
            "call_id": f"call_{number}",
            "name": name,
            "arguments": "{}",
        }
        place = {"response_id": f"resp_{number}", "output_index": 0}
        response = {"id": f"resp_{number}", "status": "in_progress", "output": []}
        await self._send("response.created", response=response)
        await self._send("response.output_item.added", **place, item={**item, "status": "in_progress"})
        await self._send("response.output_item.done", **place, item=item)
        await self._send("response.done", response={**response, "status": "completed", "output": [item]})
        return time.perf_counter()

    async def _send(self, kind: str, **fields: Any) -> None:
        assert self._socket is not None
        self._numbers += 1
        await self._socket.send(json.dumps({"type": kind, "event_id": f"event_{self._numbers}", **fields}))


def measure(quick: bool) -> list[Row]:
    """Call a tool that does nothing, and define it anew, again and again."""
    return asyncio.run(_measure(30 if quick else 200))


async def _measure(times: int) -> list[Row]:
    service = _Service()
    async with serve(service.session, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        floor = await _echo(port, times)
        async with RealtimeSession(endpoint=f"http://127.0.0.1:{port}/v1", api_key="none") as session:
            _define(session, 0)
            with contextlib.redirect_stdout(io.StringIO()):  # each change is told in its cell
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
