"""Thinking with tools: in rounds, each call answered once, until there is an answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.chat.chats import PCM, chat_with, count
from tests.chat.rest_server import calling, spoken, written

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer


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
