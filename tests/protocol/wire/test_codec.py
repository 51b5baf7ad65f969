"""The codec in every dialect: which one a server speaks, and what it makes of settings and of nonsense."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.settings import SessionSettings
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from realtime_widgets.protocol.wire.codec import Codec
from tests.core.wire import message
from tests.protocol.exchange import CAN_ALL, SETTINGS, out, read


def test_turn_detection_that_is_off_stays_off_on_its_way() -> None:
    session = SessionSettings(turn_detection=None).session([], None)
    for dialect in ("2024", "xai"):
        codec = Codec(dialect, CAN_ALL)  # type: ignore[arg-type]
        flat = out(codec, ev.SessionUpdate(session=session))["session"]
        assert flat["turn_detection"] is None
        [updated] = read(codec, "session.updated", session=flat)
        assert updated.session["audio"]["input"]["turn_detection"] is None


@pytest.mark.parametrize("dialect", ["ga", "2024", "xai"])
def test_turn_detection_that_a_server_does_not_repeat_is_as_it_was_asked(dialect: Any) -> None:
    codec = Codec(dialect, CAN_ALL)
    codec.write(ev.SessionUpdate(session=SETTINGS))
    [updated] = read(codec, "session.updated", session={"id": "s"})
    assert updated.session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


@pytest.mark.parametrize(
    ("session", "dialect"),
    [
        ({"modalities": ["text", "audio"], "voice": "alloy"}, "2024"),
        ({"input_audio_format": "pcm16"}, "2024"),
        ({"modalities": ["audio"]}, "2024"),
        ({"model": "grok-voice-latest", "voice": "ara", "modalities": ["audio"], "turn_detection": {}}, "xai"),
        ({"type": "realtime", "audio": {"input": {}}, "modalities": ["audio"]}, "ga"),
        ({"type": "realtime"}, "ga"),
        ({"voice": "ara", "turn_detection": {"type": "server_vad"}}, "xai"),
    ],
)
def test_a_dialect_is_known_by_the_first_session(session: dict[str, Any], dialect: str) -> None:
    codec = Codec("auto", CAN_ALL)
    read(codec, "conversation.created", conversation={})
    assert codec.dialect == "auto"
    [created] = read(codec, "session.created", session=session)
    assert codec.dialect == dialect
    assert (
        not {"modalities", "voice", "turn_detection", "input_audio_format"} & set(created.session)
        or dialect == "ga"
    )


def test_names_of_2024_are_understood_from_any_server() -> None:
    for dialect in ("auto", "ga"):
        [delta] = read(Codec(dialect, CAN_ALL), "response.audio.delta", item_id="a", delta="AAEC", later=1)  # type: ignore[arg-type]
        assert (delta.type, delta.audio(), delta.extra) == ("response.output_audio.delta", b"\0\1\2", {"later": 1})
    item = message("u1", "user", status="completed")
    events = read(Codec("ga", CAN_ALL), "conversation.item.created", item=item)
    assert [event.type for event in events] == ["conversation.item.added", "conversation.item.done"]


def test_what_nobody_knows_goes_through_every_door() -> None:
    for dialect in ("ga", "2024", "xai"):
        [event] = read(Codec(dialect, CAN_ALL), "later.invented", deep={"er": 1})  # type: ignore[arg-type]
        assert event.data == {"type": "later.invented", "event_id": "e1", "deep": {"er": 1}}
        with pytest.raises(ValueError, match="not JSON"):
            Codec(dialect, CAN_ALL).read("no json")  # type: ignore[arg-type]


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
    codec = Codec(dialect, Capabilities(event_id_echo=False))
    codec.write(ev.SessionUpdate(event_id="s1", session=SETTINGS))
    for _ in range(3):
        drawn = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=4))
        with contextlib.suppress(ValueError):
            read(codec, data.draw(kinds), **drawn)
