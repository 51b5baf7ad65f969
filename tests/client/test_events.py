from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.protocol import events as ev
from tests.client.wire import event


def test_an_event_of_an_unknown_type_keeps_all_it_came_with() -> None:
    data = {"type": "later.invented", "event_id": "e1", "deep": {"er": [1, None]}}
    decoded = ev.decode(json.dumps(data))
    assert isinstance(decoded, ev.OtherEvent)
    assert (decoded.data, decoded.type, decoded.event_id) == (data, "later.invented", "e1")


@pytest.mark.parametrize("frame", ["{}", '{"type": 5}', '{"type": []}', '{"type": null, "x": 1}'])
def test_an_object_without_a_usable_type_is_kept(frame: str) -> None:
    decoded = ev.decode(frame)
    assert isinstance(decoded, ev.OtherEvent)
    assert decoded.data == json.loads(frame)


def test_unknown_fields_of_known_events_are_kept() -> None:
    decoded = event("response.output_text.delta", item_id="a", delta="x", obfuscation="aB3", response_id="r")
    assert isinstance(decoded, ev.OutputTextDelta)
    assert decoded.extra == {"obfuscation": "aB3"}
    assert decoded.data["obfuscation"] == "aB3"
    assert decoded.data["type"] == decoded.type


def test_unknown_fields_of_an_event_that_is_not_quite_in_shape_are_kept() -> None:
    decoded = event("error", error={"message": "no", "code": 429, "hint": "wait"}, retry_after=5, x=None)
    assert isinstance(decoded, ev.ErrorEvent)
    assert decoded.extra == {"retry_after": 5, "x": None}
    assert decoded.data["error"] == {"message": "no", "code": 429, "hint": "wait"}


def test_an_event_made_here_has_data_too() -> None:
    made = ev.ItemDeleted(item_id="a", event_id="e")
    assert (made.data, made.extra) == ({"type": "conversation.item.deleted", "item_id": "a", "event_id": "e"}, {})


def test_sound_is_decoded_once() -> None:
    decoded = event("response.output_audio.delta", item_id="a", delta="AAEC")
    assert isinstance(decoded, ev.OutputAudioDelta)
    assert decoded.audio() == b"\0\1\2"
    assert decoded.audio() is decoded.audio()


def test_null_or_missing_where_the_service_always_says_something_is_read() -> None:
    for given in ({"output_index": None, "content_index": None}, {}):
        decoded = event("response.output_text.delta", item_id="a", delta="x", **given)
        assert isinstance(decoded, ev.OutputTextDelta)
        assert (decoded.output_index, decoded.content_index, decoded.response_id) == (0, 0, "")


@pytest.mark.parametrize(
    "frame", ["", "no json", "5", "[]", '"text"', "null", b"\xff\xfe", "[" * 100_000, '{"type": "error"']
)
def test_a_frame_that_is_no_event_is_an_error_of_value(frame: str | bytes) -> None:
    with pytest.raises(ValueError, match="frame from the server"):
        ev.decode(frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "response.done"}',
        '{"type": "response.done", "response": 5}',
        '{"type": "response.output_audio.delta", "item_id": "a", "delta": 5}',
        '{"type": "conversation.item.added", "item": null}',
        '{"type": "error"}',
    ],
)
def test_a_malformed_event_is_an_error_that_names_it(frame: str) -> None:
    with pytest.raises(ValueError, match=json.loads(frame)["type"]):
        ev.decode(frame)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": "no", "code": 429, "param": None}, ("no", "429")),
        ({"type": None, "message": "no"}, ("no", None)),
        ("just words", ("just words", None)),
        ({}, ("", None)),
    ],
)
def test_errors_of_other_shapes_keep_their_words(error: Any, told: tuple[str, str | None]) -> None:
    decoded = event("error", error=error)
    assert isinstance(decoded, ev.ErrorEvent)
    assert (decoded.error.message, decoded.error.code) == told


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
