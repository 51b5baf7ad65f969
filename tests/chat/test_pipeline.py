"""SpeechPipeline against servers that follow a script: three stages, their times, costs and failures."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from realtime_widgets import (
    AudioError,
    ConfigurationError,
    ConnectionFailedError,
    Endpoint,
    ResponseFailedError,
    SpeechPipeline,
)
from tests.chat.rest_server import RestServer, calling, chunk, raw, refusal, whole, written

if TYPE_CHECKING:
    from aiohttp import web

TONE = np.sin(np.arange(24_000) / 10)
TEXT_USAGE = {"prompt_tokens": 30, "completion_tokens": 8, "total_tokens": 38}


def pipeline_with(server: RestServer, **options: Any) -> SpeechPipeline:
    return SpeechPipeline("Be brief.", endpoint=server.url, api_key="sk-all", **options)


def heard(words: str) -> Any:
    return whole({"text": words, "usage": {"type": "duration", "seconds": 1}})


def speech(value: int, samples: int = 100) -> Any:
    return raw(np.full(samples, value, dtype="<i2").tobytes(), "audio/pcm")


async def test_a_spoken_question_goes_through_three_stages(server: RestServer, keep: Any) -> None:
    server.answers("audio/transcriptions", heard(" What is the weather? "))
    server.completions(written("It is raining today. Take a coat.", TEXT_USAGE))
    server.answers("audio/speech", speech(1), speech(2))
    pipeline = keep(pipeline_with(server, voice="cedar", language="en"))
    reply = await pipeline.ask(audio=TONE, rate=24_000)
    assert reply.question == "What is the weather?"
    assert reply.text == "It is raining today. Take a coat."
    assert reply.pcm == np.repeat(np.array([1, 2], dtype="<i2"), 100).tobytes()
    form, thought, first, second = server.asked
    assert (form["model"], form["language"]) == ("gpt-transcribe", "en")
    samples, rate = soundfile.read(io.BytesIO(form["file"]))
    assert len(samples) / rate == pytest.approx(1.0, abs=0.01)
    assert thought["model"] == "gpt-6-luna"
    assert thought["messages"][1] == {"role": "user", "content": "What is the weather?"}
    assert "modalities" not in thought
    assert (first["input"], second["input"]) == ("It is raining today.", "Take a coat.")
    assert (first["voice"], first["response_format"]) == ("cedar", "pcm")


async def test_each_stage_has_its_time_and_its_cost(server: RestServer, keep: Any) -> None:
    server.answers("audio/transcriptions", heard("Hello there."))
    server.completions(written("Hello.", TEXT_USAGE))
    server.answers("audio/speech", speech(1))
    pipeline = keep(
        pipeline_with(server, prices={"gpt-4o-mini-tts": {"text_in": 1}, "gpt-audio-1.5": "gpt-4.1-mini"})
    )
    reply = await pipeline.ask(audio=TONE, rate=24_000)
    assert [stage.name for stage in reply.stages] == ["transcribe", "think", "speak"]
    assert all(stage.begin_s <= stage.first_s <= stage.end_s for stage in reply.stages)
    ears, mind, voice = (stage.usage for stage in reply.stages)
    assert ears.money == pytest.approx(0.0045 / 60)
    assert mind.money == pytest.approx((30 * 0.4 + 8 * 1.6) / 1e6)
    assert voice.money is None  # the service did not say how much it was
    assert reply.usage.money is None
    assert pipeline.usage == reply.usage


async def test_the_first_sentence_is_spoken_while_the_rest_is_thought(server: RestServer, keep: Any) -> None:
    spoken = asyncio.Event()

    async def slow_thought(request: web.Request) -> web.StreamResponse:
        from json import dumps

        from aiohttp import web

        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"data: {dumps(chunk({'content': 'This is the first one. And'}))}\n\n".encode())
        await spoken.wait()  # the rest comes only once the voice was asked for the first sentence
        await response.write(
            f"data: {dumps(chunk({'content': ' the second.'}, 'stop'))}\n\ndata: [DONE]\n\n".encode()
        )
        return response

    async def first_speech(request: web.Request) -> web.StreamResponse:
        spoken.set()
        return await speech(1)(request)

    server.completions(slow_thought)
    server.answers("audio/speech", first_speech, speech(2))
    reply = await keep(pipeline_with(server)).ask("Two sentences, please.")
    assert reply.text == "This is the first one. And the second."
    assert reply.seconds == pytest.approx(200 / 24_000)


async def test_tools_are_called_as_in_a_chat(server: RestServer, keep: Any) -> None:
    server.completions(calling(("call_1", "weather", '{"city": "Rome"}')), written("Sunny in Rome.", TEXT_USAGE))
    pipeline = keep(pipeline_with(server, spoken=False))

    @pipeline.tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    reply = await pipeline.ask("And Rome?")
    assert reply.tool_calls[0].value == "sunny in Rome"
    assert reply.text == "Sunny in Rome."
    assert reply.seconds == 0
    assert [stage.name for stage in reply.stages] == ["think", "tools", "think"]


async def test_each_stage_can_be_somewhere_else_and_keys_stay_apart(server: RestServer, keep: Any) -> None:
    async with RestServer() as other:
        server.answers("audio/transcriptions", heard("Hello there."))
        other.completions(written("Hello.", TEXT_USAGE))
        server.answers("audio/speech", speech(1))
        pipeline = keep(
            pipeline_with(
                server,
                transcribe={"model": "whisper-1"},
                think={"endpoint": other.url, "model": "llama3.2"},
                speak=Endpoint(server.url, "tts-1", api_key="sk-voice"),
            )
        )
        await pipeline.ask(audio=TONE, rate=24_000)
        assert [body["model"] for body in (*server.asked, *other.asked)] == ["whisper-1", "tts-1", "llama3.2"]
        assert [each.get("Authorization") for each in server.headers] == ["Bearer sk-all", "Bearer sk-voice"]
        assert "Authorization" not in other.headers[0]
        assert "sk-" not in repr(pipeline)


async def test_the_voice_reads_a_text_beside_the_conversation(server: RestServer, keep: Any) -> None:
    server.answers("audio/speech", speech(1), speech(2))
    pipeline = keep(pipeline_with(server))
    reply = await pipeline.speak("Read this aloud. Then that as well.")
    assert reply.text == "Read this aloud. Then that as well."
    assert [body["input"] for body in server.asked] == ["Read this aloud.", "Then that as well."]
    assert reply.seconds == pytest.approx(200 / 24_000)
    assert pipeline.messages == []


async def test_a_sound_without_words_is_told(server: RestServer, keep: Any) -> None:
    server.answers("audio/transcriptions", heard(""))
    pipeline = keep(pipeline_with(server))
    with pytest.raises(AudioError, match="no words"):
        await pipeline.ask(audio=TONE, rate=24_000)
    assert pipeline.messages == []
    assert pipeline.usage.transcription.seconds == 1


async def test_a_stage_that_fails_is_named_by_its_address(server: RestServer, keep: Any) -> None:
    server.completions(written("Hello to you there.", TEXT_USAGE))
    server.answers("audio/speech", refusal(400, "No such voice."))
    pipeline = keep(pipeline_with(server))
    with pytest.raises(ResponseFailedError, match="No such voice"):
        await pipeline.ask("Hello?")
    server.answers("audio/transcriptions", refusal(404, "Nothing here."))
    with pytest.raises(ConnectionFailedError, match=r"no /audio/transcriptions"):
        await pipeline.ask(audio=TONE, rate=24_000)


def test_a_stage_with_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="think has no 'modle'"):
        SpeechPipeline(endpoint="http://127.0.0.1:9/v1", think={"modle": "x"})


async def test_where_the_time_of_each_answer_went_is_kept(server: RestServer, keep: Any) -> None:
    server.answers("audio/transcriptions", heard("Hello there."))
    server.completions(written("Hello.", TEXT_USAGE), written("Hello.", TEXT_USAGE))
    server.answers("audio/speech", speech(1, 2400))
    pipeline = keep(pipeline_with(server))
    await pipeline.ask(audio=TONE, rate=24_000)
    [turn] = pipeline.timeline()
    assert [span.label for span in turn.spans if span.name == "step"] == ["transcribe", "think", "speak"]
    assert turn.delay == turn.at("first sample")
    assert len(turn.voice[0].peaks) == 5
    await pipeline.ask("And now in writing?", spoken=False)
    written_turn = pipeline.timeline()[-1]
    assert written_turn.number == 2
    assert written_turn.delay == written_turn.at("first words")
