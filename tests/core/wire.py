"""The scripted server's shapes, decoded by the package into typed events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec

import msgspec

from realtime_widgets.protocol.events import AnyServerEvent, decode
from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.testing.scripted_server.matching import Event

P = ParamSpec("P")


def decoded(shape: Event) -> AnyServerEvent:
    return decode(msgspec.json.encode({"event_id": "event_1", **shape}))


def _typed(shape: Callable[P, Event]) -> Callable[P, AnyServerEvent]:
    return lambda *args, **fields: decoded(shape(*args, **fields))


message = shapes.message

event = _typed(shapes.event)
added = _typed(shapes.item_added)
done = _typed(shapes.item_done)
output_added = _typed(shapes.output_item_added)
output_done = _typed(shapes.output_item_done)
speech_started = _typed(shapes.speech_started)
committed = _typed(shapes.committed)
heard_words = _typed(shapes.transcribed)


def call(item_id: str, call_id: str, name: str = "double", arguments: str = "{}", **fields: Any) -> Event:
    return shapes.function_call(item_id, call_id, name, arguments, **fields)


def created(response_id: str, metadata: dict[str, str] | None = None, **fields: Any) -> AnyServerEvent:
    return decoded(shapes.response_created(shapes.response(response_id, metadata=metadata, **fields)))


def finished(response_id: str, *output: Event, status: str = "completed", **fields: Any) -> AnyServerEvent:
    return decoded(shapes.response_done(shapes.response(response_id, status, output, **fields)))


def audio(item_id: str, samples: int, response_id: str = "r1", index: int = 0) -> AnyServerEvent:
    return decoded(shapes.audio_delta(shapes.place(response_id, item_id, content_index=index), b"\1\0" * samples))


def audio_done(item_id: str, response_id: str = "r1") -> AnyServerEvent:
    return decoded(shapes.audio_done(shapes.place(response_id, item_id)))


def words(item_id: str, delta: str, response_id: str = "r1") -> AnyServerEvent:
    return decoded(shapes.transcript_delta(shapes.place(response_id, item_id), delta))


def text(item_id: str, delta: str, response_id: str = "r1") -> AnyServerEvent:
    return decoded(shapes.text_delta(shapes.place(response_id, item_id), delta))


def error(code: str | None, event_id: str | None = None, text: str = "no") -> AnyServerEvent:
    return decoded(shapes.error(code, text, event_id))
