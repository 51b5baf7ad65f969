from __future__ import annotations

import json
import typing
from typing import Any

import pytest
from pydantic import BaseModel

from realtime_widgets.protocol import events as ev
from tests.client.wire import event

realtime = pytest.importorskip("openai.types.realtime")


def server_event_types() -> list[type[BaseModel]]:
    [union, *_] = typing.get_args(realtime.RealtimeServerEvent)
    return list(typing.get_args(union))


SAMPLES: list[tuple[type, Any]] = [(str, "text"), (bool, True), (int, 7), (float, 1.5)]


def sample(hint: Any) -> Any:
    """Give a value for a type hint: required fields filled, optional ones None."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return args[0]
    if origin is typing.Annotated:
        return sample(args[0])
    if origin in (list, typing.List):  # noqa: UP006
        return [sample(args[0])]
    if origin is dict:
        return {}
    if args:
        return sample(next(each for each in args if each is not type(None)))
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return built(hint)
    return next((value for kind, value in SAMPLES if hint is kind), None)


def built(model: type[BaseModel]) -> dict[str, Any]:
    return {
        field.alias or name: sample(field.annotation) if field.is_required() else None
        for name, field in model.model_fields.items()
    }


@pytest.mark.parametrize("model", server_event_types(), ids=lambda model: model.__name__)
@pytest.mark.parametrize("nulls", [True, False], ids=["null for the optional", "without the optional"])
def test_every_event_of_the_service_decodes(model: type[BaseModel], nulls: bool) -> None:
    data = built(model)
    if not nulls:
        data = {name: value for name, value in data.items() if value is not None}
    decoded = ev.decode(json.dumps(data))
    kind = data.get("type") or ""
    assert decoded.type == kind
    known = {str(each.__struct_config__.tag) for each in typing.get_args(ev.KnownServerEvent)}
    assert isinstance(decoded, ev.OtherEvent) == (kind not in known)


def test_the_types_this_package_knows_are_those_of_the_service() -> None:
    theirs = {built(model).get("type") for model in server_event_types()}
    ours = {str(each.__struct_config__.tag) for each in typing.get_args(ev.KnownServerEvent)}
    assert ours <= theirs


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


def test_unknown_fields_of_known_events_do_no_harm() -> None:
    decoded = event("response.output_text.delta", item_id="a", delta="x", obfuscation="aB3", response_id="r")
    assert isinstance(decoded, ev.OutputTextDelta)


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

    adapter: TypeAdapter[Any] = TypeAdapter(realtime.RealtimeClientEvent)
    item = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    for made in (
        ev.SessionUpdate(event_id="e", session={"type": "realtime"}),
        ev.InputAppend(audio=b"\0\1"),
        ev.InputCommit(),
        ev.InputClear(),
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
