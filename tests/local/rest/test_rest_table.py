"""The tables of REST.md are complete, and true row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pytest
from openai.types import moderation_create_params
from openai.types.audio import speech_create_params, transcription_create_params
from openai.types.chat import completion_create_params
from openai.types.realtime import client_secret_create_params

import realtime_widgets.local
from realtime_widgets.local.models.codecs import encoded
from tests.local.stand_ins import tone

if TYPE_CHECKING:
    from tests.local.rest.conftest import Service

TEXT = (Path(realtime_widgets.local.__file__).parent / "REST.md").read_text(encoding="utf-8")
CHAT, SPEECH = "/v1/chat/completions", "/v1/audio/speech"
WORDS, MODERATION, SECRET = "/v1/audio/transcriptions", "/v1/moderations", "/v1/realtime/client_secrets"
#: The official package's own lists of parameters.
OFFICIAL: dict[str, Any] = {
    CHAT: completion_create_params.CompletionCreateParamsStreaming,
    WORDS: transcription_create_params.TranscriptionCreateParamsStreaming,
    SPEECH: speech_create_params.SpeechCreateParams,
    MODERATION: moderation_create_params.ModerationCreateParams,
    SECRET: client_secret_create_params.ClientSecretCreateParams,
}


@dataclass(frozen=True)
class Row:
    route: str
    parameter: str
    status: str


def rows() -> list[Row]:
    found = []
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        route = re.match(r"`POST (\S+)`", section)
        for parameter, status in re.findall(r"^\| `(\w+)` \| `([\w ]+)` \|", section, flags=re.MULTILINE):
            assert route is not None
            found.append(Row(route[1], parameter, status))
    return found


ROWS = rows()
SOUND = encoded(np.frombuffer(tone(1.0), dtype="<i2").astype(np.int16), "wav")
FUNCTION = {"type": "function", "function": {"name": "clock"}}
LEAST: dict[str, dict[str, Any]] = {
    CHAT: {"model": "gpt-audio", "messages": [{"role": "user", "content": "hello"}]},
    WORDS: {"model": "gpt-transcribe", "file": SOUND},
    SPEECH: {"model": "tts-1", "voice": "marin", "input": "Hello."},
    MODERATION: {"input": "Hello."},
    SECRET: {},
}
#: A value for each parameter that the least request does not have, and what has to go with it.
VALUES: dict[str, dict[str, Any]] = {
    CHAT: {
        "modalities": ["text"],
        "audio": {"voice": "marin", "format": "wav"},
        "stream": False,
        "stream_options": {"include_usage": True},
        "tools": [FUNCTION],
        "tool_choice": "none",
        "parallel_tool_calls": True,
        "max_completion_tokens": 100,
        "max_tokens": 100,
        "stop": "never said",
        "n": 1,
        "metadata": {"a": "b"},
        "response_format": {"type": "text"},
        "logprobs": True,
        "top_logprobs": 2,
        "functions": [{"name": "clock"}],
        "function_call": "auto",
        "web_search_options": {},
        "moderation": {"model": "x"},
        "frequency_penalty": 1,
        "presence_penalty": 1,
        "logit_bias": {"50256": -100},
        "temperature": 0.1,
        "top_p": 0.1,
        "seed": 7,
        "prediction": {"type": "content", "content": "x"},
        "prompt_cache_key": "x",
        "prompt_cache_options": {"mode": "implicit"},
        "prompt_cache_retention": "24h",
        "reasoning_effort": "low",
        "verbosity": "low",
        "safety_identifier": "x",
        "user": "x",
        "service_tier": "auto",
        "store": True,
    },
    WORDS: {
        "language": "en",
        "languages": ["en", "fr"],
        "response_format": "json",
        "stream": False,
        "timestamp_granularities": ["segment"],
        "include": ["logprobs"],
        "prompt": "x",
        "keywords": ["x"],
        "temperature": 0.1,
        "chunking_strategy": {"type": "server_vad", "threshold": 0.5},
        "known_speaker_names": ["x"],
        "known_speaker_references": ["data:audio/wav;base64,AAAA"],
    },
    SPEECH: {"response_format": "wav", "speed": 1.5, "stream_format": "audio", "instructions": "x"},
    MODERATION: {"model": "omni-moderation-latest"},
    SECRET: {"expires_after": {"anchor": "created_at", "seconds": 10}, "session": {"type": "transcription"}},
}
WITH: dict[str, dict[str, Any]] = {"timestamp_granularities": {"response_format": "verbose_json"}}


async def ask(service: Service, route: str, **parameters: Any) -> Any:
    """What people see of the answer."""
    client = service.client
    if route == WORDS:
        return (await client.audio.transcriptions.create(**{**LEAST[route], **parameters})).text
    if route == SPEECH:
        return (await client.audio.speech.create(**{**LEAST[route], **parameters})).content
    if route == MODERATION:
        return (await client.moderations.create(**{**LEAST[route], **parameters})).results
    if route == SECRET:
        return (await client.realtime.client_secrets.create(**parameters)).session
    body = {**LEAST[CHAT], **parameters}
    answer: Any = await client.post("/chat/completions", body=body, cast_to=object)
    return answer["choices"]


def test_every_parameter_of_the_official_client_has_one_row() -> None:
    for route, official in OFFICIAL.items():
        listed = [row.parameter for row in ROWS if row.route == route]
        assert sorted(listed) == sorted(official.__required_keys__ | official.__optional_keys__), route


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.route}-{row.parameter}")
async def test_row_is_true(service: Service, row: Row) -> None:
    assert row.status in ("yes", "simpler", "no effect", "refused")
    values = VALUES[row.route]
    if row.parameter not in values:
        assert row.parameter in LEAST[row.route]
        await ask(service, row.route)
        return
    parameters = {row.parameter: values[row.parameter], **WITH.get(row.parameter, {})}
    if row.status == "refused":
        with pytest.raises(openai.BadRequestError) as refused:
            await ask(service, row.route, **parameters)
        assert row.parameter in str(refused.value)
    elif row.status == "no effect":
        assert await ask(service, row.route, **parameters) == await ask(service, row.route)
    else:
        await ask(service, row.route, **parameters)


SIMPLER: list[tuple[str, str, Any, dict[str, Any]]] = [
    (CHAT, "messages", [{"role": "function", "name": "f", "content": "x"}], {}),
    (CHAT, "messages", [{"role": "user", "content": [{"type": "file", "file": {"file_id": "x"}}]}], {}),
    (CHAT, "tools", [{"type": "custom", "custom": {"name": "x"}}], {}),
    (CHAT, "n", 2, {}),
    (CHAT, "stop", "x", {"modalities": ["text", "audio"], "audio": {"voice": "marin", "format": "wav"}}),
    (CHAT, "response_format", {"type": "json_object"}, {}),
    (WORDS, "language", "fr", {}),
    (WORDS, "languages", ["fr"], {}),
    (WORDS, "response_format", "diarized_json", {}),
    (WORDS, "timestamp_granularities", ["word"], {"response_format": "verbose_json"}),
    (SPEECH, "voice", {"id": "voice_1"}, {}),
    (SPEECH, "speed", 2.0, {}),
]


@pytest.mark.parametrize(("route", "parameter", "value", "others"), SIMPLER, ids=range(len(SIMPLER)))
async def test_what_is_left_out_is_refused(
    service: Service, route: str, parameter: str, value: Any, others: dict[str, Any]
) -> None:
    assert Row(route, parameter, "simpler") in ROWS
    with pytest.raises(openai.BadRequestError):
        await ask(service, route, **{parameter: value, **others})
