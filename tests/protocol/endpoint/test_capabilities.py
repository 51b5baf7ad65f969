"""What an endpoint cannot do is refused before it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from tests.protocol.exchange import CAN_ALL, SETTINGS


def test_capabilities_refuse_what_cannot_be() -> None:
    can = Capabilities(text_output=False, out_of_band=False, sample_rates=(16000,))
    for settings, words in (
        ({"output_modalities": ["text"]}, "text alone"),
        ({"conversation": "none"}, "out-of-band responses"),
        ({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}, "16000 Hz, not at 24000 Hz"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            can.check(settings)
    CAN_ALL.check({"output_modalities": ["text"], "conversation": "none", **SETTINGS})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"reasoning": {"effort": "low"}}, "reasons"),
        ({"parallel_tool_calls": True}, "reasons"),
        ({"truncation": "disabled"}, "too long"),
        ({"max_output_tokens": 5}, "be brief"),
        ({"tracing": "auto"}, "traces"),
        ({"audio": {"input": {"noise_reduction": {"type": "near_field"}}}}, "noise reduction"),
        ({"audio": {"output": {"voice": {"id": "voice_1"}}}}, "preset voice"),
        ({"audio": {"output": {"speed": 0.5}}}, "between 0.7 and 1.5"),
    ],
)
def test_a_service_that_lacks_a_setting_is_not_asked_for_it(settings: dict[str, Any], words: str) -> None:
    lacking = Capabilities.of("xai").changed({"reasoning": False})
    with pytest.raises(ConfigurationError, match=words):
        lacking.check(settings)
    CAN_ALL.check(settings)


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("gpt-realtime", False),
        ("gpt-realtime-2025-08-28", False),
        ("gpt-realtime-1.5", False),
        ("gpt-realtime-mini-2025-12-15", False),
        ("gpt-realtime-2", True),
        ("gpt-realtime-2.1-mini", True),
        ("a-model-of-tomorrow", True),
    ],
)
def test_which_models_of_openai_reason(model: str, reasons: bool) -> None:
    assert Capabilities.of("openai", model).reasoning is reasons
    assert Capabilities.of("other", model).reasoning
