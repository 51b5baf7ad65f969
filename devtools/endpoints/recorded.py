"""Recordings of a service's WebSocket, and an endpoint that plays one back to a client as the service once did.

A recording is a YAML file: ``interactions``, a list of ``{direction: sent or received, data: event}`` in order,
and of ``{kind: close, code, reason}`` where the connection was lost.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import yaml
from websockets.exceptions import ConnectionClosed

from devtools.endpoints.serving import Client, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Event = dict[str, Any]
Wire = Literal["ga", "2024", "xai"]

_SOUND = ("response.output_audio.delta", "response.audio.delta")
_ADDED = ("conversation.item.added", "conversation.item.created")


class ForeignRecordingError(ValueError):
    """The file is no recording of a protocol that sessions speak; the text says what it is."""


@dataclass(frozen=True)
class Step:
    """One interaction: an event of either side, or the connection's loss, whose code and reason are in `event`."""

    sender: Literal["client", "server", "close"]
    event: Event


@dataclass(frozen=True)
class Recording:
    """What one client and one service said to each other.

    Attributes
    ----------
    wire : {"ga", "2024", "xai"}
        The shapes that the service speaks.
    steps : tuple of Step
        All events, in order.
    """

    wire: Wire
    steps: tuple[Step, ...]

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read a recording.

        Raises
        ------
        ForeignRecordingError
            If it is a recording of something else than the Realtime protocol over a WebSocket.
        """
        found = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
        if any("request" in each for each in found):
            raise ForeignRecordingError("HTTP requests")
        steps = tuple(map(_step, found))
        kinds = [str(step.event.get("type")) for step in steps if step.sender == "server"]
        if not any(kind in ("session.created", "session.updated") for kind in kinds):
            raise ForeignRecordingError("GPT-Live" if "session.started" in kinds else "Gemini Live")
        session = next(step.event["session"] for step in steps if step.event.get("type") == "session.updated")
        if "audio" in session and "voice" not in session:
            return cls("ga", steps)
        return cls("2024" if "input_audio_format" in session else "xai", steps)

    def received(self, *kinds: str) -> list[Event]:
        """Return the service's events of these types, in order."""
        return [step.event for step in self.steps if step.sender == "server" and step.event["type"] in kinds]

    def sent(self, *kinds: str) -> list[Event]:
        """Return the recorded client's events of these types, in order."""
        return [step.event for step in self.steps if step.sender == "client" and step.event["type"] in kinds]


class RecordedEndpoint(Endpoint):
    """Plays a recording to a client, which has to say what is needed for each of the service's answers.

    Each recorded ``session.update``, request for a response and block of sound waits for one of the client;
    messages wait too, until the client asks for the response. Other events may come in any order, and more of
    them: settings and items that are not in the recording are accepted. Ids of items and the metadata of
    responses are the client's, as they would be at the service. The events of a second connection are those
    after the recorded loss of the first; what the service recalled there is left out unless the client asks for
    that too.

    Attributes
    ----------
    received
        Every client event except sound, in order.
    played
        Whether the whole recording was played.
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        last = max(place for place, step in enumerate(recording.steps) if step.sender == "server")
        self._wire = recording.wire
        self._steps = recording.steps[: last + 1]  # nothing follows what the client said at the end
        self._known = {_essence(event["item"]) for event in recording.sent("conversation.item.create")}
        self._next = 0
        self.received: list[Event] = []
        self.played = False

    async def serve(self, client: Client) -> None:
        """Play what is left of the recording, up to the next loss, and listen until the client disconnects."""
        player = _Player(client, self, self._wire, self._known)
        listening = asyncio.create_task(player.listen())
        try:
            while self._next < len(self._steps):
                step = self._steps[self._next]
                self._next += 1
                if step.sender == "close":
                    await client.socket.close(step.event["code"], step.event["reason"])
                    return
                await (player.await_client(step.event) if step.sender == "client" else player.send(step.event))
            self.played = True
            self._tell()
            await listening
        finally:
            listening.cancel()

    def note(self, event: Event | None = None) -> None:
        """Keep what a client sent, and wake what waits for it; without an event the client is gone."""
        if event is not None and event["type"] != "input_audio_buffer.append":
            self.received.append(event)
        self._tell()


class _Player:
    """One connection: what the client said that no step has needed yet, and the ids that differ."""

    def __init__(
        self, client: Client, endpoint: RecordedEndpoint, wire: Wire, known: set[tuple[Any, ...]]
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._wire = wire
        self._known = known
        self._gone = False
        self._waiting: dict[str, deque[Event]] = {}
        #: Recorded items of the client that the service has not added yet.
        self._created: list[Event] = []
        self._ids: dict[str, str] = {}
        self._metadata: Any = None
        self._session: Event = {}
        #: Whether the recorded client had the service recall the talk, and this client did not ask for it.
        self._resumed = False

    async def listen(self) -> None:
        """Take in what the client sends; answer what is not in the recording, but needs an answer."""
        try:
            async for frame in self._client.socket:
                event = json.loads(frame)
                self._waiting.setdefault(event["type"], deque()).append(event)
                await self._accept(event)
                self._endpoint.note(event)
        finally:
            self._gone = True
            self._endpoint.note()

    async def await_client(self, step: Event) -> None:
        """Wait for the client's twin of a recorded event."""
        kind = step["type"]
        if kind == "conversation.item.create":
            item = step["item"]
            if item["type"] == "message":
                await self._wait(lambda: self._find(item) is not None or self._came("response.create"))
            self._created.append(item)
        elif kind in ("session.update", "response.create", "input_audio_buffer.append"):
            await self._wait(lambda: self._came(kind))
            event = self._waiting[kind].popleft()
            if kind == "session.update":
                self._resumed = "resumption" in step["session"] and "resumption" not in event["session"]
            if kind == "response.create":
                self._metadata = (event.get("response") or {}).get("metadata")

    async def send(self, event: Event) -> None:
        """Send an event of the service, about the client's own items."""
        kind = event["type"]
        recalls = self._resumed and kind in _ADDED and event["item"].get("status") == "completed"
        if kind in _ADDED and not self._match(event["item"]) and recalls:
            return
        if kind in _SOUND:
            event = {**event, "delta": _whole_samples(event["delta"])}
        if kind == "session.updated":
            self._session = event
        text = json.dumps(event)
        for recorded, own in self._ids.items():
            text = text.replace(f'"{recorded}"', f'"{own}"')
        event = json.loads(text)
        # xAI returns no metadata.
        if kind in ("response.created", "response.done") and self._wire != "xai" and self._metadata:
            event["response"]["metadata"] = self._metadata
            self._metadata = None if kind == "response.done" else self._metadata
        await self._client.socket.send(json.dumps(event))

    async def _accept(self, event: Event) -> None:
        """Answer what is not in the recording."""
        match event["type"]:
            case "session.update" if self._session:
                await self._client.send(self._session)
            case "conversation.item.truncate":
                await self._client.send({**event, "type": "conversation.item.truncated"})
            case "conversation.item.create" if _essence(event["item"]) not in self._known:
                added = _ADDED[self._wire == "2024"]
                await self._client.send({"type": added, "item": {**event["item"], "status": "completed"}})

    def _came(self, kind: str) -> bool:
        return bool(self._waiting.get(kind))

    def _find(self, item: Event) -> Event | None:
        """Return the client's event that creates the same item as the recorded client did."""
        for event in self._waiting.get("conversation.item.create", ()):
            if _essence(event["item"]) == _essence(item):
                return event
        return None

    def _match(self, added: Event) -> bool:
        """Note which item of the client is meant by one that the service adds. Return whether there is one."""
        for item in self._created:
            if _essence(item) == _essence(added):
                if event := self._find(item):
                    self._waiting["conversation.item.create"].remove(event)
                    if own := event["item"].get("id"):
                        self._ids[added["id"]] = own
                self._created.remove(item)
                return True
        return False

    async def _wait(self, condition: Callable[[], bool]) -> None:
        await self._endpoint.until(lambda: condition() or self._gone)
        if not condition():
            raise ConnectionClosed(None, None)


def _step(found: Event) -> Step:
    if found.get("kind") == "close":
        return Step("close", found)
    return Step("client" if found["direction"] == "sent" else "server", found["data"])


def _essence(item: Event) -> tuple[Any, ...]:
    """Return what makes an item of the client the same as another one, whatever its id and shape."""
    if item["type"] != "message":
        return item["type"], item.get("call_id")
    words = [part.get("text") or part.get("transcript") for part in item.get("content") or ()]
    return "message", item["role"], *words


def _whole_samples(delta: str) -> str:
    """Recordings may keep only the beginning of a block of sound, cut in the middle of a sample."""
    sound = base64.b64decode(delta)
    return base64.b64encode(sound[: len(sound) // 2 * 2]).decode()
