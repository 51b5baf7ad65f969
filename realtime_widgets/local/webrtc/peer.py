"""The WebRTC connection of one call: an offer in, an answer out, tracks and the event channel."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from realtime_widgets.local.api.errors import invalid_value
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
#: Largest number of bytes that may wait for a peer that does not read its events; then the call ends.
_MAX_UNREAD = 16 * 1024 * 1024
#: Largest number of events that are kept until the peer has opened the channel.
_KEPT_EVENTS = 1000


class Peer:
    """The WebRTC connection to one peer.

    Parameters
    ----------
    spoken
        The track that is sent.
    receive
        Called with each event of the peer as text, and with its audio: int16 of shape (n,), 24 kHz mono.
    on_gone
        Called when the connection has ended or failed.
    """

    def __init__(
        self,
        spoken: MediaStreamTrack,
        receive: Callable[[str | npt.NDArray[np.int16]], None],
        on_gone: Callable[[], None],
    ) -> None:
        # Without servers, so that nothing is looked up on the network.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._spoken = spoken
        self._receive = receive
        self._on_gone = on_gone
        self._channel: RTCDataChannel | None = None
        self._waiting: deque[str] = deque(maxlen=_KEPT_EVENTS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listens = False
        self._connection.on("datachannel", self._opened)
        self._connection.on("track", self._listen)
        self._connection.on("connectionstatechange", self._changed)

    async def answer(self, offer: str, address: str) -> str:
        """Return the answer to the peer's offer; it offers only `address`.

        Raises
        ------
        RequestRefusedError
            If the offer is malformed or has no audio.
        """
        self._connection.addTrack(self._spoken)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(without_candidates(offer), "offer"))
        except Exception as error:  # a malformed offer raises many kinds of error
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
        """Whether the peer is connected."""
        return bool(self._connection.connectionState == "connected")

    def put(self, event: dict[str, Any]) -> None:
        """Send an event without its audio, as soon as the peer has opened its channel."""
        frame = msgspec.json.encode(_without_sound(event)).decode()
        if self._channel is None:
            self._waiting.append(frame)
        elif self._channel.bufferedAmount > _MAX_UNREAD:
            self._on_gone()
        elif self._channel.readyState == "open":
            try:
                self._channel.send(frame)
            except ValueError:
                message = f"A '{event['type']}' is too large for the data channel; attach a WebSocket to read it."
                error = {"type": "server_error", "code": "server_error", "message": message, "param": None}
                self.put({"type": "error", "event_id": event["event_id"], "error": error | {"event_id": None}})

    async def close(self) -> None:
        """Close the connection."""
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
        channel.on("close", self._on_gone)
        while self._waiting:
            channel.send(self._waiting.popleft())

    def _received(self, message: str | bytes) -> None:
        self._receive(message if isinstance(message, str) else message.decode("utf-8", "replace"))

    def _listen(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio" and not self._listens:
            self._listens = True
            self._tasks.add(asyncio.create_task(self._hear(track)))

    async def _hear(self, track: MediaStreamTrack) -> None:
        async for samples in heard(track):
            self._receive(samples)

    async def _play_unheard(self) -> None:
        """Consume the audio in real time if the peer's offer takes none."""
        with contextlib.suppress(MediaStreamError):
            while True:
                await self._spoken.recv()

    def _changed(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._on_gone()


def _without_sound(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event without the audio of a retrieved item."""
    if event["type"] != "conversation.item.retrieved" or "content" not in event["item"]:
        return event
    content = [{name: part[name] for name in part if name != "audio"} for part in event["item"]["content"]]
    return event | {"item": event["item"] | {"content": content}}
