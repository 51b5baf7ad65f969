"""Settings of the model: each as the protocol has it, and each wrong value refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import NoiseReduction, Transcription, Truncation
from realtime_widgets.core.model_settings import LOGPROBS
from realtime_widgets.core.settings import SessionSettings, changed
from realtime_widgets.errors import ConfigurationError

RATIO = {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 8000}}


@pytest.mark.parametrize(
    ("given", "field", "sent"),
    [
        ({"answers": "text"}, "output_modalities", ["text"]),
        ({"answers": "speech"}, "output_modalities", ["audio"]),
        ({"reasoning": "low"}, "reasoning", {"effort": "low"}),
        ({"reasoning": {"effort": "high", "new": 1}}, "reasoning", {"effort": "high", "new": 1}),
        ({"max_output_tokens": 400}, "max_output_tokens", 400),
        ({"max_output_tokens": "inf"}, "max_output_tokens", "inf"),
        ({"truncation": "disabled"}, "truncation", "disabled"),
        ({"truncation": Truncation(0.8, 8000)}, "truncation", RATIO),
        ({"truncation": RATIO}, "truncation", RATIO),
        ({"tool_choice": "required"}, "tool_choice", "required"),
        ({"tool_choice": "weather"}, "tool_choice", {"type": "function", "name": "weather"}),
        (
            {"tool_choice": {"type": "mcp", "server_label": "docs"}},
            "tool_choice",
            {"type": "mcp", "server_label": "docs"},
        ),
        ({"parallel_tool_calls": False}, "parallel_tool_calls", False),
        ({"tracing": "auto"}, "tracing", "auto"),
        ({"tracing": {"workflow_name": "class"}}, "tracing", {"workflow_name": "class"}),
        ({"include": [LOGPROBS]}, "include", [LOGPROBS]),
        ({"safety_identifier": "a1b2"}, "safety_identifier", "a1b2"),
        ({"extra": {"brand_new": {"level": 3}}}, "brand_new", {"level": 3}),
        ({"extra": {"tool_choice": "none"}, "tool_choice": "auto"}, "tool_choice", "none"),
    ],
)
def test_each_setting_is_sent_as_the_protocol_has_it(given: dict[str, Any], field: str, sent: Any) -> None:
    assert SessionSettings(**given).session([], None)[field] == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("near_field", {"type": "near_field"}),
        (NoiseReduction("far_field", 0.6), {"type": "far_field", "strength": 0.6}),
        ({"type": "far_field", "strength": 1}, {"type": "far_field", "strength": 1}),
        ("off", None),
    ],
)
def test_noise_reduction_is_sent(given: Any, sent: Any) -> None:
    sound = SessionSettings(noise_reduction=given).session([], None)["audio"]["input"]
    assert sound["noise_reduction"] == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, {"model": "usual"}),
        ("gpt-live-transcribe", {"model": "gpt-live-transcribe"}),
        ("off", None),
        (Transcription(language="de"), {"model": "usual", "language": "de"}),
        (
            Transcription("gpt-transcribe", languages=("en", "de"), keywords=["hibari"], prompt="A lecture."),
            {
                "model": "gpt-transcribe",
                "languages": ["en", "de"],
                "keywords": ["hibari"],
                "prompt": "A lecture.",
            },
        ),
        ({"model": "gpt-realtime-whisper", "delay": "low"}, {"model": "gpt-realtime-whisper", "delay": "low"}),
    ],
)
def test_transcription_is_sent(given: Any, sent: Any) -> None:
    session = SessionSettings(transcription=given).session([], "usual")
    assert session["audio"]["input"]["transcription"] == sent
    assert "include" not in session


def test_logprobs_are_asked_for_where_the_protocol_has_them() -> None:
    session = SessionSettings(transcription=Transcription(logprobs=True)).session([], "usual")
    assert session["include"] == [LOGPROBS]
    assert session["audio"]["input"]["transcription"] == {"model": "usual"}


def test_an_own_voice_is_named_by_its_id() -> None:
    voices = [SessionSettings(voice=voice).session([], None) for voice in ("voice_1", {"id": "voice_1"}, "marin")]
    assert [each["audio"]["output"]["voice"] for each in voices] == [{"id": "voice_1"}] * 2 + ["marin"]


def test_extra_fields_are_merged_at_their_place() -> None:
    settings = SessionSettings(voice="marin", extra={"audio": {"output": {"style": "calm"}}})
    output = settings.session([], None)["audio"]["output"]
    assert (output["voice"], output["style"]) == ("marin", "calm")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"answers": "voice"}, "answers"),
        ({"answers": None}, "answers"),
        ({"reasoning": "a lot"}, "reasoning"),
        ({"reasoning": 3}, "reasoning"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"max_output_tokens": 4097}, "max_output_tokens"),
        ({"max_output_tokens": True}, "max_output_tokens"),
        ({"max_output_tokens": "many"}, "max_output_tokens"),
        ({"truncation": "never"}, "truncation"),
        ({"truncation": {"type": "retention_ratio", "retention_ratio": 1.5}}, "retention_ratio"),
        ({"truncation": {"token_limits": {"post_instructions": -1}}}, "post_instructions"),
        ({"truncation": {"token_limits": 8000}}, "token_limits"),
        ({"tool_choice": ""}, "tool_choice"),
        ({"tool_choice": None}, "tool_choice"),
        ({"tool_choice": {"name": "weather"}}, "tool_choice"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
        ({"noise_reduction": "loud"}, "noise_reduction"),
        ({"noise_reduction": {"type": "near_field", "strength": 2}}, "strength"),
        ({"transcription": ""}, "transcription"),
        ({"transcription": {"language": 7}}, "language"),
        ({"transcription": {"languages": "de"}}, "languages"),
        ({"transcription": {"keywords": [1]}}, "keywords"),
        ({"transcription": {"delay": "soon"}}, "delay"),
        ({"tracing": "on"}, "tracing"),
        ({"include": LOGPROBS}, "include"),
        ({"safety_identifier": ""}, "safety_identifier"),
        ({"safety_identifier": "x" * 65}, "safety_identifier"),
        ({"extra": ["a"]}, "extra"),
        ({"extra": {"type": "transcription"}}, "extra"),
        ({"voice": {"name": "marin"}}, "voice"),
        ({"speed": True}, "speed"),
    ],
)
def test_wrong_values_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        SessionSettings(**wrong)


@pytest.mark.parametrize("make", [lambda: Truncation(2.0), lambda: NoiseReduction("near")])  # type: ignore[arg-type]
def test_typed_values_check_themselves(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()
    with pytest.raises(ConfigurationError, match="logprobs"):
        Transcription(logprobs="yes")  # type: ignore[arg-type]


def test_changes_name_only_what_is_different_and_reset_what_is_gone() -> None:
    before = SessionSettings(
        "Be brief.", max_output_tokens=100, truncation="disabled", noise_reduction="near_field", speed=1.2
    )
    after = changed(before, {"max_output_tokens": None, "truncation": None, "answers": "text", "speed": 1.0})
    assert after.changes_from(before) == {
        "type": "realtime",
        "output_modalities": ["text"],
        "max_output_tokens": "inf",
        "truncation": "auto",
        "audio": {"output": {"speed": 1.0}},
    }
    quiet = changed(before, {"noise_reduction": "off", "transcription": {"language": "de"}})
    assert quiet.changes_from(before, "usual") == {
        "type": "realtime",
        "audio": {"input": {"noise_reduction": None, "transcription": {"model": "usual", "language": "de"}}},
    }
    assert after.changes_from(after) == {"type": "realtime"}
