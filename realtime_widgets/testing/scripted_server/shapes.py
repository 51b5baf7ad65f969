"""Server events, items and responses as plain dicts in the shapes of the Realtime protocol.

Scripts send them as steps, other servers as JSON; none of them has an ``event_id``, which its server adds. An id
may be whatever the server fills in later, as the functions of a script's steps.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_widgets.testing.scripted_server.matching import Event

#: The one conversation of a server.
CONVERSATION = "conv_1"


def event(type: str, /, **fields: Any) -> Event:
    """Return an event of any type."""
    return {"type": type, **fields}


def message(item_id: Any, role: str = "assistant", *content: Event, **fields: Any) -> Event:
    """Return a message item with these content parts."""
    whole = {"id": item_id, "object": "realtime.item", "type": "message", "role": role}
    return {**whole, "content": list(content), **fields}


def user_speech(item_id: Any, **fields: Any) -> Event:
    """Return the message item of what the user said, before it is transcribed."""
    return message(item_id, "user", {"type": "input_audio", "transcript": None}, **fields)


def function_call(item_id: Any, call_id: str, name: str, arguments: str = "{}", **fields: Any) -> Event:
    """Return a function call item; `arguments` is JSON text."""
    whole = {"id": item_id, "object": "realtime.item", "type": "function_call"}
    return {**whole, "call_id": call_id, "name": name, "arguments": arguments, **fields}


def response(response_id: str, status: str = "in_progress", output: Iterable[Event] = (), **fields: Any) -> Event:
    """Return a response of the conversation with its output items."""
    whole = {"id": response_id, "object": "realtime.response", "status": status, "conversation_id": CONVERSATION}
    return {**whole, "metadata": None, "output": list(output), **fields}


def session_created(**session: Any) -> Event:
    """Return the first event of a connection, with these fields of the session."""
    return event("session.created", session={"type": "realtime", **session})


def session_updated(session: Any) -> Event:
    """Return the answer to ``session.update``: the session as it now is."""
    return event("session.updated", session=session)


def item_added(item: Any, previous_item_id: Any = None) -> Event:
    """Return the event that an item joined the conversation."""
    return event("conversation.item.added", previous_item_id=previous_item_id, item=item)


def item_done(item: Any, previous_item_id: Any = None) -> Event:
    """Return the event that an item of the conversation is complete."""
    return event("conversation.item.done", previous_item_id=previous_item_id, item=item)


def item_deleted(item_id: Any) -> Event:
    """Return the event that an item left the conversation."""
    return event("conversation.item.deleted", item_id=item_id)


def item_truncated(item_id: Any, audio_end_ms: Any) -> Event:
    """Return the event that an item's audio was truncated at this number of milliseconds."""
    return event("conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms)


def speech_started(item_id: Any, audio_start_ms: int = 0) -> Event:
    """Return the event that the user began to speak, at this number of milliseconds of the input."""
    return event("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=audio_start_ms)


def speech_stopped(item_id: Any, audio_end_ms: int = 0) -> Event:
    """Return the event that the user stopped speaking, at this number of milliseconds of the input."""
    return event("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=audio_end_ms)


def committed(item_id: Any, previous_item_id: Any = None) -> Event:
    """Return the event that the input became an item."""
    return event("input_audio_buffer.committed", previous_item_id=previous_item_id, item_id=item_id)


def transcribed(item_id: Any, transcript: str, **fields: Any) -> Event:
    """Return the event that what the user said is transcribed."""
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item_id, content_index=0, transcript=transcript, **fields)


def response_created(response: Any) -> Event:
    """Return the event that a response begins."""
    return event("response.created", response=response)


def response_done(response: Any) -> Event:
    """Return the event that a response is complete, or ended before it was."""
    return event("response.done", response=response)


def output_item_added(response_id: str, item: Event, output_index: int = 0) -> Event:
    """Return the event that a response has a new output item."""
    return event("response.output_item.added", response_id=response_id, output_index=output_index, item=item)


def output_item_done(response_id: str, item: Event, output_index: int = 0) -> Event:
    """Return the event that an output item of a response is complete."""
    return event("response.output_item.done", response_id=response_id, output_index=output_index, item=item)


def place(response_id: str, item_id: Any, output_index: int = 0, content_index: int = 0) -> Event:
    """Return the fields that say which content part of a response an event is about."""
    return {
        "response_id": response_id,
        "item_id": item_id,
        "output_index": output_index,
        "content_index": content_index,
    }


def part_added(place: Event, part: Event) -> Event:
    """Return the event that an output item has a new content part."""
    return event("response.content_part.added", **place, part=part)


def part_done(place: Event, part: Event) -> Event:
    """Return the event that a content part is complete."""
    return event("response.content_part.done", **place, part=part)


def audio_delta(place: Event, pcm: bytes) -> Event:
    """Return a piece of the answer's sound, PCM16 at 24 kHz."""
    return event("response.output_audio.delta", **place, delta=base64.b64encode(pcm).decode())


def audio_done(place: Event) -> Event:
    """Return the event that all sound of a content part was sent."""
    return event("response.output_audio.done", **place)


def transcript_delta(place: Event, words: str) -> Event:
    """Return a piece of the words that are spoken."""
    return event("response.output_audio_transcript.delta", **place, delta=words)


def transcript_done(place: Event, transcript: str) -> Event:
    """Return the event that all words of a spoken content part were sent."""
    return event("response.output_audio_transcript.done", **place, transcript=transcript)


def text_delta(place: Event, words: str) -> Event:
    """Return a piece of a written answer."""
    return event("response.output_text.delta", **place, delta=words)


def text_done(place: Event, text: str) -> Event:
    """Return the event that all of a written content part was sent."""
    return event("response.output_text.done", **place, text=text)


def arguments_delta(response_id: str, call: Event, piece: str, output_index: int = 0) -> Event:
    """Return a piece of the arguments of a function call item."""
    return event(
        "response.function_call_arguments.delta", **_of_call(response_id, call, output_index), delta=piece
    )


def arguments_done(response_id: str, call: Event, output_index: int = 0) -> Event:
    """Return the event that the arguments of a function call item are complete."""
    whole = {"name": call["name"], "arguments": call["arguments"]}
    return event("response.function_call_arguments.done", **_of_call(response_id, call, output_index), **whole)


def error(code: str | None, message: str, event_id: str | None = None) -> Event:
    """Return a refusal of the client event with that id."""
    fields = {"type": "invalid_request_error", "code": code, "message": message, "event_id": event_id}
    return event("error", error=fields)


def _of_call(response_id: str, call: Event, output_index: int) -> Event:
    ids = {"item_id": call["id"], "call_id": call["call_id"]}
    return {"response_id": response_id, "output_index": output_index, **ids}
