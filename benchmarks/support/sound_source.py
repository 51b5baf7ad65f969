"""Sends every client sound without an end, 50 stamped events a second; a server apart.

The sound begins with the first that the client sends. It writes its port.
"""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from benchmarks.talkers.pacing import BLOCK_BYTES, BLOCK_MS, stamped

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

#: Events of one answer: 10 s of sound.
_ANSWER = 500


class Source:
    """One connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def run(self) -> None:
        """Serve the client until it goes."""
        await self._send("session.created", session={"type": "realtime"})
        speaking: asyncio.Task[None] | None = None
        try:
            async for frame in self._socket:
                if len(frame) < BLOCK_BYTES:
                    event = json.loads(frame)
                    if event["type"] == "session.update":
                        await self._send("session.updated", session=event["session"])
                elif speaking is None:
                    speaking = asyncio.create_task(self._speak())
        except ConnectionClosed:
            pass
        finally:
            if speaking:
                speaking.cancel()

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for answer in count():
            response: dict[str, Any] = {"id": f"resp_{answer}", "status": "in_progress", "output": []}
            item: dict[str, Any] = {"id": f"item_{answer}", "type": "message", "role": "assistant", "content": []}
            place = {"response_id": response["id"], "output_index": 0}
            part = {**place, "item_id": item["id"], "content_index": 0}
            await self._send("response.created", response=response)
            await self._send("response.output_item.added", **place, item=item)
            fields = json.dumps({"type": "response.output_audio.delta", **part})[:-1]
            for number in range(answer * _ANSWER, (answer + 1) * _ANSWER):
                await asyncio.sleep(begin + number * BLOCK_MS / 1000 - loop.time())
                name = f"event_{next(self._numbers)}"
                await self._socket.send(f'{fields},"event_id":"{name}","delta":"{stamped()}"}}')
            await self._send("response.output_audio.done", **part)
            await self._send("response.output_item.done", **place, item={**item, "status": "completed"})
            await self._send("response.done", response={**response, "status": "completed", "output": [item]})

    async def _send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_{next(self._numbers)}", **fields}
        await self._socket.send(json.dumps(event))


async def main() -> None:
    """Serve until the process is ended."""

    async def session(socket: ServerConnection) -> None:
        await Source(socket).run()

    async with serve(session, "127.0.0.1", 0, compression=None, max_size=2**24) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
