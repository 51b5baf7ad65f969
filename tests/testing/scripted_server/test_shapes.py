"""The shapes of server events against the openai package's types and against this package's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.protocol.events import OtherEvent, decode
from realtime_widgets.testing.scripted_server import shapes

SAID = shapes.message("a1", "assistant", {"type": "output_text", "text": "Hi"}, status="completed")
CALL = shapes.function_call("f1", "c1", "double", '{"x": 2}', status="completed")
PLACE = shapes.place("r1", "a1", output_index=1)
USAGE = {"type": "duration", "seconds": 1}

SHAPES = [
    shapes.session_created(model="m"),
    shapes.session_updated({"type": "realtime"}),
    shapes.item_added(SAID, "u1"),
    shapes.item_added(shapes.user_speech("u1")),
    shapes.item_done(CALL, "a1"),
    shapes.item_deleted("a1"),
    shapes.item_truncated("a1", 250),
    shapes.speech_started("u1", 100),
    shapes.speech_stopped("u1", 900),
    shapes.committed("u1", "a0"),
    shapes.transcribed("u1", "Hello", usage=USAGE),
    shapes.response_created(shapes.response("r1")),
    shapes.response_done(shapes.response("r1", "completed", [SAID, CALL])),
    shapes.output_item_added("r1", SAID),
    shapes.output_item_done("r1", CALL, 1),
    shapes.part_added(PLACE, {"type": "audio"}),
    shapes.part_done(PLACE, {"type": "audio"}),
    shapes.audio_delta(PLACE, b"\1\0\2\0"),
    shapes.audio_done(PLACE),
    shapes.transcript_delta(PLACE, "Hi"),
    shapes.transcript_done(PLACE, "Hi"),
    shapes.text_delta(PLACE, "Hi"),
    shapes.text_done(PLACE, "Hi"),
    shapes.arguments_delta("r1", CALL, '{"x"'),
    shapes.arguments_done("r1", CALL),
    shapes.error("no_such", "There is none.", "event_7"),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["type"])
def test_a_shape_is_the_event_that_it_is_named_after(shape: dict[str, Any]) -> None:
    from pydantic import TypeAdapter

    whole = {"event_id": "event_1", **shape}
    read = decode(json.dumps(whole))
    assert not isinstance(read, OtherEvent)
    assert (read.type, read.extra) == (shape["type"], {})

    realtime = pytest.importorskip("openai.types.realtime")
    adapter: TypeAdapter[Any] = TypeAdapter(realtime.RealtimeServerEvent)
    assert adapter.validate_python(whole).to_dict(exclude_unset=True) == whole
