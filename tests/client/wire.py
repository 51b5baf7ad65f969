"""Server events as a server writes them: built as JSON and decoded by the package."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from realtime_widgets.protocol.events import AnyServerEvent, decode


def event(kind: str, **fields: Any) -> AnyServerEvent:
    return decode(msgspec.json.encode({"type": kind, "event_id": "event_1", **fields}))


def message(item_id: str, role: str = "assistant", *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": item_id, "type": "message", "role": role, "content": list(content), **fields}


def call(item_id: str, call_id: str, name: str = "double", arguments: str = "{}", **fields: Any) -> dict[str, Any]:
    return {
        "id": item_id,
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        **fields,
    }


def added(item: dict[str, Any], after: str | None = None) -> AnyServerEvent:
    return event("conversation.item.added", item=item, previous_item_id=after)


def done(item: dict[str, Any], after: str | None = None) -> AnyServerEvent:
    return event("conversation.item.done", item=item, previous_item_id=after)


def output_added(response_id: str, item: dict[str, Any], index: int = 0) -> AnyServerEvent:
    return event("response.output_item.added", response_id=response_id, output_index=index, item=item)


def output_done(response_id: str, item: dict[str, Any], index: int = 0) -> AnyServerEvent:
    return event("response.output_item.done", response_id=response_id, output_index=index, item=item)


def created(response_id: str, metadata: dict[str, str] | None = None, **fields: Any) -> AnyServerEvent:
    response: dict[str, Any] = {
        "id": response_id,
        "status": "in_progress",
        "conversation_id": "conv",
        "metadata": metadata,
        "output": [],
    }
    return event("response.created", response={**response, **fields})


def finished(
    response_id: str, *output: dict[str, Any], status: str = "completed", metadata: Any = None, **fields: Any
) -> AnyServerEvent:
    response = {"id": response_id, "status": status, "conversation_id": "conv", "metadata": metadata}
    return event("response.done", response={**response, "output": list(output), **fields})


def audio(item_id: str, samples: int, response_id: str = "r1", index: int = 0) -> AnyServerEvent:
    sound = base64.b64encode(b"\1\0" * samples).decode()
    return event(
        "response.output_audio.delta", response_id=response_id, item_id=item_id, content_index=index, delta=sound
    )


def audio_done(item_id: str, response_id: str = "r1") -> AnyServerEvent:
    return event("response.output_audio.done", response_id=response_id, item_id=item_id, content_index=0)


def words(item_id: str, delta: str, response_id: str = "r1") -> AnyServerEvent:
    return event(
        "response.output_audio_transcript.delta",
        response_id=response_id,
        item_id=item_id,
        content_index=0,
        delta=delta,
    )


def text(item_id: str, delta: str, response_id: str = "r1") -> AnyServerEvent:
    return event(
        "response.output_text.delta", response_id=response_id, item_id=item_id, content_index=0, delta=delta
    )


def speech_started(item_id: str) -> AnyServerEvent:
    return event("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=0)


def committed(item_id: str, after: str | None = None) -> AnyServerEvent:
    return event("input_audio_buffer.committed", item_id=item_id, previous_item_id=after)


def heard_words(item_id: str, transcript: str) -> AnyServerEvent:
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item_id, content_index=0, transcript=transcript)


def error(code: str | None, event_id: str | None = None, text: str = "no") -> AnyServerEvent:
    return event(
        "error", error={"type": "invalid_request_error", "code": code, "message": text, "event_id": event_id}
    )
