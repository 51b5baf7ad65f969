"""AudioChat against a server that follows a script: questions, answers, history, tools, failures."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from realtime_widgets import (
    AudioChat,
    ConfigurationError,
    ConnectionFailedError,
    Endpoint,
    ResponseFailedError,
    SessionClosedError,
)
from tests.chat.rest_server import (
    calling,
    chunk,
    events,
    refusal,
    rest_server_on_its_own_thread,
    spoken,
    wav_answer,
    whole,
    written,
)

if TYPE_CHECKING:
    from aiohttp import web

    from tests.chat.rest_server import RestServer

PCM = np.arange(-3000, 3000, dtype="<i2").tobytes()


def chat_with(server: RestServer, **options: Any) -> AudioChat:
    return AudioChat("Be brief.", endpoint=server.url, api_key="sk-secret-1", **options)


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


async def test_earlier_speech_stands_by_its_id_while_the_service_knows_it(server: RestServer, keep: Any) -> None:
    server.completions(
        spoken("One.", PCM, "audio_a"), spoken("Two.", PCM, "audio_b", expires_at=1.0), spoken("3", PCM)
    )
    chat = keep(chat_with(server))
    for question in ("First?", "Second?", "Third?"):
        await chat.ask(question)
    _, _, first, _, second, _ = server.asked[2]["messages"]
    assert first == {"role": "assistant", "content": None, "audio": {"id": "audio_a"}}
    assert second == {"role": "assistant", "content": "Two."}  # its sound has expired


async def test_speech_that_the_service_forgot_early_is_sent_as_words(server: RestServer, keep: Any) -> None:
    server.completions(
        spoken("One.", PCM, "audio_a"), refusal(400, "No audio with id 'audio_a' found."), spoken("Two.", PCM)
    )
    chat = keep(chat_with(server))
    await chat.ask("First?")
    reply = await chat.ask("Second?")
    assert reply.text == "Two."
    assert server.asked[2]["messages"][2] == {"role": "assistant", "content": "One."}


async def test_tools_run_in_rounds_and_each_call_has_one_output(server: RestServer, keep: Any) -> None:
    server.completions(
        calling(("call_1", "add", '{"a": 1, "b": 2}'), ("call_1", "add", '{"a": 3, "b": 4}')),
        calling(("call_1", "nothing", "{}")),
        spoken("Three and seven.", PCM),
    )
    chat = keep(chat_with(server))

    @chat.tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    reply = await chat.ask("Add them.")
    assert reply.text == "Three and seven."
    assert [call.value for call in reply.tool_calls] == [3, 7, None]
    assert "no tool named 'nothing'" in (reply.tool_calls[2].error or "")
    (tool,) = server.asked[0]["tools"]
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "add"
    assert set(tool["function"]["parameters"]["properties"]) == {"a", "b"}
    messages = server.asked[2]["messages"]
    asked_ids = [call["id"] for message in messages for call in message.get("tool_calls", [])]
    told_ids = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert asked_ids == told_ids
    assert len(set(told_ids)) == 3
    assert [stage.name for stage in reply.stages] == ["answer", "tools", "answer", "tools", "answer"]


async def test_a_model_that_never_stops_calling_has_to_answer_at_last(server: RestServer, keep: Any) -> None:
    again = calling(("c", "count", "{}"))
    server.completions(again, again, written("Enough."))
    chat = keep(chat_with(server, max_rounds=2, tools=[count], spoken=False))
    reply = await chat.ask("Count.")
    assert reply.text == "Enough."
    assert [body.get("tool_choice") for body in server.asked] == [None, None, "none"]


def count() -> int:
    """Count."""
    return 1


async def test_a_call_waits_for_consent(server: RestServer, keep: Any) -> None:
    ran: list[str] = []
    server.completions(
        calling(("call_1", "wipe", '{"disk": "a"}'), ("call_2", "wipe", '{"disk": "b"}')), written("Done.")
    )
    chat = keep(chat_with(server, spoken=False))

    @chat.tool(approval=lambda arguments: arguments["disk"] == "b")
    def wipe(disk: str) -> str:
        """Wipe a disk."""
        ran.append(disk)
        return "wiped"

    task = asyncio.create_task(chat.ask("Wipe both."))
    asking = await chat.calls.next_asking()
    assert asking.arguments == '{"disk": "b"}'
    asking.deny("not today")
    reply = await task
    assert ran == ["a"]
    assert reply.tool_calls[0].error is None
    assert "not today" in json.dumps(server.asked[1]["messages"])


async def test_a_question_that_failed_can_be_asked_again(server: RestServer, keep: Any) -> None:
    server.completions(refusal(400, "Too long.", "context_length_exceeded"), written("Yes."))
    chat = keep(chat_with(server, spoken=False))
    with pytest.raises(ResponseFailedError, match=r"Too long\.") as failure:
        await chat.ask("Is it?")
    assert failure.value.code == "context_length_exceeded"
    await chat.ask("Is it?")
    assert [message["content"] for message in server.asked[1]["messages"]] == ["Be brief.", "Is it?"]


async def test_what_tools_did_is_remembered_when_the_answer_fails(server: RestServer, keep: Any) -> None:
    server.completions(calling(("call_1", "count", "{}")), whole({"oops": 1}, 500), written("One."))
    chat = keep(chat_with(server, tools=[count], spoken=False))
    with pytest.raises(ConnectionFailedError, match="HTTP 500"):
        await chat.ask("Count.")
    await chat.ask("And?")
    assert [message["role"] for message in server.asked[2]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "API key is wrong"), (404, "no /chat/completions at this address"), (429, "account's limits")],
)
async def test_a_refusal_names_the_cure_and_never_the_key(
    server: RestServer, keep: Any, status: int, words: str
) -> None:
    server.completions(refusal(status, "Incorrect API key provided: sk-secret-1.", "x"))
    chat = keep(chat_with(server))
    with pytest.raises(ConnectionFailedError, match=words) as failure:
        await chat.ask("Hello?")
    assert failure.value.http_status == status
    assert "secret" not in f"{failure.value}{failure.value!r}{chat!r}"


async def test_a_refusal_that_quotes_a_key_is_told_without_it(server: RestServer, keep: Any) -> None:
    server.completions(refusal(400, "Nothing for sk-secret-1 here."))
    chat = keep(chat_with(server))
    with pytest.raises(ResponseFailedError, match="Nothing for … here"):
        await chat.ask("Hello?")


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


async def test_nobody_at_the_address_is_told(keep: Any) -> None:
    chat = keep(AudioChat(endpoint="http://127.0.0.1:9/v1"))
    with pytest.raises(ConnectionFailedError, match="cannot be reached") as failure:
        await chat.ask("Hello?")
    assert failure.value.unreachable


async def test_questions_of_two_cells_are_answered_one_after_the_other(server: RestServer, keep: Any) -> None:
    server.completions(written("One."), written("Two."))
    chat = keep(chat_with(server, spoken=False))
    await asyncio.gather(chat.ask("First?"), chat.ask("Second?"))
    assert [message["content"] for message in chat.messages] == ["First?", "One.", "Second?", "Two."]


async def test_a_closed_chat_takes_no_question(server: RestServer) -> None:
    async with chat_with(server) as chat:
        pass
    with pytest.raises(SessionClosedError):
        await chat.ask("Hello?")


async def test_a_reply_in_a_notebook_is_a_card_that_holds_no_sound(server: RestServer, keep: Any) -> None:
    server.completions(spoken("It rains.", PCM))
    chat = keep(chat_with(server))
    reply = await chat.ask("Weather?")
    data, metadata = reply._repr_mimebundle_()
    assert data["text/plain"] == "It rains."
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert len(json.dumps([data, metadata])) < 500
    assert "sound" not in json.dumps(chat.messages)


async def test_the_messages_show_spoken_questions_without_their_sound(server: RestServer, keep: Any) -> None:
    server.completions(written("Hm."))
    chat = keep(chat_with(server, spoken=False))
    await chat.ask(audio=np.zeros(24_000), rate=24_000)
    assert chat.messages[0]["content"].endswith("bytes of sound]")
    chat.clear()
    assert chat.messages == []


def test_settings_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="audio_format"):
        AudioChat(endpoint="http://127.0.0.1:9/v1", audio_format="aac")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="max_rounds"):
        AudioChat(endpoint="http://127.0.0.1:9/v1", max_rounds=0)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        AudioChat(endpoint="openai")
    with pytest.raises(ConfigurationError, match="model="):
        AudioChat(endpoint="xai", api_key="x")


@pytest.mark.parametrize("question", [{}, {"text": "a", "audio": b"b"}, {"text": " "}, {"text": "a", "rate": 1}])
async def test_a_question_is_one_text_or_one_sound(question: dict[str, Any]) -> None:
    async with AudioChat(endpoint="http://127.0.0.1:9/v1") as chat:
        with pytest.raises(ConfigurationError):
            await chat.ask(**question)


async def test_a_client_of_the_openai_package_says_where_to_ask(server: RestServer, keep: Any) -> None:
    from openai import AsyncOpenAI

    server.completions(written("Yes."))
    chat = keep(AudioChat(client=AsyncOpenAI(base_url=server.url, api_key="sk-secret-2"), spoken=False))
    await chat.ask("Is it?")
    assert server.headers[0]["Authorization"] == "Bearer sk-secret-2"


async def test_an_endpoint_keeps_its_model(server: RestServer, keep: Any) -> None:
    server.completions(written("Yes."))
    chat = keep(
        AudioChat(endpoint=Endpoint(server.url, "our-model"), spoken=False, prices={"our-model": "gpt-audio"})
    )
    await chat.ask("Is it?")
    assert server.asked[0]["model"] == "our-model"


async def test_a_busy_cell_delays_no_answer(keep: Any) -> None:
    answered = threading.Event()

    async def last(request: web.Request) -> web.StreamResponse:
        response = await written("Two.")(request)
        answered.set()
        return response

    with rest_server_on_its_own_thread() as server:
        server.completions(calling(("call_1", "count", "{}")), last)
        chat = keep(chat_with(server, tools=[count], spoken=False))
        task = asyncio.create_task(chat.ask("Count."))
        await asyncio.sleep(0)  # the question is on its way
        assert answered.wait(20)  # meanwhile this loop does nothing else: both rounds are gone through
        assert (await task).text == "Two."


async def test_an_interrupted_cell_gives_up_its_question_and_its_calls(server: RestServer, keep: Any) -> None:
    begun = asyncio.Event()
    server.completions(calling(("call_1", "wait", "{}")), written("Hello."))
    chat = keep(chat_with(server, spoken=False))

    @chat.tool
    async def wait() -> None:
        """Wait for ever."""
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(chat.ask("Wait."))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    reply = await chat.ask("Hello?")
    assert reply.text == "Hello."
    assert [call.phase for call in chat.calls.values()] == ["ended"]
    assert "stopped" in (chat.calls["call_1"].result.error or "")
