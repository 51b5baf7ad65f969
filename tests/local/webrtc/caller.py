"""A WebRTC client on loopback: says what it is given, records what it hears and every event."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from realtime_widgets.local.webrtc.candidates import gather_only_on
from realtime_widgets.local.webrtc.tracks import PacedTrack, heard

TIMEOUT_S = 120.0
SERVER_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)


class Caller:
    """One side of a call; `events` holds all that came, `sound` what was heard, at 24 kHz.

    With the direction ``sendonly`` its offer takes no sound.
    """

    def __init__(self, direction: str = "sendrecv") -> None:
        self.events: list[dict[str, Any]] = []
        self.sound: list[np.ndarray[Any, Any]] = []
        self.location = ""
        self.closed = asyncio.Event()
        self._speech = np.zeros(0, dtype=np.int16)
        self._changed = asyncio.Condition()
        self._read = 0
        self._listening: asyncio.Task[None] | None = None
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTransceiver(PacedTrack(self._next_block), direction)
        self.connection.on("track", self._track)
        self.channel = self.connection.createDataChannel("oai-events")
        self.channel.on("message", self._message)
        self.channel.on("close", self.closed.set)
        self._open = asyncio.Event()
        self.channel.on("open", self._open.set)

    async def offer(self) -> str:
        gather_only_on(self.connection, "127.0.0.1")
        await self.connection.setLocalDescription()
        return str(self.connection.localDescription.sdp)

    async def call(self, http: aiohttp.ClientSession, url: str, key: str = "", session: Any = None) -> None:
        """Begin a call; with `session` as a form, else as plain SDP."""
        data: Any = await self.offer()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if session is None:
            headers["Content-Type"] = "application/sdp"
        else:
            offer, data = data, aiohttp.FormData()
            data.add_field("sdp", offer, content_type="application/sdp")
            data.add_field("session", json.dumps(session), content_type="application/json")
        async with http.post(url + "/v1/realtime/calls", data=data, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            self.location = answer.headers["Location"]
            sdp = await answer.text()
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        await asyncio.wait_for(self._open.wait(), TIMEOUT_S)

    @property
    def call_id(self) -> str:
        return self.location.rpartition("/")[2]

    def send(self, kind: str, **fields: Any) -> None:
        self.channel.send(json.dumps({"type": kind, **fields}))

    def write(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self.send("response.create")

    def say(self, pcm: bytes) -> None:
        self._speech = np.concatenate([self._speech, np.frombuffer(pcm, dtype="<i2").astype(np.int16)])

    async def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of this type after the last that was waited for."""
        async with asyncio.timeout(TIMEOUT_S), self._changed:
            while True:
                while self._read < len(self.events):
                    event = self.events[self._read]
                    self._read += 1
                    if event["type"] == kind:
                        return event
                await self._changed.wait()

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def heard_ms(self) -> float:
        """Milliseconds of sound above silence."""
        whole = np.concatenate(self.sound) if self.sound else np.zeros(0)
        blocks = whole[: len(whole) // 240 * 240].reshape(-1, 240)
        return float(np.sum(np.abs(blocks).max(axis=1) > 600)) * 10

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        await self.connection.close()

    def _next_block(self) -> np.ndarray[Any, Any]:
        block = np.zeros(480, dtype=np.int16)
        said, self._speech = self._speech[:480], self._speech[480:]
        block[: len(said)] = said
        return block

    def _track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.ensure_future(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        async for samples in heard(track):
            self.sound.append(samples)

    async def _message(self, message: str) -> None:
        event = json.loads(message)
        SERVER_EVENT.validate_python(event)
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()
