from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.settings import SessionSettings, turn_detection_settings
from realtime_widgets.errors import ConfigurationError


@pytest.mark.parametrize("value", [None, "push_to_talk", "none", "manual"])
def test_push_to_talk_switches_turn_detection_off(value: Any) -> None:
    assert turn_detection_settings(value) is None


@pytest.mark.parametrize(
    "value", ["server_vad", "semantic_vad", {"type": "server_vad", "silence_duration_ms": 300, "new_field": 1}]
)
def test_turn_detection_takes_the_shape_of_the_protocol(value: Any) -> None:
    assert turn_detection_settings(value) == ({"type": value} if isinstance(value, str) else value)


@pytest.mark.parametrize("value", ["vad", "", {"silence_duration_ms": 300}, {"type": "other"}, 5, ["server_vad"]])
def test_unknown_turn_detection_names_what_there_is(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="semantic_vad"):
        turn_detection_settings(value)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"instructions": None}, "instructions"),
        ({"instructions": ["be", "brief"]}, "instructions"),
        ({"voice": ""}, "voice"),
        ({"voice": 3}, "voice"),
        ({"speed": 2.0}, "speed"),
        ({"speed": 0.1}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"speed": "fast"}, "speed"),
    ],
)
def test_wrong_settings_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        SessionSettings(**wrong)


def test_the_whole_configuration() -> None:
    settings = SessionSettings("Be brief.", "marin", 1.2, {"type": "server_vad"})
    tools = [{"type": "function", "name": "double"}]
    pcm = {"type": "audio/pcm", "rate": 24000}
    assert settings.session(tools, "gpt-transcribe") == {
        "type": "realtime",
        "instructions": "Be brief.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": pcm,
                "turn_detection": {"type": "server_vad"},
                "transcription": {"model": "gpt-transcribe"},
            },
            "output": {"format": pcm, "voice": "marin", "speed": 1.2},
        },
        "tools": tools,
        "tool_choice": "auto",
    }


def test_what_is_not_set_is_left_to_the_service() -> None:
    session = SessionSettings().session([], None)
    assert "instructions" not in session
    assert session["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24000}}
    assert session["audio"]["input"]["transcription"] is None
    assert session["audio"]["input"]["turn_detection"] is None
