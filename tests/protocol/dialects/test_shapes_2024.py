"""The shapes of 2024, against the openai package's own types of then and of today."""

from __future__ import annotations

import json
import typing
from typing import Any

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.dialects import translator_of
from realtime_widgets.protocol.wire.codec import Codec
from tests.core.wire import message
from tests.protocol.exchange import CAN_ALL, SETTINGS, out, read


def beta() -> Any:
    return pytest.importorskip("openai.types.beta.realtime")


def test_settings_go_out_flat_to_a_server_of_2024() -> None:
    sent = out(Codec("2024", CAN_ALL), ev.SessionUpdate(event_id="e", session=SETTINGS))
    assert sent == {
        "type": "session.update",
        "event_id": "e",
        "session": {
            "instructions": "Be brief.",
            "modalities": ["text", "audio"],
            "input_audio_format": "pcm16",
            "input_audio_transcription": {"model": "whisper-1"},
            "input_audio_noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
            "output_audio_format": "g711_ulaw",
            "voice": "marin",
            "speed": 1.2,
            "tools": [{"type": "function", "name": "double"}],
            "max_response_output_tokens": 300,
            "temperature": 0.7,
        },
    }


def test_what_goes_out_is_what_the_types_of_2024_have() -> None:
    types = beta()
    kinds = {
        typing.get_args(each.model_fields["type"].annotation)[0]: each
        for each in typing.get_args(typing.get_args(types.RealtimeClientEvent)[0])
    }
    assistant = message("a1", "assistant", {"type": "output_text", "text": "yes"})
    settings = {
        "output_modalities": ["text"],
        "max_output_tokens": 5,
        "input": [assistant],
        "conversation": "none",
    }
    codec = Codec("2024", CAN_ALL)
    for event in (
        ev.SessionUpdate(session=SETTINGS),
        ev.SessionUpdate(session={"type": "transcription", "audio": SETTINGS["audio"]}),
        ev.InputAppend(audio=b"\0\1"),
        ev.InputCommit(),
        ev.InputClear(),
        ev.ItemCreate(item=assistant, previous_item_id="root"),
        ev.ItemTruncate(item_id="a", content_index=0, audio_end_ms=5),
        ev.ItemDelete(item_id="a"),
        ev.ItemRetrieve(item_id="a"),
        ev.ResponseCreate(response=settings),
        ev.ResponseCreate(),
        ev.ResponseCancel(response_id="r1"),
    ):
        sent = out(codec, event)
        built = kinds[sent["type"]].model_validate(sent)
        for part in (built, getattr(built, "session", None), getattr(built, "item", None)):
            if part is not None and sent["type"] != "transcription_session.update":
                assert not part.model_extra, part.model_extra
        if sent.get("response"):
            assert not built.response.model_extra, built.response.model_extra
            assert sent["response"]["input"][0]["content"][0]["type"] == "text"


def test_every_event_of_2024_comes_in_as_one_of_today() -> None:
    types = beta()
    today = set(ev.SERVER_EVENTS)
    for model in typing.get_args(typing.get_args(types.RealtimeServerEvent)[0]):
        [kind] = typing.get_args(model.model_fields["type"].annotation)
        fields: dict[str, Any] = dict.fromkeys(("item_id", "delta", "text", "transcript", "arguments"), "x")
        fields |= {name: {"id": "x"} for name in ("item", "session", "response", "conversation", "part", "error")}
        given = {name: fields[name] for name in model.model_fields if name in fields}
        events = Codec("2024", CAN_ALL).read(json.dumps({"type": kind, **given}))
        assert events
        assert {event.type for event in events} <= today - {"conversation.item.created"}, kind


def test_settings_come_back_as_they_went() -> None:
    translator = translator_of("2024")
    assert translator
    sent = translator.outgoing({"type": "session.update", "session": SETTINGS})
    [back] = translator.incoming({"type": "session.updated", "session": sent["session"]})
    audio = json.loads(json.dumps(SETTINGS["audio"]))
    del audio["input"]["turn_detection"]["idle_timeout_ms"]
    unknown_then = {"truncation"}
    expected = {name: value for name, value in SETTINGS.items() if name not in unknown_then}
    assert back["session"] == {**expected, "audio": audio, "tools": SETTINGS["tools"][:1]}


def test_an_item_of_a_response_is_done_when_its_response_says_so() -> None:
    codec = Codec("2024", CAN_ALL)
    item = message("a1", "assistant", status="in_progress")
    [added] = read(codec, "conversation.item.created", item=item, previous_item_id="u1")
    assert (added.type, added.previous_item_id) == ("conversation.item.added", "u1")
    final = message("a1", "assistant", {"type": "audio", "transcript": "Noon."}, status="completed")
    done, output = read(codec, "response.output_item.done", response_id="r1", output_index=0, item=final)
    assert (done.type, done.previous_item_id, output.type) == (
        "conversation.item.done",
        "u1",
        "response.output_item.done",
    )
    assert done.item["content"] == [{"type": "output_audio", "transcript": "Noon."}]


def test_a_users_item_is_done_as_soon_as_it_is_there() -> None:
    part = {"type": "input_audio", "transcript": None}
    events = read(Codec("2024", CAN_ALL), "conversation.item.created", item=message("u1", "user", part))
    assert [event.type for event in events] == ["conversation.item.added", "conversation.item.done"]
    assert events[0].item["content"] == [part]


def test_a_response_beside_the_conversation_is_known_only_where_one_was_asked_for() -> None:
    codec = Codec("2024", CAN_ALL)
    [usual] = read(codec, "response.created", response={"id": "r1", "conversation_id": None})
    assert "conversation_id" not in usual.response
    codec.write(ev.ResponseCreate(response={"conversation": "none"}))
    [beside] = read(codec, "response.created", response={"id": "r2", "conversation_id": None})
    assert beside.response["conversation_id"] is None
