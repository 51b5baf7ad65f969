"""Servers that deviate from the protocol: a go-between that says a scripted server's words in their shapes.

Written from the protocol's tables, apart from the package's own translators.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from devtools.endpoints.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection

    from realtime_widgets.testing import ScriptedServer

Event = dict[str, Any]

RENAMED = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "conversation.item.added": "conversation.item.created",
}


class Server2024:
    """Speaks the shapes of 2024."""

    def to_client(self, event: Event) -> list[Event]:
        if event["type"] == "conversation.item.done":
            return []
        event = {**event, "type": RENAMED.get(event["type"], event["type"])}
        if "session" in event:
            event["session"] = self.session(event["session"])
        if "item" in event:
            event["item"] = self.item(event["item"])
        if "response" in event:
            response = dict(event["response"])
            modalities = response.pop("output_modalities")
            response["modalities"] = ["text", "audio"] if modalities == ["audio"] else ["text"]
            response["output"] = [self.item(item) for item in response["output"]]
            event["response"] = response
        return [event]

    def to_server(self, event: Event) -> Event:
        if event["type"] == "session.update":
            flat = event["session"]
            assert not {"type", "audio", "output_modalities"} & set(flat), flat
            assert (flat["input_audio_format"], flat["output_audio_format"]) == ("pcm16", "pcm16")
            sound = {"turn_detection": flat["turn_detection"], "transcription": flat["input_audio_transcription"]}
            session = {"type": "realtime", "audio": {"input": sound, "output": {"voice": flat.get("voice")}}}
            return {**event, "session": {**session, "tools": flat["tools"], "output_modalities": ["audio"]}}
        return event

    @staticmethod
    def session(session: Event) -> Event:
        sound = session.get("audio", {})
        return {
            "id": session["id"],
            "object": "realtime.session",
            "model": session["model"],
            "modalities": ["text", "audio"],
            "voice": sound.get("output", {}).get("voice") or "alloy",
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "turn_detection": sound.get("input", {}).get("turn_detection", {"type": "server_vad"}),
            "tools": session["tools"],
            "temperature": 0.8,
            "client_secret": {"value": "ek_secret", "expires_at": 1},
        }

    @staticmethod
    def item(item: Event) -> Event:
        old = {"output_text": "text", "output_audio": "audio"}
        content = [{**part, "type": old.get(part["type"], part["type"])} for part in item.get("content", [])]
        return {**item, "content": content} if "content" in item else item


class ServerXai:
    """Speaks as xAI does."""

    def to_client(self, event: Event) -> list[Event]:
        event = {
            name: value for name, value in event.items() if name not in ("output_index", "content_index", "part")
        }
        if event["type"] == "conversation.item.done":
            return []
        if event["type"] == "conversation.item.added":
            event["item"] = {**event["item"], "status": "in_progress"}
        if "session" in event:
            session = dict(event["session"])
            sound = session.pop("audio", {})
            session["voice"] = sound.get("output", {}).get("voice") or "ara"
            session["turn_detection"] = sound.get("input", {}).get("turn_detection", {"type": "server_vad"})
            event["session"] = session
            if event["type"] == "session.created":
                conversation = {"id": "conv_1", "object": "realtime.conversation"}
                return [{"type": "conversation.created", "conversation": conversation}, {"type": "ping"}, event]
        if "response" in event:
            unsaid = {"usage": {}, "metadata": None, "conversation_id": None}
            event["response"] = {**event["response"], **unsaid}
        if event["type"] == "error":
            event["error"] = {**event["error"], "event_id": None}
        if event["type"] == "conversation.item.input_audio_transcription.completed":
            words = event["transcript"]
            growing = {**event, "type": "conversation.item.input_audio_transcription.updated"}
            return [{**growing, "transcript": words[:3]}, {**growing, "transcript": words}, event]
        return [event]

    def to_server(self, event: Event) -> Event:
        if event["type"] == "session.update":
            flat = event["session"]
            assert "voice" not in flat.get("audio", {}).get("output", {}), flat
            sound = {"turn_detection": flat["turn_detection"]}
            audio = {"input": sound, "output": {"voice": flat.get("voice")}}
            return {**event, "session": {"type": "realtime", "audio": audio, "tools": flat["tools"]}}
        return event


@asynccontextmanager
async def speaking(
    shapes: Server2024 | ServerXai, server: ScriptedServer, received: list[Event]
) -> AsyncIterator[str]:
    """Put the shapes before a scripted server, yield the address to connect to, and note what the client sent."""
    failures: list[BaseException] = []

    async def handle(client: ServerConnection) -> None:
        async def down(inner: Any) -> None:
            async for frame in inner:
                for event in shapes.to_client(json.loads(frame)):
                    await client.send(json.dumps(event))

        try:
            async with connect(server.url, compression=None, proxy=None) as inner:
                task = asyncio.create_task(down(inner))
                async for frame in client:
                    received.append(json.loads(frame))
                    await inner.send(json.dumps(shapes.to_server(received[-1])))
                task.cancel()
        except (AssertionError, LookupError) as error:
            failures.append(error)
            raise

    async with serving(handle) as port:
        yield f"http://127.0.0.1:{port}/v1"
    assert not failures, failures
