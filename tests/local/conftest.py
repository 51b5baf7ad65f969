"""A running endpoint with small stages, and a client that speaks the protocol plainly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pybase64
import pytest
from aiohttp import web
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from realtime_widgets.local.brain.settings import BrainSettings
from realtime_widgets.local.inference.loading import BRAIN, RECOGNITION, SYNTHESIS, VOICE_ACTIVITY, Models
from realtime_widgets.local.server.app import create_app
from tests.local.stand_ins import LoudnessDetector, ScriptedBrain, ToneRecogniser, ToneSynthesiser

if TYPE_CHECKING:
    from realtime_widgets.local.models.interfaces import PictureReader
    from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits

TIMEOUT_S = 120.0
SERVER_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)


class Client:
    """One session, seen from the other side of the wire; `events` holds all that came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.session_type = "realtime"

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def append(self, pcm: bytes, block_ms: float = 100) -> None:
        size = round(block_ms * 48)
        for start in range(0, len(pcm), size):
            audio = pybase64.b64encode(pcm[start : start + size]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def say(self, text: str, **response: Any) -> None:
        """Write a user message and ask for an answer."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create", response=response)

    async def configure(self, **session: Any) -> dict[str, Any]:
        await self.send("session.update", session={"type": "realtime", **session})
        effective: dict[str, Any] = (await self.until("session.updated"))["session"]
        return effective

    async def receive(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self.socket.receive(), TIMEOUT_S)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        event: dict[str, Any] = json.loads(message.data)
        # The official package's types: a missing or wrong field fails here.
        SERVER_EVENT.validate_python(event)
        self.events.append(event)
        return event

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Receive up to the next event of this type with these fields, and return it."""
        while True:
            event = await self.receive()
            if event["type"] == kind and all(event.get(name) == value for name, value in fields.items()):
                return event

    async def refused(self) -> dict[str, Any]:
        """Return the next error; nothing but rate limits may come before it."""
        event = await self.receive()
        while event["type"] == "rate_limits.updated":
            event = await self.receive()
        assert event["type"] == "error", event
        error: dict[str, Any] = event["error"]
        return error

    async def settled(self) -> list[dict[str, Any]]:
        """Return the events before the answer to one more request, rate limits aside: all that is due by now."""
        before = len(self.events)
        await self.send("input_audio_buffer.clear")
        await self.until("input_audio_buffer.cleared")
        return [event for event in self.events[before:-1] if event["type"] != "rate_limits.updated"]

    def types(self, start: int = 0) -> list[str]:
        """Types in order, deltas of one kind in a row as one."""
        kinds: list[str] = []
        for event in self.events[start:]:
            if not (event["type"].endswith(".delta") and kinds and kinds[-1] == event["type"]):
                kinds.append(event["type"])
        return kinds

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@dataclass
class Endpoint:
    """A server on a real loopback socket."""

    url: str
    http: aiohttp.ClientSession
    stack: AsyncExitStack
    app: web.Application
    models: Models
    detector: LoudnessDetector = field(default_factory=LoudnessDetector)
    recogniser: ToneRecogniser = field(default_factory=ToneRecogniser)
    synthesiser: ToneSynthesiser = field(default_factory=ToneSynthesiser)
    brain: ScriptedBrain = field(default_factory=ScriptedBrain)

    async def ready(self) -> None:
        """Wait until every stage is loaded."""
        for name in self.models.names:
            await self.models.get(name)

    async def connect(self, query: str = "?model=gpt-realtime", **options: Any) -> Client:
        """Open a session and take its first event."""
        socket = await self.stack.enter_async_context(
            self.http.ws_connect(self.url + "/v1/realtime" + query, max_msg_size=0, **options)
        )
        client = Client(socket)
        assert (await client.receive())["type"] == "session.created"
        return client


StartEndpoint = Callable[..., Awaitable[Endpoint]]


@pytest.fixture
async def start_endpoint() -> AsyncIterator[StartEndpoint]:
    """Start endpoints; `loaders` are functions by stage, `brain_settings` choose a real brain.

    Pictures are read by what `load_pictures` loads.
    """
    async with AsyncExitStack() as stack:

        async def start(
            *,
            api_key: str | None = None,
            loaders: dict[str, Any] | None = None,
            max_sessions: int = 32,
            clock: Callable[[], float] = time.time,
            brain_settings: BrainSettings | None = None,
            limits: SessionLimits | None = None,
            load_pictures: Callable[[], PictureReader] | None = None,
        ) -> Endpoint:
            parts = LoudnessDetector(), ToneRecogniser(), ToneSynthesiser(), ScriptedBrain()
            detector, recogniser, synthesiser, brain = parts
            standard: dict[str, Any] = {
                VOICE_ACTIVITY: lambda: lambda: detector,
                RECOGNITION: lambda: recogniser,
                BRAIN: lambda: brain,
                SYNTHESIS: lambda: synthesiser,
            }
            brain_settings = brain_settings or BrainSettings()
            if not brain_settings.built_in:
                standard[BRAIN] = brain_settings.load
            models = Models(
                {**standard, **(loaders or {})}, brain_settings.model_id, brain_settings.public(), load_pictures
            )
            app = create_app(models, api_key, max_sessions, clock, limits)
            runner = web.AppRunner(app, handler_cancellation=True)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(synthesiser.gate.set)
            stack.callback(recogniser.gate.set)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            models.start()
            port = runner.addresses[0][1]
            http = await stack.enter_async_context(aiohttp.ClientSession())
            return Endpoint(f"http://127.0.0.1:{port}", http, stack, app, models, *parts)

        yield start


@pytest.fixture
async def endpoint(start_endpoint: StartEndpoint) -> Endpoint:
    """An endpoint that is open to all, its stages loaded."""
    return await start_endpoint()


@pytest.fixture
async def client(endpoint: Endpoint) -> Client:
    """A session with an endpoint."""
    return await endpoint.connect()
