"""An endpoint that speaks when it is told to, each block of its answer at the time that a trace says.

The same blocks go at the same moments to a session and to a bare page.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from benchmarks.support.bare_page import Sound, activate
from realtime_widgets.testing.wire import Message, response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from websockets.asyncio.server import Server, ServerConnection

BLOCK_MS = 20
_BLOCK_BYTES = BLOCK_MS * 48
_BARE_PART = {"generation": 0, "item_id": "bare", "content_index": 0}


class TracedAnswers:
    """Two servers on loopback: of the Realtime protocol, and of what a bare page plays.

    Attributes
    ----------
    url, bare_url
        Where the session and the bare page connect.
    """

    def __init__(self) -> None:
        self.url = self.bare_url = ""
        self._servers: list[Server] = []
        self._session: ServerConnection | None = None
        self._bare: ServerConnection | None = None
        self._answers = 0

    async def __aenter__(self) -> Self:
        for handler in (self._serve_session, self._serve_bare):
            self._servers.append(await serve(handler, "127.0.0.1", 0, compression=None))
        ports = [next(iter(server.sockets)).getsockname()[1] for server in self._servers]
        self.url, self.bare_url = f"http://127.0.0.1:{ports[0]}/v1", f"ws://127.0.0.1:{ports[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for server in self._servers:
            await server.wait_closed()

    async def _serve_session(self, socket: ServerConnection) -> None:
        await _send(socket, {"type": "session.created", "session": {"type": "realtime"}})
        try:
            async for frame in socket:
                event = json.loads(frame)
                if event["type"] == "session.update":
                    await _send(socket, {"type": "session.updated", "session": event["session"]})
                    self._session = socket
        except ConnectionClosed:
            pass

    async def _serve_bare(self, socket: ServerConnection) -> None:
        try:
            async for frame in socket:
                if isinstance(frame, str):
                    await activate(socket, json.loads(frame), Sound())
                    self._bare = socket
        except ConnectionClosed:
            pass

    async def speak(self, pcm: bytes, arrivals: Sequence[float]) -> float:
        """Send an answer to the session and the page that came last, and wait until it is sent.

        Parameters
        ----------
        pcm
            What is said, PCM16 at 24 kHz.
        arrivals
            When each block of 20 ms is sent, in milliseconds from now.

        Returns
        -------
        float
            When it began, in milliseconds since 1970.
        """
        session, bare = self._session, self._bare
        assert session is not None and bare is not None
        self._answers += 1
        response_id, item_id = f"resp_{self._answers}", f"item_{self._answers}"
        message = Message(response_id, 0, item_id, "", b"")
        begun = response(response_id, "in_progress", spoken=True, asked_for=False)
        await _send(session, {"type": "response.created", "response": begun})
        for emitted in message.opening(None):
            await _send(session, emitted.event)
        part = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        began, epoch = time.monotonic(), time.time() * 1000
        for number, at in enumerate(arrivals):
            await asyncio.sleep(max(0.0, began + at / 1000 - time.monotonic()))
            block = pcm[number * _BLOCK_BYTES : (number + 1) * _BLOCK_BYTES]
            delta = base64.b64encode(block).decode()
            await _send(session, {"type": "response.output_audio.delta", **part, "delta": delta})
            await bare.send(block)
        for emitted in message.closing(None):
            await _send(session, emitted.event)
        done = response(response_id, "completed", [message], spoken=True, asked_for=False)
        await _send(session, {"type": "response.done", "response": done})
        await bare.send(json.dumps({"type": "end", **_BARE_PART}))
        return epoch


async def _send(socket: ServerConnection, event: dict[str, Any]) -> None:
    await socket.send(json.dumps({"event_id": f"event_{time.monotonic_ns()}", **event}))
