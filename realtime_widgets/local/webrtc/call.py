"""One call: a session between a WebRTC peer and all WebSockets that are attached to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pybase64

from realtime_widgets.local.api.audio_formats import WireEncoder
from realtime_widgets.local.api.errors import RequestRefusedError, log_failure
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.http.capacity import Capacity
from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits
from realtime_widgets.local.realtime.session import ServerSession
from realtime_widgets.local.webrtc.peer import Peer
from realtime_widgets.local.webrtc.playout import Playout
from realtime_widgets.local.webrtc.sideband import Sideband
from realtime_widgets.local.webrtc.tracks import PacedTrack

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt
    from aiohttp import web

    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.realtime.connection import Emit

#: Longest audio that waits to be played, in ms; then no more is made.
_AHEAD_MS = 30_000
#: Largest number of events and blocks of audio that may wait; the call of a peer that sends more is ended.
_MAX_WAITING = 5000
#: Largest number of WebSockets that are attached to one call.
_MAX_SIDEBANDS = 8
#: Longest time in seconds for the peer to connect.
_CONNECT_S = 30.0


class Call:
    """A session whose audio goes over WebRTC; it ends with its peer, by hanging up, or when its time is over.

    Parameters
    ----------
    inference
        Runs the models.
    config
        The effective configuration to begin with; None means the defaults.
    limits
        What the session may use; None means the service's limits.
    watch
        Returns the function that receives the server events; it passes them on to the function that it is given.
    """

    def __init__(
        self,
        inference: Inference,
        config: dict[str, Any] | None = None,
        limits: SessionLimits | None = None,
        watch: Callable[[Emit], Emit] = lambda emit: emit,
    ) -> None:
        self._limits = limits or SessionLimits()
        self.id = new_id("rtc")
        self._over = asyncio.Event()
        self._inbox: asyncio.Queue[str | npt.NDArray[np.int16]] = asyncio.Queue()
        self._sidebands: set[Sideband] = set()
        full = f"{_MAX_SIDEBANDS} WebSockets are attached to this call, which is the limit; close one first."
        #: Slots for attached WebSockets; acquire one before `attach`.
        self.sideband_capacity = Capacity(_MAX_SIDEBANDS, full)
        self._played = asyncio.Event()
        self._playout = Playout(self._notify)
        self._peer = Peer(PacedTrack(self._next_block), self.receive, self.hang_up)
        self._session = ServerSession(
            inference, watch(self._emit), self._wait_drained, config, self._playout, limits=self._limits
        )
        self._shown: dict[str, Any] = {}
        self._encoder: WireEncoder | None = None

    async def answer(self, offer: str, address: str) -> str:
        """Return the SDP answer to the peer's offer; see `Peer.answer`."""
        try:
            return await self._peer.answer(offer, address)
        except BaseException:
            await self._peer.close()
            raise

    def hang_up(self) -> None:
        """End the call."""
        self._over.set()

    def receive(self, received: str | npt.NDArray[np.int16]) -> None:
        """Queue an event (text) or audio (int16 of shape (n,), 24 kHz); end the call if too much waits."""
        if self._inbox.qsize() >= _MAX_WAITING:
            self.hang_up()
        else:
            self._inbox.put_nowait(received)

    async def run(self) -> None:
        """Run the call until it ends."""
        tasks = [asyncio.create_task(each) for each in (self._work(), self._over.wait(), self._unreached())]
        try:
            async with asyncio.timeout(self._limits.seconds):
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self._session.refuse(RequestRefusedError("session_expired", self._limits.expiry_reason))
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    log_failure("a call", result)
            self._over.set()
            await self._session.close()
            await self._peer.close()

    async def attach(self, socket: web.WebSocketResponse, transport: asyncio.WriteTransport) -> None:
        """Let a prepared WebSocket see and control the call until either ends; the call goes on without it."""
        sideband = Sideband(socket, transport, self.receive)
        sideband.put({"event_id": new_id("event"), "type": "session.created", "session": self._shown})
        self._sidebands.add(sideband)
        try:
            await sideband.run(self._over)
        finally:
            self._sidebands.discard(sideband)

    async def _work(self) -> None:
        await self._session.start()
        while True:
            received = await self._inbox.get()
            frame = received if isinstance(received, str) else self._append(received)
            await self._session.handle(frame)

    async def _unreached(self) -> None:
        """Return if the peer did not connect in time."""
        await asyncio.sleep(_CONNECT_S)
        if self._peer.connected:
            await self._over.wait()

    def _append(self, samples: npt.NDArray[np.int16]) -> str:
        encoding = self._shown["audio"]["input"]["format"]["type"]
        if self._encoder is None or self._encoder.encoding != encoding:
            self._encoder = WireEncoder(encoding)
        data = self._encoder(samples)
        event = {"type": "input_audio_buffer.append", "audio": pybase64.b64encode(data).decode()}
        return msgspec.json.encode(event).decode()

    def _emit(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "response.output_audio.delta":
                data = pybase64.b64decode(event["delta"])
                self._playout.add(event["response_id"], event["item_id"], event["content_index"], data)
                return
            case "session.created" | "session.updated":
                self._shown = event["session"]
            case "response.created":
                response = event["response"]
                self._playout.begin(response["id"], response["audio"]["output"]["format"]["type"])
        self._peer.put(event)
        for sideband in self._sidebands:
            sideband.put(event)
        if event["type"] == "response.done":
            self._playout.finish(event["response"]["id"])

    def _notify(self, what: str, response_id: str) -> None:
        kind = f"output_audio_buffer.{what}"
        self._emit({"event_id": new_id("event"), "type": kind, "response_id": response_id})

    def _next_block(self) -> npt.NDArray[np.int16]:
        block = self._playout.next_block()
        self._played.set()
        return block

    async def _wait_drained(self) -> None:
        while self._playout.waiting_ms > _AHEAD_MS:
            self._played.clear()
            await self._played.wait()
