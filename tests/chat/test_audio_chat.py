"""AudioChat against a server that follows a script: spoken questions, streamed answers, costs, failures."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from realtime_widgets import AudioChat, ConfigurationError, ConnectionFailedError, ResponseFailedError
from tests.chat.chats import PCM, chat_with
from tests.chat.rest_server import chunk, events, spoken, wav_answer, written

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer


async def test_a_question_is_answered_by_streamed_speech_and_its_words(server: RestServer, keep: Any) -> None:
    server.completions(spoken("It rains today.", PCM))
    chat = keep(chat_with(server, voice="cedar"))
    reply = await chat.ask("What is the weather?")
    assert (reply.text, reply.question, reply.rate) == ("It rains today.", "What is the weather?", 24_000)
    assert reply.pcm == PCM
    assert reply.audio.shape == (6000,)
    body = server.asked[0]
    assert body["model"] == "gpt-audio-1.5"
    assert body["modalities"] == ["text", "audio"]
    assert body["audio"] == {"voice": "cedar", "format": "pcm16"}
    assert body["stream"] is True
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert server.headers[0]["Authorization"] == "Bearer sk-secret-1"


async def test_tokens_and_money_are_counted_by_kind(server: RestServer, keep: Any) -> None:
    server.completions(spoken("Yes.", PCM))
    chat = keep(chat_with(server))
    reply = await chat.ask("Is it?")
    usage = reply.usage
    assert (usage.input_text_tokens, usage.input_audio_tokens) == (20, 100)
    assert (usage.output_text_tokens, usage.output_audio_tokens) == (10, 40)
    assert usage.money == pytest.approx((20 * 2.5 + 100 * 32 + 10 * 10 + 40 * 64) / 1e6)
    assert chat.usage == usage
    assert [(stage.name, stage.model) for stage in reply.stages] == [("answer", "gpt-audio-1.5")]
    assert 0 <= reply.stages[0].begin_s <= reply.stages[0].first_s <= reply.stages[0].end_s


async def test_sound_is_asked_as_a_wav_file_at_its_own_length(server: RestServer, keep: Any) -> None:
    server.completions(written("A tone."))
    chat = keep(chat_with(server, spoken=False))
    tone = np.sin(np.arange(16_000) / 10)
    reply = await chat.ask(audio=tone, rate=16_000)
    assert reply.text == "A tone."
    assert reply.seconds == 0
    body = server.asked[0]
    assert body["modalities"] == ["text"]
    assert "audio" not in body
    (part,) = body["messages"][1]["content"]
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(part["input_audio"]["data"])))
    assert part["input_audio"]["format"] == "wav"
    assert len(samples) / rate == pytest.approx(1.0, abs=0.01)


async def test_an_answer_that_is_no_stream_is_read_whatever_its_format(server: RestServer, keep: Any) -> None:
    tone = (np.sin(np.arange(8_000) / 10) / 2).astype(np.float32)
    server.completions(wav_answer("Listen.", tone, 8_000))
    chat = keep(chat_with(server, audio_format="wav"))
    reply = await chat.ask("Sing.")
    assert "stream" not in server.asked[0]
    assert reply.text == "Listen."
    assert reply.seconds == pytest.approx(1.0, abs=0.01)


async def test_a_character_that_came_in_two_halves_is_one(server: RestServer, keep: Any) -> None:
    halves = [chunk({"content": "Sun \ud83c"}), chunk({"content": "\udf1e!"}), chunk({}, "stop")]
    server.completions(events(*halves), written("Yes."))
    chat = keep(chat_with(server, spoken=False))
    reply = await chat.ask("Weather?")
    assert reply.text == "Sun 🌞!"
    await chat.ask("Sure?")
    assert server.asked[1]["messages"][2]["content"] == "Sun 🌞!"


async def test_a_stream_that_breaks_off_is_told(server: RestServer, keep: Any) -> None:
    server.completions(events(chunk({"content": "It r"}), done=False))
    chat = keep(chat_with(server, spoken=False))
    with pytest.raises(ConnectionFailedError, match="broke off in the middle"):
        await chat.ask("Weather?")
    assert chat.messages == []


async def test_a_failure_within_the_stream_is_told(server: RestServer, keep: Any) -> None:
    server.completions(events({"error": {"message": "The model is overloaded.", "code": "server_error"}}))
    chat = keep(chat_with(server, spoken=False))
    with pytest.raises(ResponseFailedError, match="overloaded"):
        await chat.ask("Weather?")


def test_settings_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="audio_format"):
        AudioChat(endpoint="http://127.0.0.1:9/v1", audio_format="aac")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="max_rounds"):
        AudioChat(endpoint="http://127.0.0.1:9/v1", max_rounds=0)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        AudioChat(endpoint="openai")
    with pytest.raises(ConfigurationError, match="model="):
        AudioChat(endpoint="xai", api_key="x")
