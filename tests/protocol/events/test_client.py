"""Client events as they go out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.protocol import events as ev


def test_client_events_are_as_the_service_types_them() -> None:
    from pydantic import TypeAdapter

    realtime = pytest.importorskip("openai.types.realtime")
    adapter: TypeAdapter[Any] = TypeAdapter(realtime.RealtimeClientEvent)
    item = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    for made in (
        ev.SessionUpdate(event_id="e", session={"type": "realtime"}),
        ev.InputAppend(audio=b"\0\1"),
        ev.InputCommit(),
        ev.InputClear(),
        ev.OutputClear(),
        ev.ItemCreate(item=item, previous_item_id="root"),
        ev.ItemTruncate(item_id="a", content_index=0, audio_end_ms=0),
        ev.ItemDelete(item_id="a"),
        ev.ItemRetrieve(item_id="a"),
        ev.ResponseCreate(response={"metadata": {"request": "q"}}),
        ev.ResponseCreate(),
        ev.ResponseCancel(response_id="r1"),
    ):
        data = json.loads(ev.encode(made))
        assert adapter.validate_python(data).type == made.type == data["type"]


def test_sound_goes_out_as_base64_and_nothing_empty_with_it() -> None:
    assert json.loads(ev.encode(ev.InputAppend(audio=b"\0\1\2"))) == {
        "type": "input_audio_buffer.append",
        "audio": "AAEC",
    }


def test_a_truncation_to_before_the_start_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="negative"):
        ev.ItemTruncate(item_id="a", content_index=0, audio_end_ms=-1)
