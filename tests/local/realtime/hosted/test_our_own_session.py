"""Our own session with hosted MCP servers at the local endpoint: a person allows and refuses, a server is down."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import HostedMcp
from realtime_widgets.events import Received
from realtime_widgets.local.brain.rules.brain import StandInBrain
from realtime_widgets.local.brain.script import ScriptBrain
from realtime_widgets.local.brain.settings import BrainSettings
from realtime_widgets.local.inference.loading import BRAIN
from tests.local.brain.llm.chat_server import call_delta, delta
from tests.local.brain.llm.test_client import chat
from tests.local.mcp.servers import Desk
from tests.session.watching import comes, notices
from tests.tracebacks import key, leaks

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open
    from tests.local.brain.llm.chat_server import ChatServer
    from tests.local.conftest import StartEndpoint

__all__ = ["chat"]

SCRIPT = """
[[answer]]
heard = 'add (?P<a>\\d+) and (?P<b>\\d+)'
call = "add"
arguments = { a = "{a}", b = "{b}" }
then = "Together {result}."

[otherwise]
say = "That is not in my script."
"""


@pytest.fixture
async def address(start_endpoint: StartEndpoint, tmp_path: Path) -> str:
    """Address of an endpoint that follows `SCRIPT`."""
    file = tmp_path / "script.toml"
    file.write_text(SCRIPT)
    endpoint = await start_endpoint(loaders={BRAIN: lambda: ScriptBrain.read(file)})
    return f"{endpoint.url}/v1"


async def listed(session: RealtimeSession, outcome: str = "completed") -> None:
    """Start a session, and wait until its server is listed."""
    events = session.events(Received)
    await session.start()
    await comes(events, f"mcp_list_tools.{outcome}")


async def test_a_hosted_tool_answers(connect: Open, address: str) -> None:
    with Desk().serving() as url:
        session = connect(address, tools=[HostedMcp("desk", url, authorization=key(), require_approval="never")])
        await listed(session)
        reply = await session.ask("Please add 2 and 3")
        assert reply.text == "Together 5."
        records = session.conversation.to_records()
        assert [record["output"] for record in records if record["kind"] == "hosted_call"] == ["5"]
        assert leaks(json.dumps(records, default=str), repr(session), *notices(session)) == []


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_person_decides(connect: Open, address: str, allowed: bool) -> None:
    desk = Desk()
    with desk.serving() as url:
        session = connect(address, tools=[HostedMcp("desk", url)])
        await listed(session)
        asking = asyncio.create_task(session.ask("Please add 2 and 3"))
        call = await session.calls.next_asking()
        assert (call.name, json.loads(call.arguments)) == ("desk.add", {"a": 2, "b": 3})
        assert desk.calls == []
        if allowed:
            call.approve()
        else:
            call.deny()
        text = (await asking).text
        assert ("Together 5." in text) is allowed
        assert desk.calls == (["add"] if allowed else [])
        # One answer for one question, and the talk goes on.
        assert (await session.ask("Hm")).text == "That is not in my script."
        records = session.conversation.to_records()
        answers = [one for one in records if (one["kind"], one["role"]) == ("message", "assistant")]
        assert len(answers) == 2


async def test_a_server_that_is_down_is_told_and_the_talk_goes_on(connect: Open, address: str) -> None:
    session = connect(address, tools=[HostedMcp("desk", "http://127.0.0.1:9/mcp", authorization=key())])
    await listed(session, "failed")
    assert (await session.ask("Hm")).text == "That is not in my script."
    assert any("desk" in notice for notice in notices(session))
    assert leaks(*notices(session)) == []


async def test_a_server_elsewhere_is_left_out_and_the_user_told_what_to_do(connect: Open, address: str) -> None:
    session = connect(address, tools=[HostedMcp("docs", "https://docs.example.com/mcp", authorization=key())])
    assert (await session.ask("Hm")).text == "That is not in my script."
    assert any("--allow-mcp docs.example.com" in notice for notice in notices(session))
    assert leaks(*notices(session)) == []


async def test_the_built_in_brain_chooses_them_by_what_they_do(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={BRAIN: StandInBrain.load})
    client = await endpoint.connect()
    with Desk().serving() as url:
        desk = {"type": "mcp", "server_label": "desk", "server_url": url, "require_approval": "never"}
        await client.configure(tools=[{**desk, "allowed_tools": ["add", "clock"]}], output_modalities=["text"])
        await client.until("mcp_list_tools.completed")
        await client.say("Add the numbers 2 and 3")
        call, answer = (await client.until("response.done"))["response"]["output"]
        assert (call["type"], json.loads(call["arguments"]), call["output"]) == ("mcp_call", {"a": 2, "b": 3}, "5")
        assert "5" in answer["content"][0]["text"]


async def test_a_chat_model_calls_hosted_tools_as_functions(
    start_endpoint: StartEndpoint, chat: ChatServer
) -> None:
    endpoint = await start_endpoint(brain_settings=BrainSettings(brain=chat.url, model="tiny"))
    client = await endpoint.connect()
    with Desk().serving() as url:
        desk: dict[str, Any] = {"type": "mcp", "server_label": "desk", "server_url": url}
        await client.configure(tools=[{**desk, "require_approval": "never"}], output_modalities=["text"])
        await client.until("mcp_list_tools.completed")
        chat.streams(call_delta(0, "a", "add", '{"a": 2, "b": 3}'))
        chat.streams(delta("That makes five."), delta(finish="stop"))
        await client.say("Two and three?")
        response = (await client.until("response.done"))["response"]
        assert [item["type"] for item in response["output"]] == ["mcp_call", "message"]
        first_request, second = chat.requests
        assert "add" in [tool["function"]["name"] for tool in first_request["tools"]]
        assert [message["role"] for message in second["messages"]] == ["user", "assistant", "tool"]
        assert second["messages"][-1]["content"] == "5"
