"""Frames of the server become events: what is unknown is kept, what is malformed is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.protocol import events as ev
from tests.core.wire import event


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
