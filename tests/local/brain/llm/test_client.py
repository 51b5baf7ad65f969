"""The endpoint with a chat server as its brain: a real server on loopback, by a script."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.brain.llm.client import ChatBrain
from realtime_widgets.local.brain.llm.request import READ_IN_IMAGE
from realtime_widgets.local.brain.settings import BrainSettings, add_brain_arguments, brain_settings
from realtime_widgets.local.models.interfaces import PictureLine
from tests.local.brain.llm.chat_server import ChatServer, call_delta, delta
from tests.local.support_probes import RED_DOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.local.conftest import Client, Endpoint, StartEndpoint

KEY = "sk-very-secret"
TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
async def chat() -> AsyncIterator[ChatServer]:
    """A chat server that is told what to answer."""
    server = ChatServer()
    runner = web.AppRunner(server.app(), handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield server
    await runner.cleanup()


async def start(start_endpoint: StartEndpoint, chat: ChatServer, **settings: Any) -> Endpoint:
    chosen = BrainSettings(**{"brain": chat.url, "model": "tiny", **settings})
    return await start_endpoint(brain_settings=chosen)


async def talk(start_endpoint: StartEndpoint, chat: ChatServer, **settings: Any) -> Client:
    return await (await start(start_endpoint, chat, **settings)).connect()


async def failure(client: Client) -> dict[str, Any]:
    """Ask something, and return the error that the response ends with."""
    await client.say("Hello.")
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "failed"
    error: dict[str, Any] = response["status_details"]["error"]
    return error


def transcript(response: dict[str, Any]) -> str:
    return " ".join(part["transcript"] for item in response["output"] for part in item.get("content", ()))


async def test_the_first_sentence_is_heard_while_the_brain_still_thinks_of_the_second(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    client = await talk(start_endpoint, chat)
    gate = chat.holds(delta("Good "), delta("morning. "), delta("How"))
    await client.say("Hello.")
    await client.until("response.output_audio.delta")
    gate.set()
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "completed"
    assert transcript(response) == "Good morning. How"
    [request] = chat.requests
    assert request["messages"] == [{"role": "user", "content": "Hello."}]
    assert (request["model"], request["stream"]) == ("tiny", True)


async def test_calls_that_arrive_in_pieces_are_joined_and_their_result_goes_back(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    client = await talk(start_endpoint, chat)
    await client.configure(tools=[TOOL], instructions="Be brief.")
    chat.streams(
        delta("I look."),
        call_delta(0, "call_a", "weather", '{"ci'),
        call_delta(0, arguments='ty": "Málaga"}'),
        call_delta(1, "call_b", "weather"),
        delta(finish="tool_calls"),
        pieces=7,
    )
    await client.say("Weather?")
    response = (await client.until("response.done"))["response"]
    message, *calls = response["output"]
    assert message["content"][0]["transcript"] == "I look."
    assert [(call["name"], call["arguments"]) for call in calls] == [
        ("weather", '{"city": "Málaga"}'),
        ("weather", "{}"),
    ]
    for call in calls:
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        await client.send("conversation.item.create", item=item)
    chat.streams(delta("Sunny, both."), delta(finish="stop"), done=False)
    await client.send("response.create")
    assert transcript((await client.until("response.done"))["response"]) == "Sunny, both."
    first, second = chat.requests
    assert first["tools"][0]["function"]["name"] == "weather"
    assert first["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [one["role"] for one in second["messages"]] == ["system", "user", "assistant", "tool", "tool"]


async def test_settings_of_the_session_and_of_a_response_reach_the_model(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    client = await talk(start_endpoint, chat)
    transcription = {"model": "gpt-transcribe", "keywords": ["hibari"]}
    await client.configure(
        tools=[TOOL],
        tool_choice="required",
        parallel_tool_calls=False,
        reasoning={"effort": "high"},
        max_output_tokens=500,
        audio={"input": {"transcription": transcription}},
    )
    overrides: dict[str, Any] = {
        "reasoning": {"effort": "minimal"},
        "tool_choice": "auto",
        "max_output_tokens": 90,
    }
    for response in ({}, overrides):
        chat.streams(delta("Well."), delta(finish="stop"))
        await client.say("Hello.", **response)
        await client.until("response.done")
    first, second = chat.requests
    assert (first["reasoning_effort"], first["max_tokens"], first["tool_choice"]) == ("high", 500, "required")
    assert (second["reasoning_effort"], second["max_tokens"]) == ("minimal", 90)
    assert "tool_choice" not in second
    assert first["parallel_tool_calls"] is second["parallel_tool_calls"] is False
    assert "hibari" in first["messages"][0]["content"]


async def test_an_answer_cut_by_its_limit_ends_incomplete(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat)
    for said in (("Once upon a time there",), ()):
        chat.streams(*map(delta, said), delta(finish="length"))
        await client.say("A story.", max_output_tokens=200)
        response = (await client.until("response.done"))["response"]
        assert response["status"] == "incomplete"
        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert transcript(response) == " ".join(said)


async def test_calls_under_one_index_stay_apart(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat)
    chat.streams(
        call_delta(0, "a", "weather", '{"city": "Rome"}'), call_delta(0, "b", "weather", '{"city": "Oslo"}')
    )
    await client.say("Both?")
    output = (await client.until("response.done"))["response"]["output"]
    assert [json.loads(call["arguments"])["city"] for call in output] == ["Rome", "Oslo"]


async def test_what_a_model_thinks_aloud_is_not_said(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat)
    chat.streams(
        delta(reasoning_content="Hm."),
        delta("<thi"),
        delta("nk>They greet"),
        delta(" me.</th"),
        delta("ink>\n\nHi!"),
    )
    await client.say("Hello.")
    assert transcript((await client.until("response.done"))["response"]) == "Hi!"


async def test_a_server_that_does_not_stream_is_understood(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    client = await talk(start_endpoint, chat)
    message = {"role": "assistant", "content": "All at once."}
    chat.answers(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    await client.say("Hello.")
    assert transcript((await client.until("response.done"))["response"]) == "All at once."


async def test_written_answers_keep_their_lines(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat)
    chat.streams(delta("Two:\n\n- one. Yes.\n- two\n"), delta(finish="stop"))
    await client.say("List.", output_modalities=["text"])
    [item] = (await client.until("response.done"))["response"]["output"]
    assert item["content"][0]["text"] == "Two:\n\n- one. Yes.\n- two"


async def test_an_interruption_closes_the_stream(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat)
    chat.holds(delta("Once upon a time. "), delta("There"))
    await client.say("A story.")
    await client.until("response.output_audio.delta")
    await client.send("response.cancel")
    await client.until("response.done")
    await chat.hung_up.wait()


async def test_sessions_that_wait_for_the_brain_do_not_keep_others_waiting(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    endpoint = await start(start_endpoint, chat)
    clients = [await endpoint.connect() for _ in range(8)]
    gates = [chat.holds(delta("Hm. ")) for _ in clients]
    for client in clients:
        await client.say("Think.")
        await client.until("response.output_audio.delta")
    quick = await endpoint.connect()
    chat.streams(delta("At once."), delta(finish="stop"))
    await quick.say("Hello.")
    assert transcript((await quick.until("response.done"))["response"]) == "At once."
    for gate, client in zip(gates, clients, strict=True):
        gate.set()
        await client.until("response.done")


async def test_clients_are_told_which_brain_answers(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    endpoint = await start(start_endpoint, chat, key=KEY)
    async with endpoint.http.get(endpoint.url + "/v1/models") as answer:
        text = await answer.text()
    [model] = json.loads(text)["data"]
    assert model["id"] == "local-tiny"
    assert model["brain"] == {"kind": "chat", "url": chat.url, "model": "tiny", "sees": False}
    assert KEY not in text
    client = await endpoint.connect()
    assert client.events[0]["session"]["model"] == "local-tiny"


async def test_the_only_model_need_not_be_named(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat, model=None)
    chat.streams(delta("Hi."))
    await client.say("Hello.")
    await client.until("response.done")
    assert chat.requests[0]["model"] == "tiny"


async def test_of_several_models_one_must_be_named(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    chat.models = ["tiny", "huge"]
    error = await failure(await talk(start_endpoint, chat, model=None))
    assert error["code"] == "model_not_found"
    assert "--brain-model; it has tiny, huge" in error["message"]


async def test_a_picture_reaches_a_brain_that_sees(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat, sees=True)
    chat.streams(delta("A cat."))
    picture = {"type": "input_image", "image_url": RED_DOT}
    await client.send("conversation.item.create", item={"type": "message", "role": "user", "content": [picture]})
    await client.send("response.create")
    await client.until("response.done")
    [message] = chat.requests[0]["messages"]
    assert message["content"] == [{"type": "image_url", "image_url": {"url": picture["image_url"]}}]


async def test_a_brain_that_does_not_see_gets_the_text_in_a_picture(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    def reader(_: bytes) -> list[PictureLine]:
        return [PictureLine("Decay of the tracer", 0.99)]

    settings = BrainSettings(chat.url, "tiny")
    assert settings.reads_pictures
    client = await (await start_endpoint(brain_settings=settings, load_pictures=lambda: reader)).connect()
    chat.streams(delta("A plot."))
    picture = {"type": "input_image", "image_url": RED_DOT}
    await client.send("conversation.item.create", item={"type": "message", "role": "user", "content": [picture]})
    await client.send("response.create")
    await client.until("response.done")
    [message] = chat.requests[0]["messages"]
    assert message["content"] == f"{READ_IN_IMAGE}\n> Decay of the tracer"


def test_who_sees_or_follows_a_script_needs_no_text_of_pictures() -> None:
    assert BrainSettings().reads_pictures
    assert not BrainSettings("http://localhost:1/v1", "tiny", sees=True).reads_pictures
    assert not BrainSettings("script:talk.toml").reads_pictures


async def test_a_server_that_is_not_there_is_named(start_endpoint: StartEndpoint, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    endpoint = await start_endpoint(brain_settings=BrainSettings(url, "tiny"))
    error = await failure(await endpoint.connect())
    assert error["message"].startswith(f"cannot connect to the brain at {url}: ")
    assert error["code"] == "server_error"


async def test_a_wrong_key_is_told_without_showing_it(
    start_endpoint: StartEndpoint, chat: ChatServer, caplog: pytest.LogCaptureFixture
) -> None:
    client = await talk(start_endpoint, chat, key=KEY)
    chat.answers(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}})
    error = await failure(client)
    assert "refused the key (HTTP 401); set REALTIME_WIDGETS_BRAIN_KEY" in error["message"]
    chat.answers(400, {"error": {"message": f"Bad request with {KEY} in it"}})
    other = await failure(client)
    assert "Bad request with … in it" in other["message"]
    assert chat.keys == [f"Bearer {KEY}"] * 2
    assert KEY not in json.dumps(client.events)
    assert KEY not in caplog.text
    assert KEY not in repr(BrainSettings(chat.url, key=KEY)) + repr(ChatBrain(chat.url, key=KEY))


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (
            404,
            {"error": {"message": "model 'big' not found"}},
            "model_not_found",
            "has no model 'big'; it has tiny",
        ),
        (
            429,
            {"error": {"message": "Slow down."}},
            "rate_limit_exceeded",
            "receives too many requests: Slow down.",
        ),
        (500, "<html>trouble</html>", "server_error", "refused (HTTP 500)"),
        (400, {"error": "no tools here"}, "server_error", "refused (HTTP 400): no tools here"),
        (422, {"detail": "what?"}, "server_error", "refused (HTTP 422): what?"),
        (200, "data: {broken\n\n", "server_error", "not JSON"),
        (200, "", "server_error", "answer broke off"),
        (200, "data: [DONE]\n\n", "server_error", "empty answer"),
        (200, 'data: {"error": {"message": "out of memory"}}\n\n', "server_error", "out of memory"),
    ],
)
async def test_refusals_are_worded(
    start_endpoint: StartEndpoint, chat: ChatServer, *, status: int, body: Any, code: str, words: str
) -> None:
    client = await talk(start_endpoint, chat, model="big")
    chat.answers(status, body)
    error = await failure(client)
    assert (error["code"], words in error["message"]) == (code, True), error["message"]


async def test_an_address_without_its_path_is_told(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    error = await failure(await talk(start_endpoint, chat, brain=chat.url.removesuffix("/v1")))
    assert "/chat/completions" in error["message"]
    assert "usually end in /v1" in error["message"]


async def test_a_redirect_is_not_followed_with_the_key(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat, key=KEY)
    chat.answers(307, "", Location="http://127.0.0.1:9/v1/chat/completions")
    assert "redirects elsewhere (HTTP 307)" in (await failure(client))["message"]


async def test_an_answer_that_breaks_off_says_so_and_the_talk_goes_on(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    client = await talk(start_endpoint, chat)
    chat.breaks_off(delta("Once upon a time. "), delta("There was"))
    await client.say("A story.")
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "failed"
    assert "answer broke off" in response["status_details"]["error"]["message"]
    assert transcript(response) == "Once upon a time."
    chat.streams(delta("Again."))
    await client.say("Go on.")
    assert transcript((await client.until("response.done"))["response"]) == "Again."


async def test_a_brain_that_falls_silent_is_given_up(start_endpoint: StartEndpoint, chat: ChatServer) -> None:
    client = await talk(start_endpoint, chat, silence_s=0.3)
    chat.holds(delta("Hm. "))
    assert "said nothing for 0.3 s" in (await failure(client))["message"]


@pytest.mark.parametrize(
    "url", ["localhost:11434", "ftp://there/v1", "http://", "http://me:pw@there/v1", "http://there/v1?key=1"]
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ConfigurationError, match="the brain's address"):
        BrainSettings(url).load()


def chosen(*arguments: str, **environment: str) -> BrainSettings:
    parser = ArgumentParser()
    add_brain_arguments(parser)
    return brain_settings(parser.parse_args(arguments), environment)


def test_openais_key_goes_to_openai_only() -> None:
    known = {"OPENAI_API_KEY": "theirs"}
    assert chosen("--brain", "https://api.openai.com/v1", **known).key == "theirs"
    assert chosen("--brain", "http://localhost:11434/v1", **known).key is None
    assert chosen("--brain", "https://api.openai.com.example.org/v1", **known).key is None
    own = {**known, "REALTIME_WIDGETS_BRAIN_KEY": "own"}
    assert chosen("--brain", "https://api.openai.com/v1", **own).key == "own"


def test_the_environment_chooses_where_the_command_line_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen().built_in
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN", "http://localhost:1234/v1/")
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN_MODEL", "tiny")
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN_SEES", "1")
    assert chosen() == BrainSettings("http://localhost:1234/v1", "tiny", None, True, 60.0)
    assert chosen("--brain", "built-in").built_in
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN_TIMEOUT", "soon")
    with pytest.raises(ConfigurationError, match="--brain-timeout must be seconds above 0, not 'soon'"):
        chosen()


async def test_an_endpoint_of_ours_can_be_the_brain_of_another(start_endpoint: StartEndpoint) -> None:
    thinker = await start_endpoint(api_key=KEY)
    settings = BrainSettings(thinker.url + "/v1", key=KEY)
    client = await (await start_endpoint(brain_settings=settings)).connect()
    names = ("weather", "clock")
    parameters = {"type": "object", "properties": {}}
    tools = [{"type": "function", "name": name, "description": "", "parameters": parameters} for name in names]
    await client.configure(tools=tools)
    await client.say("tool")
    message, *calls = (await client.until("response.done"))["response"]["output"]
    assert message["content"][0]["transcript"] == "I will look."
    assert [(call["name"], json.loads(call["arguments"])) for call in calls] == [
        ("weather", {"city": "Oslo", "days": 3, "unit": "celsius"}),
        ("clock", {}),
    ]
    for call, output in zip(calls, ("rain", "noon"), strict=True):
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        await client.send("conversation.item.create", item=item)
    await client.send("response.create")
    assert transcript((await client.until("response.done"))["response"]) == "The result is noon."
