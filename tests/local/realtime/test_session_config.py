"""How updates are merged into a session's configuration, and what a response overrides."""

from __future__ import annotations

from typing import Any

from realtime_widgets.local.realtime.responses.options import response_options
from realtime_widgets.local.realtime.session_config import default_config, updated_config
from realtime_widgets.local.realtime.turns.settings import turn_taking


def updated(*updates: dict[str, Any]) -> dict[str, Any]:
    config = default_config()
    for update in updates:
        config = updated_config(config, {"type": "realtime", **update}, spoke=False)
    return config


def detection(**fields: Any) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": fields}}}


def test_only_named_fields_change() -> None:
    before = default_config()
    config = updated({"instructions": "Be kind."}, {"audio": {"output": {"speed": 1.2}}})
    assert config["instructions"] == "Be kind."
    assert config["audio"]["output"] == before["audio"]["output"] | {"speed": 1.2}
    assert config["audio"]["input"] == before["audio"]["input"]


def test_update_does_not_touch_the_old_configuration() -> None:
    config = default_config()
    updated_config(config, {"type": "realtime", **detection(type="server_vad", threshold=0.9)}, spoke=False)
    assert config == default_config()


def test_turn_detection_keeps_its_other_fields_unless_its_kind_changes() -> None:
    config = updated(
        detection(type="server_vad", threshold=0.7), detection(type="server_vad", silence_duration_ms=700)
    )
    found = config["audio"]["input"]["turn_detection"]
    assert (found["threshold"], found["silence_duration_ms"]) == (0.7, 700)
    config = updated(detection(type="semantic_vad", eagerness="low"), detection(type="server_vad"))
    assert config == default_config()


def test_turn_detection_can_be_switched_off_and_on() -> None:
    off = updated({"audio": {"input": {"turn_detection": None}}})
    assert off["audio"]["input"]["turn_detection"] is None
    assert turn_taking(off) is None
    on = updated_config(off, {"type": "realtime", **detection(type="server_vad")}, spoke=False)
    assert on == default_config()


def test_eagerness_chooses_the_silence() -> None:
    waits = []
    for eagerness in ("high", "auto", "medium", "low"):
        taking = turn_taking(updated(detection(type="semantic_vad", eagerness=eagerness)))
        assert taking is not None
        waits.append(taking.settings.silence_duration_ms)
    assert waits == [300, 500, 500, 800]


def test_null_and_empty_values_clear() -> None:
    changed = {
        "instructions": "x",
        "tools": [{"type": "function", "name": "f"}],
        "max_output_tokens": 5,
        "audio": {"input": {"transcription": {"model": "whisper-1", "language": "en"}}},
    }
    cleared: dict[str, Any] = {
        "instructions": "",
        "tools": [],
        "max_output_tokens": None,
        "audio": {"input": {"transcription": None}},
    }
    assert updated(changed, cleared) == default_config()


def test_the_model_stays_what_it_is() -> None:
    assert updated({"model": "gpt-realtime-2.1"})["model"] == "local-stand-in"


def test_response_takes_the_session_where_nothing_is_overridden() -> None:
    options = response_options(updated({"instructions": "standing", "max_output_tokens": 7}))
    assert (options.instructions, options.max_output_tokens, options.speaks) == ("standing", 7, True)
    assert options.in_conversation


def test_response_overrides() -> None:
    override = {
        "conversation": "none",
        "instructions": "once",
        "tools": [{"type": "function", "name": "f"}],
        "tool_choice": {"type": "function", "name": "f"},
        "output_modalities": ["text"],
        "max_output_tokens": "inf",
        "metadata": {"a": "b"},
        "audio": {"output": {"voice": "cedar", "format": {"type": "audio/pcma"}}},
        "input": [],
    }
    options = response_options(updated({"max_output_tokens": 7}), override)
    assert not options.in_conversation
    assert not options.speaks
    assert options.instructions == "once"
    assert options.tool_choice == {"type": "function", "name": "f"}
    assert options.max_output_tokens is None
    assert options.input == []
    assert options.public()["audio"]["output"] == {"format": {"type": "audio/pcma"}, "voice": "cedar"}
