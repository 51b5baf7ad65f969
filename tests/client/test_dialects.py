"""Translation at the door, against the openai package's own types of 2024 and of today."""

from __future__ import annotations

import contextlib
import json
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.capabilities import Capabilities
from realtime_widgets.protocol.dialects import translator_of
from realtime_widgets.protocol.door import Door
from realtime_widgets.settings import SessionSettings
from tests.client.wire import message

CAN_ALL = Capabilities()
SETTINGS: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "whisper-1"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400, "idle_timeout_ms": 6000},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.2},
    },
    "tools": [{"type": "function", "name": "double"}, {"type": "mcp", "server_label": "s"}],
    "max_output_tokens": 300,
    "truncation": "disabled",
    "temperature": 0.7,
}


def beta() -> Any:
    return pytest.importorskip("openai.types.beta.realtime")


def out(door: Door, event: ev.ClientEvent) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(door.write(event))
    return data


def read(door: Door, kind: str, **fields: Any) -> list[Any]:
    return door.read(json.dumps({"type": kind, "event_id": "e1", **fields}))


def test_settings_go_out_flat_to_a_server_of_2024() -> None:
    sent = out(Door("2024", CAN_ALL), ev.SessionUpdate(event_id="e", session=SETTINGS))
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
    door = Door("2024", CAN_ALL)
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
        sent = out(door, event)
        built = kinds[sent["type"]].model_validate(sent)
        for part in (built, getattr(built, "session", None), getattr(built, "item", None)):
            if part is not None and sent["type"] != "transcription_session.update":
                assert not part.model_extra, part.model_extra
        if sent.get("response"):
            assert not built.response.model_extra, built.response.model_extra
            assert sent["response"]["input"][0]["content"][0]["type"] == "text"


def test_every_event_of_2024_comes_in_as_one_of_today() -> None:
    types = beta()
    today = {str(each.__struct_config__.tag) for each in ev.KnownServerEvent.__args__}
    for model in typing.get_args(typing.get_args(types.RealtimeServerEvent)[0]):
        [kind] = typing.get_args(model.model_fields["type"].annotation)
        fields: dict[str, Any] = dict.fromkeys(("item_id", "delta", "text", "transcript", "arguments"), "x")
        fields |= {name: {"id": "x"} for name in ("item", "session", "response", "conversation", "part", "error")}
        given = {name: fields[name] for name in model.model_fields if name in fields}
        events = Door("2024", CAN_ALL).read(json.dumps({"type": kind, **given}))
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


def test_turn_detection_that_is_off_stays_off_on_its_way() -> None:
    session = SessionSettings(turn_detection=None).session([], None)
    for dialect in ("2024", "xai"):
        door = Door(dialect, CAN_ALL)  # type: ignore[arg-type]
        flat = out(door, ev.SessionUpdate(session=session))["session"]
        assert flat["turn_detection"] is None
        [updated] = read(door, "session.updated", session=flat)
        assert updated.session["audio"]["input"]["turn_detection"] is None


@pytest.mark.parametrize("dialect", ["ga", "2024", "xai"])
def test_turn_detection_that_a_server_does_not_repeat_is_as_it_was_asked(dialect: Any) -> None:
    door = Door(dialect, CAN_ALL)
    door.write(ev.SessionUpdate(session=SETTINGS))
    [updated] = read(door, "session.updated", session={"id": "s"})
    assert updated.session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


def test_an_item_of_a_response_is_done_when_its_response_says_so() -> None:
    door = Door("2024", CAN_ALL)
    item = message("a1", "assistant", status="in_progress")
    [added] = read(door, "conversation.item.created", item=item, previous_item_id="u1")
    assert (added.type, added.previous_item_id) == ("conversation.item.added", "u1")
    final = message("a1", "assistant", {"type": "audio", "transcript": "Noon."}, status="completed")
    done, output = read(door, "response.output_item.done", response_id="r1", output_index=0, item=final)
    assert (done.type, done.previous_item_id, output.type) == (
        "conversation.item.done",
        "u1",
        "response.output_item.done",
    )
    assert done.item["content"] == [{"type": "output_audio", "transcript": "Noon."}]


def test_a_users_item_is_done_as_soon_as_it_is_there() -> None:
    part = {"type": "input_audio", "transcript": None}
    events = read(Door("2024", CAN_ALL), "conversation.item.created", item=message("u1", "user", part))
    assert [event.type for event in events] == ["conversation.item.added", "conversation.item.done"]
    assert events[0].item["content"] == [part]


def test_a_response_beside_the_conversation_is_known_only_where_one_was_asked_for() -> None:
    door = Door("2024", CAN_ALL)
    [usual] = read(door, "response.created", response={"id": "r1", "conversation_id": None})
    assert "conversation_id" not in usual.response
    door.write(ev.ResponseCreate(response={"conversation": "none"}))
    [beside] = read(door, "response.created", response={"id": "r2", "conversation_id": None})
    assert beside.response["conversation_id"] is None


@pytest.mark.parametrize(
    ("session", "dialect"),
    [
        ({"modalities": ["text", "audio"], "voice": "alloy"}, "2024"),
        ({"input_audio_format": "pcm16"}, "2024"),
        ({"type": "realtime", "audio": {"input": {}}, "modalities": ["audio"]}, "ga"),
        ({"type": "realtime"}, "ga"),
        ({"voice": "ara", "turn_detection": {"type": "server_vad"}}, "xai"),
    ],
)
def test_a_dialect_is_known_by_the_first_session(session: dict[str, Any], dialect: str) -> None:
    door = Door("auto", CAN_ALL)
    read(door, "conversation.created", conversation={})
    assert door.dialect == "auto"
    [created] = read(door, "session.created", session=session)
    assert door.dialect == dialect
    assert (
        not {"modalities", "voice", "turn_detection", "input_audio_format"} & set(created.session)
        or dialect == "ga"
    )


def test_names_of_2024_are_understood_from_any_server() -> None:
    for dialect in ("auto", "ga"):
        [delta] = read(Door(dialect, CAN_ALL), "response.audio.delta", item_id="a", delta="AAEC", later=1)  # type: ignore[arg-type]
        assert (delta.type, delta.audio(), delta.extra) == ("response.output_audio.delta", b"\0\1\2", {"later": 1})
    item = message("u1", "user", status="completed")
    events = read(Door("ga", CAN_ALL), "conversation.item.created", item=item)
    assert [event.type for event in events] == ["conversation.item.added", "conversation.item.done"]


def test_what_nobody_knows_goes_through_every_door() -> None:
    for dialect in ("ga", "2024", "xai"):
        [event] = read(Door(dialect, CAN_ALL), "later.invented", deep={"er": 1})  # type: ignore[arg-type]
        assert event.data == {"type": "later.invented", "event_id": "e1", "deep": {"er": 1}}
        with pytest.raises(ValueError, match="not JSON"):
            Door(dialect, CAN_ALL).read("no json")  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["auto", "ga", "2024", "xai"])
@given(data=st.data())
def test_a_door_gives_events_or_an_error_of_value_and_nothing_else(dialect: Any, data: Any) -> None:
    fields = ("item", "session", "response", "item_id", "response_id", "transcript", "error", "previous_item_id")
    values = st.recursive(
        st.none() | st.integers(0, 3) | st.sampled_from(["a", "assistant"]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["id", "role", "content", "type", "audio", "input", "voice", "modalities"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    )
    kinds = st.sampled_from(
        [
            "session.created",
            "session.updated",
            "conversation.item.created",
            "response.created",
            "response.done",
            "response.output_item.done",
            "response.audio.delta",
            "conversation.item.input_audio_transcription.updated",
            "error",
        ]
    )
    door = Door(dialect, Capabilities(event_id_echo=False))
    door.write(ev.SessionUpdate(event_id="s1", session=SETTINGS))
    for _ in range(3):
        drawn = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=4))
        with contextlib.suppress(ValueError):
            read(door, data.draw(kinds), **drawn)


def test_a_growing_transcript_becomes_its_new_words() -> None:
    door = Door("xai", CAN_ALL)
    kind = "conversation.item.input_audio_transcription"
    said = ["How", "How late", "How late", "Now late", "How late is it"]
    events = [event for words in said for event in read(door, f"{kind}.updated", item_id="u1", transcript=words)]
    assert [(event.type, event.delta, event.content_index) for event in events] == [
        (f"{kind}.delta", "How", 0),
        (f"{kind}.delta", " late", 0),
        (f"{kind}.delta", " is it", 0),
    ]
    [done] = read(door, f"{kind}.completed", item_id="u1", transcript="Now late is it")
    assert done.transcript == "Now late is it"


def test_places_that_xai_leaves_out_are_told_by_the_order_of_items() -> None:
    door = Door("xai", CAN_ALL)
    read(door, "response.created", response={"id": "r1"})
    first, second = message("a1"), message("a2")
    read(door, "response.output_item.added", response_id="r1", item=first)
    [other] = read(door, "response.output_item.added", response_id="r1", item=second)
    [part] = read(door, "response.content_part.added", response_id="r1", item_id="a2")
    [delta] = read(door, "response.output_audio.delta", response_id="r1", item_id="a1", delta="")
    assert (other.output_index, part.output_index, part.part, delta.output_index) == (1, 1, {"type": "audio"}, 0)
    [done] = read(door, "response.done", response={"id": "r1", "usage": {}})
    assert done.response["usage"] is None


def test_an_error_that_names_nobody_is_laid_to_the_oldest_open_request_that_fits() -> None:
    door = Door("ga", Capabilities(event_id_echo=False))

    def blamed(**error: Any) -> str | None:
        [event] = read(door, "error", error={"message": "no", **error})
        return typing.cast("str | None", event.error.event_id)

    assert blamed() is None
    for made in (
        ev.SessionUpdate(event_id="s1", session={}),
        ev.ItemCreate(event_id="i1", item={}),
        ev.ResponseCreate(event_id="r1"),
        ev.ItemCreate(event_id="i2", item={}),
    ):
        door.write(made)
    read(door, "session.updated", session={})
    read(door, "conversation.item.added", item=message("a1", "assistant"))
    assert blamed(param="session.voice") is None
    assert blamed(code="conversation_already_has_active_response") == "r1"
    read(door, "conversation.item.added", item=message("u1", "user"))
    assert blamed(event_id="mine") == "mine"
    assert blamed(param="item.content") == "i2"
    assert blamed() is None


def test_capabilities_refuse_what_cannot_be() -> None:
    can = Capabilities(text_output=False, out_of_band=False, sample_rates=(16000,))
    for settings, words in (
        ({"output_modalities": ["text"]}, "text alone"),
        ({"conversation": "none"}, "beside the conversation"),
        ({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}, "16000 Hz, not at 24000 Hz"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            can.check(settings)
    CAN_ALL.check({"output_modalities": ["text"], "conversation": "none", **SETTINGS})
