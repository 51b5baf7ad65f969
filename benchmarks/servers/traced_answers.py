"""An endpoint that speaks on request, and sends each block of its answer at the time that a trace defines.

The same blocks are sent at the same times to a session and to a bare page.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from benchmarks.support.bare_page import Sound, activate
from devtools.endpoints.serving import Client, Endpoint, serving
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.responses import Message, response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from websockets.asyncio.server import ServerConnection

BLOCK_MS = 20
_BLOCK_BYTES = BLOCK_MS * 48
_BARE_PART = {"generation": 0, "item_id": "bare", "content_index": 0}


class TracedAnswers(Endpoint):
    """Two servers on loopback: one of the Realtime protocol, and one for a bare page.

    Attributes
    ----------
    url, bare_url
        Addresses for the session and for the bare page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bare_url = ""
        self._stack = AsyncExitStack()
        self._session: Client | None = None
        self._bare: ServerConnection | None = None
        self._answers = 0

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.bare_url = f"ws://127.0.0.1:{await stack.enter_async_context(serving(self._serve_bare))}"
            await super().__aenter__()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._stack:
            await super().__aexit__(kind, error, trace)

    async def serve(self, client: Client) -> None:
        """Wait until the session has sent its settings; later answers are sent to this session."""
        async for event in client.events():
            if event["type"] == "session.update":
                self._session = client

    async def _serve_bare(self, socket: ServerConnection) -> None:
        async for frame in socket:
            if isinstance(frame, str):
                await activate(socket, json.loads(frame), Sound())
                self._bare = socket

    async def speak(self, pcm: bytes, arrivals: Sequence[float]) -> float:
        """Send an answer to the newest session and page, and wait until it is sent.

        Parameters
        ----------
        pcm
            Audio of the answer, PCM16 at 24 kHz.
        arrivals
            Time at which each block of 20 ms is sent, in milliseconds from now.

        Returns
        -------
        float
            Time at which the answer began, in milliseconds since 1970.
        """
        session, bare = self._session, self._bare
        assert session is not None and bare is not None
        self._answers += 1
        response_id, item_id = f"resp_{self._answers}", f"item_{self._answers}"
        message = Message(response_id, 0, item_id, "", b"")
        begun = response(response_id, "in_progress", spoken=True, asked_for=False)
        opening = (emitted.event for emitted in message.opening(None))
        await session.send(shapes.response_created(begun), *opening)
        part = shapes.place(response_id, item_id)
        began, epoch = time.monotonic(), time.time() * 1000
        for number, at in enumerate(arrivals):
            await asyncio.sleep(max(0.0, began + at / 1000 - time.monotonic()))
            block = pcm[number * _BLOCK_BYTES : (number + 1) * _BLOCK_BYTES]
            await session.send(shapes.audio_delta(part, block))
            await bare.send(block)
        done = response(response_id, "completed", [message], spoken=True, asked_for=False)
        await session.send(*(emitted.event for emitted in message.closing(None)), shapes.response_done(done))
        await bare.send(json.dumps({"type": "end", **_BARE_PART}))
        return epoch
