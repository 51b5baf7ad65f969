"""The endpoint lists and calls tools of MCP servers, as the service does: real servers, on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from realtime_widgets.local.inference.loading import BRAIN
from realtime_widgets.local.mcp.policy import McpPolicy
from realtime_widgets.local.models.interfaces import CallTool, Say
from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits
from tests.local.mcp.servers import Desk, by_hand
from tests.local.stand_ins import ScriptedBrain, silence, tone
from tests.tracebacks import key, leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.local.models.interfaces import BrainRequest
    from tests.local.conftest import Client, Endpoint, StartEndpoint

TEXT = ["text"]
CONSENT = "conversation.item.create"


class CallingBrain(ScriptedBrain):
    """Calls what the user names: ``call NAME {...}``, one a line; otherwise as `ScriptedBrain`."""

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        last: Any = request.items[-1]
        words = str((last.get("content") or [{}])[0].get("text", ""))
        if not words.startswith("call "):
            yield from super().answer(request)
            return
        self.requests.append(request)
        for line in words.splitlines():
            _, name, arguments = line.split(" ", 2)
            yield CallTool(name, arguments)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with desk.serving() as address:
        yield address


@pytest.fixture
def brain() -> CallingBrain:
    return CallingBrain()


@pytest.fixture
async def endpoint(start_endpoint: StartEndpoint, brain: CallingBrain) -> Endpoint:
    return await start_endpoint(loaders={BRAIN: lambda: brain})


def server(url: str, label: str = "desk", **fields: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": label, "server_url": url, "require_approval": "never", **fields}


async def use(client: Client, *servers: dict[str, Any]) -> dict[str, Any]:
    """Configure servers and wait until each is listed."""
    shown = await client.configure(tools=list(servers), output_modalities=TEXT)
    for _ in servers:
        await client.until("mcp_list_tools.completed")
    await client.settled()
    return shown


async def ask(client: Client, words: str, **response: Any) -> dict[str, Any]:
    await client.say(words, **response)
    done: dict[str, Any] = (await client.until("response.done"))["response"]
    return done


def said(response: dict[str, Any]) -> str:
    return "".join(part["text"] for item in response["output"] for part in item.get("content", ()))


def said_aloud(response: dict[str, Any]) -> str:
    return "".join(part["transcript"] for item in response["output"] for part in item.get("content", ()))


async def test_tools_are_listed_then_called_and_the_answer_tells_the_result(
    endpoint: Endpoint, brain: CallingBrain, url: str
) -> None:
    client = await endpoint.connect()
    await client.configure(tools=[server(url, allowed_tools=["add"])], output_modalities=TEXT)
    before = len(client.events)
    done = await client.until("conversation.item.done")
    assert client.types(before) == [
        "conversation.item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "conversation.item.done",
    ]
    assert {tool["name"] for tool in done["item"]["tools"]} >= {"add", "where"}
    await client.settled()
    before = len(client.events)
    response = await ask(client, 'call add {"a": 1, "b": 2}')
    assert client.types(before) == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
        "conversation.item.done",
        "response.output_item.done",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    call, answer = response["output"]
    assert (call["type"], call["server_label"], call["name"]) == ("mcp_call", "desk", "add")
    assert (json.loads(call["arguments"]), call["output"], call["status"]) == ({"a": 1, "b": 2}, "3", "completed")
    assert answer["content"][0]["text"] == "The result is 3."
    assert [tool["name"] for tool in brain.requests[-1].tools] == ["add"]
    assert brain.requests[-1].tools[0]["description"] == "Add two numbers."


async def asked(client: Client) -> dict[str, Any]:
    """The request for consent that a response ends with."""
    response = await ask(client, 'call add {"a": 1, "b": 2}')
    [request] = response["output"]
    assert (request["type"], request["name"]) == ("mcp_approval_request", "add")
    assert json.loads(request["arguments"]) == {"a": 1, "b": 2}
    return dict(request)


async def consent(client: Client, request: dict[str, Any], approve: bool, **fields: Any) -> None:
    item = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": approve, **fields}
    await client.send(CONSENT, item=item)


async def test_an_allowed_call_is_made_and_the_endpoint_goes_on_by_itself(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval={"never": {"tool_names": ["where"]}}))
    request = await asked(client)
    assert await client.settled() == []
    assert desk.calls == []
    await consent(client, request, True)
    response = (await client.until("response.done"))["response"]
    call, _ = response["output"]
    assert (call["approval_request_id"], call["output"]) == (request["id"], "3")
    assert said(response) == "The result is 3."
    await consent(client, request, True)
    assert (await client.refused())["param"] == "item.approval_request_id"
    assert desk.calls == ["add"]


async def test_a_refused_call_is_not_made_and_the_model_is_told_why(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    await consent(client, await asked(client), False, reason="not today")
    response = (await client.until("response.done"))["response"]
    assert said(response) == 'The result is {"error": "the user did not allow this call: not today"}.'
    assert desk.calls == []


async def test_the_endpoint_goes_on_once_all_requests_are_answered(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    response = await ask(client, 'call add {"a": 1, "b": 2}\ncall where {}')
    first, second = response["output"]
    await consent(client, second, True)
    assert [event["type"] for event in await client.settled()] == [
        "conversation.item.added",
        "conversation.item.done",
    ]
    await consent(client, first, False)
    response = (await client.until("response.done"))["response"]
    assert response["output"][0]["approval_request_id"] == second["id"]
    assert desk.calls == ["where"]


async def test_consent_during_another_answer_is_followed_by_the_call_after_it(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    request = await asked(client)
    endpoint.synthesiser.gate.clear()
    await client.say("long", output_modalities=["audio"])
    await client.until("response.output_audio.delta")
    await consent(client, request, True)
    await client.settled()
    assert desk.calls == []
    endpoint.synthesiser.gate.set()
    assert said_aloud((await client.until("response.done"))["response"]).startswith("Sentence number 0")
    assert said((await client.until("response.done"))["response"]) == "The result is 3."
    assert desk.calls == ["add"]


async def test_a_user_who_speaks_ends_a_call(endpoint: Endpoint, desk: Desk, url: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url))
    await client.say("call wait {}")
    assert await asyncio.to_thread(desk.started.wait, 30)
    await client.append(tone(0.5) + silence(0.5))
    response = (await client.until("response.done"))["response"]
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["output"][0]["status"] == "incomplete"
    assert await asyncio.to_thread(desk.cancelled.wait, 30)
    assert said((await client.until("response.done"))["response"]) == "You said: hello there."


async def test_a_response_that_begins_before_the_consent_does_not_make_the_call(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    request = await asked(client)
    assert said(await ask(client, "hi")) == "You said: hi."
    await consent(client, request, True)
    response = (await client.until("response.done"))["response"]
    assert response["output"][0]["output"] == "3"
    assert desk.calls == ["add"]


async def test_consent_for_an_answer_beside_the_conversation_stays_beside_it(endpoint: Endpoint, url: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    words = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "call where {}"}]}
    aside = {"conversation": "none", "input": [words], "metadata": {"aside": "1"}}
    await client.send("response.create", response=aside)
    [request] = (await client.until("response.done"))["response"]["output"]
    await consent(client, request, True)
    response = (await client.until("response.done"))["response"]
    assert (response["conversation_id"], response["metadata"]) == (None, {"aside": "1"})
    assert said(response) == "The result is desk."


async def test_a_response_with_input_of_its_own_keeps_it_after_the_consent(
    endpoint: Endpoint, brain: CallingBrain, url: str
) -> None:
    client = await endpoint.connect()
    await use(client, server(url, require_approval="always"))
    await ask(client, "hi")
    words = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "call where {}"}]}
    await client.send("response.create", response={"input": [words]})
    [request] = (await client.until("response.done"))["response"]["output"]
    await consent(client, request, True)
    assert said((await client.until("response.done"))["response"]) == "The result is desk."
    kinds = [item["type"] for item in brain.requests[-1].items]
    assert kinds == ["message", "function_call", "function_call_output"]


async def test_two_servers_with_one_tool_name(endpoint: Endpoint, url: str) -> None:
    wiki = Desk("wiki")
    client = await endpoint.connect()
    with wiki.serving() as other:
        await use(client, server(url), server(other, "wiki"))
        response = await ask(client, "call wiki_where {}\ncall desk_where {}")
        assert [item["output"] for item in response["output"] if item["type"] == "mcp_call"] == ["wiki", "desk"]


async def test_a_server_for_one_response(endpoint: Endpoint, brain: CallingBrain, url: str) -> None:
    client = await endpoint.connect()
    await client.configure(output_modalities=TEXT)
    response = await ask(client, "call where {}", tools=[server(url)])
    assert said(response) == "The result is desk."
    await ask(client, "hi")
    assert brain.requests[-1].tools == []
    # Its label alone stands for it from now on.
    response = await ask(client, "call where {}", tools=[{"type": "mcp", "server_label": "desk"}])
    assert said(response) == "The result is desk."


async def test_a_function_beside_a_server_is_left_to_the_client(endpoint: Endpoint, url: str) -> None:
    client = await endpoint.connect()
    clock = {"type": "function", "name": "clock"}
    await client.configure(tools=[clock, server(url)], output_modalities=TEXT)
    await client.until("mcp_list_tools.completed")
    response = await ask(client, "call where {}\ncall clock {}")
    assert sorted(item["type"] for item in response["output"]) == ["function_call", "mcp_call"]


async def test_a_brain_that_calls_without_end_is_stopped(
    start_endpoint: StartEndpoint, url: str, desk: Desk
) -> None:
    class Endless(ScriptedBrain):
        def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
            yield CallTool("where", "{}") if request.tool_choice != "none" else Say("Enough.")

    endpoint = await start_endpoint(loaders={BRAIN: Endless})
    client = await endpoint.connect()
    await use(client, server(url))
    assert said(await ask(client, "go")) == "Enough."
    assert len(desk.calls) == 8


async def test_the_key_reaches_the_server_and_nobody_else(
    endpoint: Endpoint, desk: Desk, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "mcp.server")  # the other side, which sees all
    caplog.set_level(logging.DEBUG)
    client = await endpoint.connect()
    secret = server(f"{url}?key={key()}", authorization=key(), headers={"X-Other": key()})
    shown = await use(client, secret)
    assert desk.headers[-1]["authorization"] == f"Bearer {key()}"
    assert desk.headers[-1]["x-other"] == key()
    assert "authorization" not in shown["tools"][0]
    assert "headers" not in shown["tools"][0]
    # The server's address is the client's own, and is shown to it as it is.
    answers = [json.dumps(await ask(client, f"call {name} {{}}")) for name in ("quote", "fail")]
    assert all("\\u2026" in answer for answer in answers)
    assert leaks(*answers, caplog.text) == []
    # A client that sends back what it was shown changes nothing.
    await client.configure(tools=shown["tools"])
    assert said(await ask(client, "call where {}")) == "The result is desk."
    assert desk.headers[-1]["authorization"] == f"Bearer {key()}"


async def test_a_key_does_not_go_to_another_address(endpoint: Endpoint, url: str) -> None:
    other = Desk("other")
    client = await endpoint.connect()
    await use(client, server(url, authorization=key()))
    with other.serving() as address:
        await use(client, server(address))
        assert all("authorization" not in headers for headers in other.headers)


async def test_a_client_secret_shows_no_key_of_a_server_and_its_sessions_use_it(
    start_endpoint: StartEndpoint, desk: Desk, url: str
) -> None:
    endpoint = await start_endpoint()
    config = {"type": "realtime", "tools": [server(url, authorization=key())]}
    async with endpoint.http.post(f"{endpoint.url}/v1/realtime/client_secrets", json={"session": config}) as made:
        body = await made.json()
    assert leaks(json.dumps(body)) == []
    client = await endpoint.connect("", headers={"Authorization": f"Bearer {body['value']}"})
    await client.until("mcp_list_tools.completed")
    assert desk.headers[-1]["authorization"] == f"Bearer {key()}"
    assert leaks(json.dumps(client.events)) == []


@pytest.mark.parametrize("name", ["flood", "nothing"])
async def test_a_call_that_fails_is_told_and_the_talk_goes_on(endpoint: Endpoint, url: str, name: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url))
    if name == "nothing":
        await ask(client, "call add [1]")
    else:
        await ask(client, f"call {name} {{}}")
    assert [event["type"] for event in client.of("response.mcp_call.failed")] == ["response.mcp_call.failed"]
    [call] = [
        item["item"] for item in client.of("response.output_item.done") if item["item"]["type"] == "mcp_call"
    ]
    assert "'desk' failed" in call["error"]["message"]
    assert len(json.dumps(call)) < 1000
    assert said(await ask(client, "call where {}")) == "The result is desk."


async def test_a_tool_that_fails_is_told_in_its_own_words(endpoint: Endpoint, url: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url))
    response = await ask(client, "call weather {}")
    message = response["output"][0]["error"]["message"]
    assert "no weather today" in message
    assert said(response) == f'The result is {{"error": "{message}"}}.'


async def test_a_long_result_is_cut(endpoint: Endpoint, url: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url))
    response = await ask(client, "call long {}")
    output = response["output"][0]["output"]
    assert len(output) < 66_000
    assert "100,000 characters" in output


async def test_a_slow_call_has_a_limit(start_endpoint: StartEndpoint, brain: CallingBrain, url: str) -> None:
    limits = SessionLimits(mcp=McpPolicy(call_s=0.2))
    endpoint = await start_endpoint(loaders={BRAIN: lambda: brain}, limits=limits)
    client = await endpoint.connect()
    await use(client, server(url))
    response = await ask(client, "call wait {}")
    assert "did not answer within 0.2 s" in response["output"][0]["error"]["message"]


async def test_a_call_ends_with_its_response(endpoint: Endpoint, desk: Desk, url: str) -> None:
    client = await endpoint.connect()
    await use(client, server(url))
    await client.say("call wait {}")
    await client.until("response.mcp_call.in_progress")
    assert await asyncio.to_thread(desk.started.wait, 30)
    await client.send("response.cancel")
    [call] = (await client.until("response.done"))["response"]["output"]
    assert "unknown" in call["error"]["message"]
    assert client.of("response.mcp_call.failed")
    assert await asyncio.to_thread(desk.cancelled.wait, 30)


async def test_a_client_that_leaves_ends_its_call_and_leaves_nothing_behind(
    endpoint: Endpoint, desk: Desk, url: str
) -> None:
    client = await endpoint.connect()
    before = asyncio.all_tasks()
    await use(client, server(url))
    await client.say("call wait {}")
    assert await asyncio.to_thread(desk.started.wait, 30)
    await client.socket.close()
    assert await asyncio.to_thread(desk.cancelled.wait, 30)
    left = asyncio.all_tasks() - before
    if left:
        await asyncio.wait(left, timeout=30)
    assert asyncio.all_tasks() <= before


async def test_a_server_that_was_started_again_is_reached_again(endpoint: Endpoint) -> None:
    client = await endpoint.connect()
    with Desk().serving() as url:
        await use(client, server(url))
    response = await ask(client, "call where {}")
    assert "'desk' failed" in response["output"][0]["error"]["message"]
    with Desk("new").serving(int(url.split(":")[2].split("/")[0])):
        assert said(await ask(client, "call where {}")) == "The result is new."


async def test_a_client_that_leaves_while_a_server_is_listed_leaves_nothing_behind(endpoint: Endpoint) -> None:
    asked = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        return web.Response()

    async with by_hand(silent) as address:
        client = await endpoint.connect()
        before = asyncio.all_tasks()
        await client.configure(tools=[server(address)])
        await asked.wait()
        await client.socket.close()
        if left := asyncio.all_tasks() - before:
            await asyncio.wait(left, timeout=30)
        assert asyncio.all_tasks() <= before


async def failed(client: Client, url: str) -> str:
    """What the client is told of a server that cannot be listed."""
    await client.configure(tools=[server(url, authorization=key())], output_modalities=TEXT)
    await client.until("mcp_list_tools.failed")
    item = (await client.until("conversation.item.done"))["item"]
    assert item["tools"] == []
    error = (await client.until("error"))["error"]
    assert error["code"] == "mcp_list_tools_failed"
    assert said(await ask(client, "hi")) == "You said: hi."
    return str(error["message"])


async def test_a_server_that_is_down(endpoint: Endpoint) -> None:
    client = await endpoint.connect()
    message = await failed(client, "http://127.0.0.1:9/mcp")
    assert "The MCP server 'desk' has no tools here" in message


async def test_a_server_that_is_silent(start_endpoint: StartEndpoint, brain: CallingBrain) -> None:
    async def silent(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    limits = SessionLimits(mcp=McpPolicy(list_s=0.2))
    endpoint = await start_endpoint(loaders={BRAIN: lambda: brain}, limits=limits)
    client = await endpoint.connect()
    async with by_hand(silent) as address:
        assert "did not list its tools within 0.2 s" in await failed(client, address)


async def test_a_server_that_redirects_is_not_followed(endpoint: Endpoint, desk: Desk, url: str) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": url})

    client = await endpoint.connect()
    async with by_hand(away) as address:
        assert "redirects" in await failed(client, address)
    assert desk.headers == []


async def test_a_server_that_refuses_the_key_and_quotes_it(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=401, text=f"not {request.headers['Authorization']}")

    client = await endpoint.connect()
    async with by_hand(refuse) as address:
        assert "HTTP status 401" in await failed(client, address)
    assert leaks(json.dumps(client.events), caplog.text) == []


async def test_a_server_that_lists_without_end(endpoint: Endpoint) -> None:
    async def flood(_: web.Request) -> web.Response:
        return web.Response(body=b" " * 10_000_000, content_type="application/json")

    client = await endpoint.connect()
    async with by_hand(flood) as address:
        assert "more than 2 MiB" in await failed(client, address)


@pytest.mark.parametrize(
    ("tool", "code", "param"),
    [
        ({"server_url": "https://docs.example.com/mcp"}, "invalid_value", "session.tools[0].server_url"),
        ({"connector_id": "connector_gmail"}, "invalid_value", "session.tools[0].connector_id"),
        ({}, "missing_required_parameter", "session.tools[0].server_url"),
        (
            {"server_url": "http://127.0.0.1/", "headers": {"a b": "c"}},
            "invalid_value",
            "session.tools[0].headers",
        ),
        (
            {"server_url": "http://127.0.0.1/", "headers": {"Host": "x"}},
            "invalid_value",
            "session.tools[0].headers",
        ),
        ({"server_url": "http://127.0.0.1/", "authorization": "a\nb"}, "invalid_value", "session.tools[0]"),
        ({"server_url": "http://127.0.0.1/", "require_approval": "maybe"}, "invalid_value", None),
        ({"server_url": "http://127.0.0.1/", "colour": "red"}, "unknown_parameter", "session.tools[0].colour"),
    ],
)
async def test_what_is_refused(endpoint: Endpoint, tool: dict[str, Any], code: str, param: str | None) -> None:
    client = await endpoint.connect()
    wrong = {"type": "mcp", "server_label": "x", **tool}
    await client.send("session.update", session={"type": "realtime", "tools": [wrong]})
    error = await client.refused()
    assert error["code"] == code
    assert param in (None, error["param"])


async def test_without_the_package_the_error_says_what_to_install(
    endpoint: Endpoint, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    client = await endpoint.connect()
    await client.send("session.update", session={"type": "realtime", "tools": [server(url)]})
    error = await client.refused()
    assert error["code"] == "mcp_not_installed"
    assert "realtime-widgets[mcp]" in error["message"]
