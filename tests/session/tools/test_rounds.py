"""A model that never stops calling, and more tools than services take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import ConfigurationError, RealtimeSession
from realtime_widgets.runtime.session_runtime import MAX_TOOLS
from realtime_widgets.testing import ScriptedServer, Talk
from tests.session.bare_server import BareServer
from tests.session.watching import notices, until

if TYPE_CHECKING:
    from tests.conftest import Open


def called(number: int) -> list[dict[str, Any]]:
    """One response, which calls a tool."""
    item = {"id": f"f{number}", "type": "function_call", "call_id": f"c{number}", "name": "look"}
    call = {**item, "arguments": "{}", "status": "completed"}
    response = {"id": f"r{number}", "status": "in_progress"}
    return [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.done", "response_id": response["id"], "item": call},
        {"type": "response.done", "response": {**response, "status": "completed", "output": [call]}},
    ]


def said(number: int) -> list[dict[str, Any]]:
    """One response, in words."""
    content = [{"type": "output_text", "text": "Enough."}]
    item = {"id": f"a{number}", "type": "message", "role": "assistant", "content": content, "status": "completed"}
    response = {"id": f"r{number}", "status": "completed", "output": [item]}
    return [
        {"type": "response.created", "response": {"id": f"r{number}", "status": "in_progress"}},
        {"type": "response.done", "response": response},
    ]


def look() -> str:
    """Look."""
    return "seen"


LAST = "Tools were called 2 times for this question, which is the limit (max_rounds): the answer comes without."


async def test_a_model_that_calls_too_often_has_to_answer_at_last(connect: Open) -> None:
    async with BareServer(lambda number: called(number) if number < 3 else said(number)).running() as server:
        session = connect(server.url, tools=[look], max_rounds=2)
        reply = await session.ask("Look.")
        assert (reply.text, len(reply.tool_calls)) == ("Enough.", 2)
        assert [request.get("tool_choice") for request in server.requests] == [None, None, "none"]
        assert notices(session) == [LAST]


async def test_a_model_that_calls_although_it_may_not_is_answered_and_not_asked_again(connect: Open) -> None:
    runs: list[int] = []

    def look() -> str:
        """Look."""
        runs.append(1)
        return "seen"

    async with BareServer(called).running() as server:
        session = connect(server.url, tools=[look], max_rounds=2)
        reply = await session.ask("Look.")
        assert [bool(result.error) for result in reply.tool_calls] == [False, False, True]
        assert (len(runs), len(server.requests)) == (2, 3)
        assert notices(session) == [
            LAST,
            "The model called tools again after 2 times, the limit (max_rounds); its turn ends here.",
        ]
        assert session.state == "listening"
        assert (reply.tool_calls[2].error or "").startswith("not run, for tools were called 2 times")


async def test_each_question_has_its_own_rounds(connect: Open) -> None:
    async with BareServer(lambda number: called(number) if number % 3 else said(number)).running() as server:
        session = connect(server.url, tools=[look])
        for _ in range(5):
            assert (await session.ask("Look.")).text == "Enough."
        assert all("tool_choice" not in request for request in server.requests)
        assert notices(session) == []


async def test_an_ask_that_is_given_up_asks_for_no_more_rounds(connect: Open) -> None:
    ran = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look() -> str:
        """Look."""
        loop.call_soon_threadsafe(ran.set)
        return "seen"

    async with BareServer(called).running() as server:
        session = connect(server.url, tools=[look], max_rounds=10**6)
        asking = asyncio.create_task(session.ask("Look."))
        await ran.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        core = session.runtime.core
        await until(session, lambda: all(turn.done for turn in core.turns.values()))
        asked = len(server.requests)
        await until(session, lambda: core.activity == "listening")
        assert len(server.requests) <= asked + 1  # one may have been on its way


@pytest.mark.parametrize("rounds", [0, -1, 2.0, True, None])
def test_a_limit_of_rounds_is_a_whole_number_above_0(rounds: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_rounds must be a whole number above 0"):
        RealtimeSession(endpoint="http://127.0.0.1:9/v1", max_rounds=rounds)


@pytest.mark.parametrize("more", [0, 1])
async def test_more_tools_than_services_take_are_told_before_they_refuse(connect: Open, more: int) -> None:
    async with ScriptedServer([*Talk().start()]) as server:
        session = connect(server)
        for number in range(MAX_TOOLS + more):
            session.tools.add(look, name=f"look_{number}")
        await session.start()
        assert notices(session) == more * [
            "The session has 129 tools, and services take 128 at most: they may refuse all of them. "
            "Disable some, as by session.tools.disable(name), or add fewer of an MCP server."
        ]
