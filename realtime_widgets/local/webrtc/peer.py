"""The WebRTC connection of one call: an offer in, an answer out, tracks and the channel of events."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from realtime_widgets.local.realtime.errors import invalid_value
from realtime_widgets.local.webrtc.candidates import gather_only_on, offered_addresses, without_candidates
from realtime_widgets.local.webrtc.tracks import heard

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt
    from aiortc import MediaStreamTrack
    from aiortc.rtcdatachannel import RTCDataChannel

#: Label of the data channel that carries the protocol's events.
EVENTS_LABEL = "oai-events"
#: Bytes that may wait for a peer that does not take its events, before the call ends.
_MAX_UNREAD = 16 * 1024 * 1024
#: Events that are kept until the peer has opened the channel.
_KEPT_EVENTS = 1000


class Peer:
    """One peer.

    Parameters
    ----------
    spoken
        The track that is sent.
    take
        Called with each of the peer's events as text, and with its sound: int16 of shape (n,), 24 kHz mono.
    gone
        Called when the connection has ended or failed.
    """

    def __init__(
        self,
        spoken: MediaStreamTrack,
        take: Callable[[str | npt.NDArray[np.int16]], None],
        gone: Callable[[], None],
    ) -> None:
        # Without servers: nothing is asked of the network.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._spoken = spoken
        self._take = take
        self._gone = gone
        self._channel: RTCDataChannel | None = None
        self._waiting: deque[str] = deque(maxlen=_KEPT_EVENTS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listens = False
        self._connection.on("datachannel", self._opened)
        self._connection.on("track", self._listen)
        self._connection.on("connectionstatechange", self._changed)

    async def answer(self, offer: str, address: str) -> str:
        """Take the peer's offer and return the answer; only `address` is offered to it.

        Raises
        ------
        RequestRefusedError
            Where the offer is none, or has no audio.
        """
        self._connection.addTrack(self._spoken)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(without_candidates(offer), "offer"))
        except Exception as error:  # a malformed offer fails in many ways
            raise invalid_value(
                f"The SDP offer cannot be used ({type(error).__name__}: {error}).", "sdp"
            ) from None
        used = [each for each in self._connection.getTransceivers() if each.sender.track is self._spoken]
        if not used or used[0].mid is None:
            raise invalid_value(
                "The SDP offer has no audio; add a microphone track or an audio transceiver.", "sdp"
            )
        for transceiver in self._connection.getTransceivers():
            if transceiver is not used[0]:
                transceiver.direction = "inactive"
        gather_only_on(self._connection, address)
        await self._connection.setLocalDescription()
        if used[0].currentDirection not in ("sendrecv", "sendonly"):
            self._tasks.add(asyncio.create_task(self._play_unheard()))
        answer: str = self._connection.localDescription.sdp
        if offered_addresses(answer) != {address}:
            raise RuntimeError("the connection would offer another address than the one that is served")
        return answer

    @property
    def connected(self) -> bool:
        """Whether the peer has been reached."""
        return bool(self._connection.connectionState == "connected")

    def put(self, event: dict[str, Any]) -> None:
        """Send an event, as soon as the peer has opened its channel; sound is left out."""
        frame = msgspec.json.encode(_without_sound(event)).decode()
        if self._channel is None:
            self._waiting.append(frame)
        elif self._channel.bufferedAmount > _MAX_UNREAD:
            self._gone()
        elif self._channel.readyState == "open":
            try:
                self._channel.send(frame)
            except ValueError:
                message = f"A '{event['type']}' is too large for the data channel; attach a WebSocket to read it."
                error = {"type": "server_error", "code": "server_error", "message": message, "param": None}
                self.put({"type": "error", "event_id": event["event_id"], "error": error | {"event_id": None}})

    async def close(self) -> None:
        """End the connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await self._connection.close()

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label != EVENTS_LABEL or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._received)
        channel.on("close", self._gone)
        while self._waiting:
            channel.send(self._waiting.popleft())

    def _received(self, message: str | bytes) -> None:
        self._take(message if isinstance(message, str) else message.decode("utf-8", "replace"))

    def _listen(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio" and not self._listens:
            self._listens = True
            self._tasks.add(asyncio.create_task(self._hear(track)))

    async def _hear(self, track: MediaStreamTrack) -> None:
        async for samples in heard(track):
            self._take(samples)

    async def _play_unheard(self) -> None:
        """Let time pass for the sound where the peer's offer takes none."""
        with contextlib.suppress(MediaStreamError):
            while True:
                await self._spoken.recv()

    def _changed(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._gone()


def _without_sound(event: dict[str, Any]) -> dict[str, Any]:
    """Take the sound out of a retrieved item."""
    if event["type"] != "conversation.item.retrieved" or "content" not in event["item"]:
        return event
    content = [{name: part[name] for name in part if name != "audio"} for part in event["item"]["content"]]
    return event | {"item": event["item"] | {"content": content}}
