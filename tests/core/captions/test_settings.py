"""Settings of captions in the protocol's shape; what a model is known not to take is refused here."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.captions.settings import CaptionSettings, caption_transcription
from realtime_widgets.errors import ConfigurationError

PCM = {"type": "audio/pcm", "rate": 24_000}


def test_a_model_that_writes_along_finds_no_turns() -> None:
    heard = caption_transcription(
        "gpt-live-transcribe", None, ("en", "de"), keywords=("soxr",), prompt=None, delay=None, logprobs=True
    )
    settings = CaptionSettings(heard, noise_reduction="far_field")
    assert settings.session() == {
        "type": "transcription",
        "audio": {
            "input": {
                "format": PCM,
                "transcription": {
                    "model": "gpt-live-transcribe",
                    "languages": ["en", "de"],
                    "keywords": ["soxr"],
                },
                "turn_detection": None,
                "noise_reduction": {"type": "far_field"},
            }
        },
        "include": ["item.input_audio_transcription.logprobs"],
    }
    assert settings.heard_by == "gpt-live-transcribe"


def test_turns_of_the_service_are_neither_answered_nor_interrupt_anything() -> None:
    detection = {"type": "server_vad", "threshold": 0.7, "create_response": True, "idle_timeout_ms": 6000}
    settings = CaptionSettings({"model": "gpt-transcribe", "language": "de"}, detection, "off")
    sound = settings.session()["audio"]["input"]
    assert sound["turn_detection"] == {"type": "server_vad", "threshold": 0.7}
    assert sound["noise_reduction"] is None
    assert settings.committed_here().session()["audio"]["input"]["turn_detection"] is None
    assert settings.committed_here().changes_from(settings)["type"] == "transcription"


def test_what_has_no_setting_yet_is_merged_over_the_rest() -> None:
    extra = {"audio": {"input": {"transcription": {"punctuation": False}}}, "include": ["more"]}
    session = CaptionSettings({"model": "m"}, extra=extra).session()
    assert session["audio"]["input"]["transcription"] == {"model": "m", "punctuation": False}
    assert session["include"] == ["more"]


def test_one_text_as_languages_is_a_list_of_one() -> None:
    assert caption_transcription("gpt-transcribe", None, "de") == {"model": "gpt-transcribe", "languages": ["de"]}


@pytest.mark.parametrize(
    ("given", "detection", "names"),
    [
        ({}, "auto", "model="),
        ({"model": "gpt-realtime-whisper"}, "semantic_vad", "turn_detection="),
        ({"model": "gpt-transcribe", "delay": "low"}, "auto", "delay="),
        ({"model": "gpt-realtime-whisper", "languages": ["de"]}, "auto", "name one language as language="),
        ({"model": "gpt-4o-transcribe-diarize", "prompt": "x"}, "auto", "prompt="),
        ({"model": "m"}, {"type": "server_vad", "threshold": 3}, "threshold"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], detection: Any, names: str) -> None:
    with pytest.raises(ConfigurationError, match=names):
        CaptionSettings(given, detection)
