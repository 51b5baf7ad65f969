"""Chat completions through the official client: text and speech, history, tools, streams, usage."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pybase64
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from realtime_widgets.local.inference.loading import BRAIN, SYNTHESIS
from realtime_widgets.local.models.codecs import decoded, encoded
from realtime_widgets.local.models.interfaces import Say
from tests.local.rest.audio.test_speech import GatedSynthesiser
from tests.local.rest.conftest import KEY
from tests.local.stand_ins import tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.local.models.interfaces import BrainRequest
    from tests.local.conftest import StartEndpoint
    from tests.local.rest.conftest import Service

RATE = 24_000
SPOKEN: Any = {"modalities": ["text", "audio"], "audio": {"voice": "cedar", "format": "wav"}}
STREAMED: Any = {"modalities": ["text", "audio"], "audio": {"voice": "cedar", "format": "pcm16"}, "stream": True}
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}
HELLO = np.frombuffer(tone(1.0), dtype="<i2").astype(np.int16)


def user(content: Any) -> Any:
    return {"role": "user", "content": content}


def recording(name: str = "wav", samples: Any = HELLO) -> Any:
    data = pybase64.b64encode(encoded(samples, name)).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": name}}


async def chat(service: Service, *messages: Any, **options: Any) -> Any:
    answer = await service.client.chat.completions.create(model="gpt-audio", messages=list(messages), **options)
    if isinstance(answer, ChatCompletion):
        ChatCompletion.model_validate(answer.model_dump())
        assert answer.choices[0].index == 0
    return answer


async def chunks(service: Service, *messages: Any, **options: Any) -> list[ChatCompletionChunk]:
    stream = await chat(service, *messages, **{"stream": True, **options})
    received = [chunk async for chunk in stream]
    for chunk in received:
        ChatCompletionChunk.model_validate(chunk.model_dump())
    assert len({chunk.id for chunk in received}) == 1
    return received


def deltas(received: list[ChatCompletionChunk]) -> list[Any]:
    return [chunk.choices[0].delta for chunk in received if chunk.choices]


# Text


async def test_written_question_is_answered_in_text(service: Service) -> None:
    answer = await chat(service, {"role": "system", "content": "Be short."}, user("hello"))
    assert answer.model == "local-stand-in"
    assert answer.created == service.clock.now
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "You said: hello.")
    assert choice.message.audio is None
    assert choice.finish_reason == "stop"
    request = service.endpoint.brain.requests[-1]
    assert request.instructions == "Be short."
    assert answer.usage.prompt_tokens == 3 + 2
    assert answer.usage.completion_tokens == 4
    assert answer.usage.completion_tokens_details.audio_tokens == 0


async def test_sync_client(service: Service) -> None:
    def ask() -> str | None:
        with openai.OpenAI(base_url=service.url, api_key=KEY) as client:
            answer = client.chat.completions.create(model="gpt-audio", messages=[user("hello")])
            return answer.choices[0].message.content

    assert await asyncio.to_thread(ask) == "You said: hello."


async def test_text_is_streamed_with_its_usage(service: Service) -> None:
    received = await chunks(service, user("long"), stream_options={"include_usage": True})
    said = [delta.content for delta in deltas(received) if delta.content]
    assert len(said) == 40
    assert "".join(said).startswith("Sentence number 0 of a long answer. Sentence number 1")
    assert deltas(received)[0].role == "assistant"
    assert received[-2].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in received[:-1])
    assert received[-1].choices == []
    usage: Any = received[-1].usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 100
    without = await chunks(service, user("hello"))
    assert without[-1].choices[0].finish_reason == "stop"


async def test_all_that_was_said_reaches_the_brain_in_the_realtime_shape(service: Service) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}
    await chat(
        service,
        {"role": "developer", "content": [{"type": "text", "text": "Be short."}]},
        user([{"type": "text", "text": "Look."}, picture]),
        {"role": "assistant", "content": "I see nothing."},
        {"role": "system", "content": "Be kind."},
        user("hello"),
    )
    request = service.endpoint.brain.requests[-1]
    assert request.instructions == "Be short."
    seen = [
        (item["role"], [(part["type"], part.get("text")) for part in item["content"]]) for item in request.items
    ]
    assert seen == [
        ("user", [("input_text", "Look."), ("input_image", None)]),
        ("assistant", [("output_text", "I see nothing.")]),
        ("system", [("input_text", "Be kind.")]),
        ("user", [("input_text", "hello")]),
    ]


async def test_limit_of_tokens_and_stop_sequences(service: Service) -> None:
    answer = await chat(service, user("long"), max_completion_tokens=5)
    assert answer.choices[0].message.content == "Sentence number 0 of"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5
    answer = await chat(service, user("long"), stop=["long answer. Sen", "number 3"])
    assert answer.choices[0].message.content == "Sentence number 0 of a long answer."
    assert answer.choices[0].finish_reason == "stop"
    received = await chunks(service, user("long"), stop="number 2")
    assert "".join(delta.content or "" for delta in deltas(received)).endswith(
        "number 1 of a long answer. Sentence "
    )


# Speech


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "opus", "aac", "pcm16"])
async def test_answer_is_spoken_in_each_format(service: Service, name: str) -> None:
    answer = await chat(service, user("hello"), **{**SPOKEN, "audio": {"voice": "cedar", "format": name}})
    message = answer.choices[0].message
    assert message.content is None
    assert message.audio.transcript == "You said: hello."
    assert message.audio.expires_at > service.clock.now
    data = pybase64.b64decode(message.audio.data)
    samples = np.frombuffer(data, dtype="<i2") if name == "pcm16" else decoded(data, RATE, 60)
    assert 0.5 <= samples.size / RATE < 0.6
    assert service.endpoint.synthesiser.spoken == [("You said: hello.", "cedar", 1.0)]
    assert answer.usage.completion_tokens_details.audio_tokens == 10
    assert answer.usage.completion_tokens_details.text_tokens == 4


@pytest.mark.parametrize("name", ["wav", "mp3"])
async def test_spoken_question_is_understood(service: Service, name: str) -> None:
    answer = await chat(service, user([{"type": "text", "text": "Listen."}, recording(name)]), **SPOKEN)
    assert answer.choices[0].message.audio.transcript == "You said: hello there."
    assert answer.usage.prompt_tokens_details.audio_tokens in (10, 11)
    assert answer.usage.prompt_tokens_details.text_tokens == 2


async def test_recording_in_the_history_is_recognised_once(service: Service) -> None:
    first = user([recording()])
    await chat(service, first)
    await chat(service, first, {"role": "assistant", "content": "Yes?"}, user([recording("mp3")]))
    assert len(service.endpoint.recogniser.heard_seconds) == 2
    items = service.endpoint.brain.requests[-1].items
    assert items[0]["content"][0]["transcript"] == items[2]["content"][0]["transcript"] == "hello there"


async def test_spoken_answer_is_remembered_by_its_id_until_it_expires(service: Service) -> None:
    first = await chat(service, user("hello"), **SPOKEN)
    message = first.choices[0].message
    by_id = {"role": "assistant", "audio": {"id": message.audio.id}}
    for earlier in (by_id, message):  # people also append the message itself
        second = await chat(service, user("hello"), earlier, user("again"), **SPOKEN)
        items = service.endpoint.brain.requests[-1].items
        assert items[1]["content"] == [{"type": "output_audio", "transcript": "You said: hello."}]
        assert second.usage.prompt_tokens_details.audio_tokens == 10
    service.clock.now = message.audio.expires_at
    with pytest.raises(openai.NotFoundError) as refused:
        await chat(service, user("hello"), by_id, user("again"), **SPOKEN)
    assert (refused.value.code, refused.value.param) == ("audio_not_found", "messages[1].audio.id")
    await chat(
        service, user("hello"), {"role": "assistant", "content": "You said: hello."}, user("again"), **SPOKEN
    )


async def test_speech_is_streamed(service: Service) -> None:
    received = await chunks(service, user("hello"), **STREAMED, stream_options={"include_usage": True})
    parts = [delta.audio for delta in deltas(received) if delta.audio is not None]
    assert {part.id for part in parts[:-1]} == {parts[0].id}
    assert parts[0].transcript == "You said: hello."
    sound = b"".join(pybase64.b64decode(part.data) for part in parts if part.data)
    assert len(sound) == 24_000
    assert (parts[-1].id, parts[-1].data, parts[-1].transcript) == (None, None, None)
    assert parts[-1].expires_at > service.clock.now
    assert received[-1].usage is not None
    again = await chat(service, user("hello"), {"role": "assistant", "audio": {"id": parts[0].id}}, user("again"))
    assert again.choices[0].message.content == "You said: again."


async def test_first_sound_is_sent_while_the_rest_is_made(start_endpoint: StartEndpoint) -> None:
    synthesiser = GatedSynthesiser()
    endpoint = await start_endpoint(loaders={SYNTHESIS: lambda: synthesiser})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none")
    stream = await client.chat.completions.create(model="gpt-audio", messages=[user("hello")], **STREAMED)
    blocks = 0
    async for chunk in stream:
        audio: Any = getattr(chunk.choices[0].delta, "audio", None)
        if audio is not None and audio.data:
            blocks += 1
            synthesiser.gate.release()
    assert blocks == 5


class GatedBrain:
    """Says sentence after sentence, one for each time the gate is opened; tells when it was given up."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.asked, self.given_up = threading.Event(), threading.Event()

    def prepare(self, tools: Any) -> None:
        """Nothing to do."""

    def answer(self, request: BrainRequest) -> Iterator[Say]:
        self.asked.set()
        try:
            while True:
                assert self.gate.acquire(timeout=120)
                yield Say("And so on.")
        finally:
            self.given_up.set()


@pytest.mark.parametrize("stream", [True, False])
async def test_answer_is_given_up_when_the_client_goes_away(start_endpoint: StartEndpoint, stream: bool) -> None:
    brain = GatedBrain()
    endpoint = await start_endpoint(loaders={BRAIN: lambda: brain})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none", max_retries=0)
    asking: Any = client.chat.completions.create(model="gpt-audio", messages=[user("hello")], stream=stream)
    task = asyncio.create_task(asking)
    assert await asyncio.to_thread(brain.asked.wait, 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.close()
    # The sentence under way ends by itself; no other follows.
    brain.gate.release(2)
    assert await asyncio.to_thread(brain.given_up.wait, 20)


async def test_spoken_answer_ends_at_the_limit_of_tokens(service: Service) -> None:
    answer = await chat(service, user("hello"), **SPOKEN, max_completion_tokens=8)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 8
    samples = decoded(pybase64.b64decode(answer.choices[0].message.audio.data), RATE, 60)
    assert samples.size == 4 * RATE // 20


# Tools


async def test_tools_are_called_and_their_results_used(service: Service) -> None:
    answer = await chat(service, user("tool"), tools=[WEATHER, CLOCK], tool_choice="auto")
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "I will look."
    weather, clock = choice.message.tool_calls
    assert (weather.type, weather.function.name) == ("function", "weather")
    assert weather.function.arguments == '{"city": "Oslo", "days": 3, "unit": "celsius"}'
    assert weather.id != clock.id
    asked = service.endpoint.brain.requests[-1]
    assert [tool["name"] for tool in asked.tools] == ["weather", "clock"]
    assert asked.tools[0]["parameters"] == WEATHER["function"]["parameters"]

    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in choice.message.tool_calls]
    final = await chat(service, user("tool"), choice.message, *results, tools=[WEATHER, CLOCK])
    assert final.choices[0].message.content == "The result is rain."
    kinds = [item["type"] for item in service.endpoint.brain.requests[-1].items]
    assert kinds == ["message", "message", "function_call", "function_call", *["function_call_output"] * 2]


async def test_calls_are_streamed(service: Service) -> None:
    received = await chunks(service, user("tool"), tools=[WEATHER, CLOCK])
    calls = [call for delta in deltas(received) for call in delta.tool_calls or ()]
    weather = [call for call in calls if call.index == 0]
    assert weather[0].id
    assert weather[0].function.name == "weather"
    assert all(call.id is None for call in weather[1:])
    arguments = "".join(call.function.arguments for call in weather)
    assert arguments == '{"city": "Oslo", "days": 3, "unit": "celsius"}'
    assert received[-1].choices[0].finish_reason == "tool_calls"


async def test_official_helper_puts_a_stream_together(service: Service) -> None:
    async with service.client.chat.completions.stream(
        model="gpt-audio", messages=[user("tool")], tools=[WEATHER, CLOCK]
    ) as stream:
        completion = await stream.get_final_completion()
    calls: Any = completion.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "clock"]


async def test_choice_of_tools_reaches_the_brain(service: Service) -> None:
    named: Any = {"type": "function", "function": {"name": "clock"}}
    await chat(service, user("hello"), tools=[WEATHER, CLOCK], tool_choice=named)
    assert service.endpoint.brain.requests[-1].tool_choice == {"type": "function", "name": "clock"}
    allowed: Any = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named]}}
    await chat(service, user("hello"), tools=[WEATHER, CLOCK], tool_choice=allowed)
    request = service.endpoint.brain.requests[-1]
    assert (request.tool_choice, [tool["name"] for tool in request.tools]) == ("required", ["clock"])
    one = await chat(service, user("tool"), tools=[WEATHER, CLOCK], parallel_tool_calls=False)
    assert len(one.choices[0].message.tool_calls) == 1


async def test_spoken_answer_with_calls(service: Service) -> None:
    answer = await chat(
        service, user([recording()]), {"role": "assistant", "content": "Yes?"}, user("tool"), **SPOKEN
    )
    message = answer.choices[0].message
    assert message.audio.transcript == "I will look."
    assert [call.function.name for call in message.tool_calls] == ["weather", "clock"]


# Refusals

MISSING, INVALID, UNKNOWN = "missing_required_parameter", "invalid_value", "unknown_parameter"
CALLING: Any = {
    "role": "assistant",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}],
}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"messages": []}, INVALID, "messages"),
    ({"messages": "hello"}, INVALID, "messages"),
    ({"messages": [{"role": "user"}]}, MISSING, "messages[0].content"),
    ({"messages": [{"role": "parrot", "content": "x"}]}, INVALID, "messages[0].role"),
    ({"messages": [user([{"type": "smell"}])]}, INVALID, "messages[0].content[0].type"),
    ({"messages": [user([{"type": "input_audio"}])]}, MISSING, "messages[0].content[0].input_audio"),
    ({"messages": [{"role": "assistant"}]}, INVALID, "messages[0].content"),
    (
        {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "x"}]},
        INVALID,
        "messages[0].tool_call_id",
    ),
    ({"messages": [CALLING, user("x")]}, INVALID, "messages[1]"),
    ({"messages": [CALLING]}, INVALID, "messages[1]"),
    ({"modalities": ["audio"]}, INVALID, "modalities"),
    ({"modalities": ["text", "audio"]}, MISSING, "audio"),
    ({**SPOKEN, "audio": {"voice": "nobody", "format": "wav"}}, INVALID, "audio.voice"),
    ({**SPOKEN, "audio": {"voice": "marin", "format": "midi"}}, INVALID, "audio.format"),
    ({**SPOKEN, "stream": True}, "unsupported_value", "audio.format"),
    ({**SPOKEN, "stop": "x"}, INVALID, "stop"),
    ({"n": 2}, INVALID, "n"),
    ({"logprobs": True}, INVALID, "logprobs"),
    ({"response_format": {"type": "json_object"}}, INVALID, "response_format.type"),
    ({"functions": []}, UNKNOWN, "functions"),
    ({"max_tokens": 0}, INVALID, "max_tokens"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, INVALID, "tools[0].type"),
    ({"tool_choice": "required"}, INVALID, "tool_choice"),
    (
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "clock"}}},
        INVALID,
        "tool_choice.function.name",
    ),
]


@pytest.mark.parametrize(("wrong", "code", "param"), REFUSED, ids=range(len(REFUSED)))
async def test_what_cannot_be_answered_is_refused(service: Service, wrong: Any, code: str, param: str) -> None:
    body = {"model": "gpt-audio", "messages": [user("hello")], **wrong}
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.post("/chat/completions", body=body, cast_to=object)
    assert (refused.value.code, refused.value.param) == (code, param)


SOUNDS = [
    "not base64!",
    "",
    pybase64.b64encode(b"no sound").decode(),
    pybase64.b64encode(b"ID3\xff\xfb" * 99).decode(),
]


@pytest.mark.parametrize("data", SOUNDS, ids=range(len(SOUNDS)))
async def test_what_is_no_sound_is_refused(service: Service, data: str) -> None:
    part = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    with pytest.raises(openai.BadRequestError) as refused:
        await chat(service, user([part]))
    assert refused.value.param == "messages[0].content[0].input_audio.data"


async def test_broken_brain_is_told_without_its_text(service: Service) -> None:
    with pytest.raises(openai.InternalServerError) as failed:
        await chat(service, user("fail"))
    assert failed.value.code == "server_error"
    assert "the brain broke" not in str(failed.value)


class BreakingBrain(GatedBrain):
    """Says a sentence, and then it breaks."""

    def answer(self, request: BrainRequest) -> Iterator[Say]:
        yield Say("So far so good.")
        raise RuntimeError("secret text of a person")


async def test_failure_on_the_way_reaches_the_reader_of_the_stream(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={BRAIN: BreakingBrain})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none", max_retries=0)
    stream = await client.chat.completions.create(model="m", messages=[user("hello")], stream=True)
    said = []
    with pytest.raises(openai.APIError) as failed:
        async for chunk in stream:
            said.append(chunk.choices[0].delta.content)
    assert "So far so good." in said
    assert failed.value.code == "server_error"
    assert "secret" not in str(failed.value)
