"""Sends every client endless audio, 50 stamped events a second, in a separate process.

The audio starts when the client sends its first block. The server prints its port.
"""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.talkers.pacing import BLOCK_BYTES, BLOCK_MS, stamped
from devtools.endpoints.serving import Client, serving
from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

#: Number of events of one answer: 10 s of audio.
_ANSWER = 500


class Source:
    """One connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def run(self) -> None:
        """Serve the client until it disconnects."""
        await self._client.send(shapes.session_created())
        speaking: asyncio.Task[None] | None = None
        try:
            async for frame in self._client.socket:
                if len(frame) < BLOCK_BYTES:
                    event = json.loads(frame)
                    if event["type"] == "session.update":
                        await self._client.send(shapes.session_updated(event["session"]))
                elif speaking is None:
                    speaking = asyncio.create_task(self._speak())
        finally:
            if speaking:
                speaking.cancel()

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for answer in count():
            response_id, item = f"resp_{answer}", shapes.message(f"item_{answer}", status="in_progress")
            part = shapes.place(response_id, item["id"])
            await self._client.send(
                shapes.response_created(shapes.response(response_id)), shapes.output_item_added(response_id, item)
            )
            fields = json.dumps({"type": "response.output_audio.delta", **part})[:-1]
            for number in range(answer * _ANSWER, (answer + 1) * _ANSWER):
                await asyncio.sleep(begin + number * BLOCK_MS / 1000 - loop.time())
                name = self._client.new_event_id()
                await self._client.socket.send(f'{fields},"event_id":"{name}","delta":"{stamped()}"}}')
            whole = {**item, "status": "completed"}
            await self._client.send(
                shapes.audio_done(part),
                shapes.output_item_done(response_id, whole),
                shapes.response_done(shapes.response(response_id, "completed", [whole])),
            )


async def main() -> None:
    """Serve until the process is ended."""

    async def session(socket: ServerConnection) -> None:
        await Source(Client(socket)).run()

    async with serving(session, max_size=2**24) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
