"""Models that nobody named: taken from what the endpoint offers, and what follows if it offers none."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import (
    AudioChat,
    ConfigurationError,
    ConnectionFailedError,
    RealtimeSession,
    ResponseFailedError,
    SpeechPipeline,
)
from realtime_widgets.chat.models import KNOWN, Job, choose
from tests.chat.rest_server import RestServer, refusal, spoken, whole, written
from tests.chat.test_pipeline import heard

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY, NEXT_SPRING = date(2026, 11, 26), date(2027, 3, 1)
TONE = np.sin(np.arange(24_000) / 10)
#: Of what OpenAI is known to offer after February 2027.
NEXT = ["gpt-6-luna", "gpt-6-sol", "gpt-audio-1.5", "gpt-transcribe", "gpt-realtime-2.1", "gpt-realtime-2.1-mini"]


@pytest.mark.parametrize(
    ("job", "offered", "today", "expected"),
    [
        *(
            (job, NEXT, NEXT_SPRING, name)
            for job, name in {
                "answer": "gpt-audio-1.5",
                "transcribe": "gpt-transcribe",
                "think": "gpt-6-luna",
                "speak": "gpt-realtime-2.1-mini",
            }.items()
        ),
        ("think", ["gpt-4o-mini", "whisper-1"], TODAY, "gpt-4o-mini"),
        ("transcribe", ["gpt-4o-mini", "whisper-1"], TODAY, "whisper-1"),
        ("speak", ["gpt-4o-mini", "tts-1", "gpt-realtime-2.1"], TODAY, "tts-1"),
        ("speak", None, TODAY, "gpt-4o-mini-tts"),
        ("speak", None, NEXT_SPRING, "gpt-realtime-2.1-mini"),
        ("think", None, NEXT_SPRING, "gpt-6-luna"),
        ("think", ["llama3.2:3b", "nomic-embed-text", "whisper-large-v3"], TODAY, "llama3.2:3b"),
        ("transcribe", ["llama3.2:3b", "Systran/faster-whisper-small"], TODAY, "Systran/faster-whisper-small"),
        ("speak", ["llama3.2:3b", "speaches-ai/Kokoro-82M-v1.0-ONNX"], TODAY, "speaches-ai/Kokoro-82M-v1.0-ONNX"),
        ("think", ["llama3.2:3b", "qwen3"], TODAY, None),
        ("transcribe", ["llama3.2:3b"], TODAY, None),
        ("speak", ["llama3.2:3b"], TODAY, None),
        ("read", ["gpt-4o-mini-tts"], TODAY, None),
    ],
)
def test_the_model_for_a_job(job: Job, offered: Sequence[str] | None, today: date, expected: str | None) -> None:
    assert choose(job, offered, today) == expected


def test_every_job_can_be_done_in_spring_by_known_models() -> None:
    for job in KNOWN:
        assert choose(job, None, NEXT_SPRING) is not None, job


async def test_a_chat_asks_for_what_the_endpoint_offers_and_asks_it_once(server: RestServer, keep: Any) -> None:
    server.models = ["gpt-audio-mini", "gpt-6-luna"]
    server.completions(spoken("Hello.", b"12"), spoken("Again.", b"12"))
    chat = keep(AudioChat(endpoint=server.url, api_key="sk"))
    await chat.ask("Hello")
    await chat.ask("And again")
    assert [each["model"] for each in server.asked] == ["gpt-audio-mini"] * 2
    assert server.lists_asked == 1


async def test_a_named_model_is_asked_for_whatever_is_offered(server: RestServer, keep: Any) -> None:
    server.models = ["gpt-audio-1.5"]
    server.completions(spoken("Hello.", b"12"))
    chat = keep(AudioChat(endpoint=server.url, api_key="sk", model="mine"))
    await chat.ask("Hello")
    assert (server.asked[0]["model"], server.lists_asked) == ("mine", 0)


async def test_where_no_model_only_speaks_a_realtime_session_reads_the_answer(
    server: RestServer, keep: Any
) -> None:
    server.models = NEXT
    server.answers("audio/transcriptions", heard("What is the weather?"))
    server.completions(written("It is raining today. Take a coat."))
    pipeline = keep(SpeechPipeline(endpoint=server.url, api_key="sk", voice="cedar"))
    reply = await pipeline.ask(audio=TONE, rate=24_000)
    assert reply.pcm == np.full(len("It is raining today.Take a coat."), 7, dtype="<i2").tobytes()
    asked, update, first, second = server.sessions[0]
    assert asked == {"model": "gpt-realtime-2.1-mini"}
    assert update["session"]["audio"]["output"]["voice"] == "cedar"
    assert update["session"]["audio"]["input"]["turn_detection"] is None
    assert {each["response"]["conversation"] for each in (first, second)} == {"none"}
    assert "word for word" in first["response"]["instructions"]
    speaking = [stage for stage in reply.stages if stage.name == "speak"]
    assert [stage.model for stage in speaking] == ["gpt-realtime-2.1-mini"] * 2
    assert speaking[0].usage.money == pytest.approx((10 * 0.6 + 20 * 20) / 1e6)
    assert server.lists_asked == 1


async def test_a_realtime_voice_that_is_asked_for_reads_a_text(server: RestServer, keep: Any) -> None:
    server.models = ["gpt-4o-mini-tts", "gpt-realtime-2.1"]
    pipeline = keep(
        SpeechPipeline(
            endpoint=server.url, api_key="sk", think={"model": "x"}, speak="realtime", transcribe={"model": "y"}
        )
    )
    reply = await pipeline.speak("Good morning.")
    assert len(reply.pcm) == 2 * len("Good morning.")
    with pytest.raises(ResponseFailedError, match="refused to speak: not this text"):
        await pipeline.speak("Fail.")


async def test_an_endpoint_without_a_model_for_the_job_is_named_with_what_it_has(
    server: RestServer, keep: Any
) -> None:
    server.models = ["llama3.2", "qwen3"]
    pipeline = keep(SpeechPipeline(endpoint=server.url, api_key="sk"))
    with pytest.raises(ConfigurationError, match=r"write speech down: name one as transcribe=.*llama3\.2, qwen3"):
        await pipeline.ask("Hello")
    assert server.asked == []


async def test_a_model_that_has_ended_is_named_with_one_that_is_offered(server: RestServer, keep: Any) -> None:
    server.models = NEXT
    server.completions(refusal(404, "The model `gpt-audio-mini` does not exist", "model_not_found"))
    chat = keep(AudioChat(endpoint=server.url, api_key="sk", model="gpt-audio-mini"))
    with pytest.raises(ConnectionFailedError, match="20 January 2027") as refused:
        await chat.ask("Hello")
    assert "It offers gpt-audio-1.5." in str(refused.value)


@pytest.mark.parametrize("list_of_models", [{"data": "none"}, ["gpt-audio-mini"], {"data": [{"id": 3}]}])
async def test_a_list_that_is_none_is_passed_over(server: RestServer, keep: Any, list_of_models: Any) -> None:
    server.list_of_models = whole(list_of_models)
    server.completions(spoken("Hello.", b"12"))
    chat = keep(AudioChat(endpoint=server.url, api_key="sk"))
    await chat.ask("Hello")
    assert server.asked[0]["model"] == "gpt-audio-1.5"


async def test_a_long_list_is_read_whole(server: RestServer, keep: Any) -> None:
    server.models = [*(f"somebodys-model-{number}" for number in range(10_000)), "gpt-audio-mini"]
    server.completions(spoken("Hello.", b"12"))
    chat = keep(AudioChat(endpoint=server.url, api_key="sk"))
    await chat.ask("Hello")
    assert server.asked[0]["model"] == "gpt-audio-mini"


async def test_a_call_that_is_over_is_no_matter_of_models(server: RestServer) -> None:
    server.models = NEXT
    server.answers("realtime/calls/rtc_1/hangup", refusal(404, "No call found", "call_id_not_found"))
    session = RealtimeSession(endpoint=server.url, api_key="sk", model="gpt-realtime", call_id="rtc_1")
    with pytest.raises(ConnectionFailedError, match="No call found") as refused:
        await session.hang_up()
    assert "It offers" not in str(refused.value)
    assert server.lists_asked == 0
