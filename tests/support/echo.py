"""An endpoint that says back what it hears, block by block: for tests and measurements of the way of sound."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from websockets.asyncio.server import Server, ServerConnection


class EchoEndpoint:
    """A Realtime server whose one long response is the microphone's own sound, or a given one.

    Parameters
    ----------
    answer
        PCM16 at 24 kHz to send at the first sound, instead of the echo.

    Attributes
    ----------
    received
        Every client event but the sound, in order.
    sound
        All sound that came, PCM16 at 24 kHz.
    """

    def __init__(self, answer: bytes = b"") -> None:
        self._answer = answer
        #: Set, and cleared again, with each event.
        self.something = asyncio.Event()
        self.received: list[dict[str, Any]] = []
        self.sound = bytearray()
        self.url = ""
        self._restart = False
        self._server: Server | None = None

    async def __aenter__(self) -> EchoEndpoint:
        self._server = await serve(self._session, "127.0.0.1", 0, compression=None)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _session(self, socket: ServerConnection) -> None:
        number = 0

        async def send(kind: str, **fields: Any) -> None:
            nonlocal number
            number += 1
            await socket.send(json.dumps({"type": kind, "event_id": f"event_{number}", **fields}))

        await send("session.created", session={"type": "realtime"})
        speaking, deaf_until, part = False, 0.0, _part(0)
        try:
            async for frame in socket:
                if self._restart:
                    self._restart = False
                    await self._end(send, part)
                    speaking, deaf_until, part = False, time.monotonic() + _RESTART_S, _part(number)
                event = json.loads(frame)
                if event["type"] == "session.update":
                    await send("session.updated", session=event["session"])
                if event["type"] != "input_audio_buffer.append":
                    self.received.append(event)
                    self._tell()
                    continue
                if time.monotonic() < deaf_until:
                    continue
                if not speaking:
                    speaking = True
                    await self._begin(send, part)
                    for start in range(0, len(self._answer), _DELTA_BYTES):
                        delta = base64.b64encode(self._answer[start : start + _DELTA_BYTES]).decode()
                        await send("response.output_audio.delta", **part, delta=delta)
                self.sound += base64.b64decode(event["audio"])
                self._tell()
                if not self._answer:
                    await send("response.output_audio.delta", **part, delta=event["audio"])
        except ConnectionClosed:
            pass

    def _tell(self) -> None:
        self.something.set()
        self.something.clear()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until `condition` holds, looked at after each event."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self.something.wait()

    def got(self, kind: str) -> bool:
        """Whether an event of that type has come."""
        return any(event["type"] == kind for event in self.received)

    def restart(self) -> None:
        """End the answer; after a second of silence the next one begins, as a speaker takes a new turn."""
        self._restart = True

    @staticmethod
    async def _begin(send: Any, part: dict[str, Any]) -> None:
        item = {"id": part["item_id"], "type": "message", "role": "assistant", "content": []}
        await send("response.created", response={"id": part["response_id"], "status": "in_progress"})
        await send("response.output_item.added", response_id=part["response_id"], output_index=0, item=item)
        await send("conversation.item.added", item=item)
        await send("response.content_part.added", **part, part={"type": "audio"})

    @staticmethod
    async def _end(send: Any, part: dict[str, Any]) -> None:
        item = {
            "id": part["item_id"],
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [],
        }
        await send("response.output_audio.done", **part)
        await send("response.output_item.done", response_id=part["response_id"], output_index=0, item=item)
        response = {"id": part["response_id"], "status": "completed", "output": [item]}
        await send("response.done", response=response)


def _part(number: int) -> dict[str, Any]:
    ids = {"response_id": f"resp_{number}", "item_id": f"item_{number}"}
    return {**ids, "output_index": 0, "content_index": 0}


_DELTA_BYTES = 9600
_RESTART_S = 1.0
