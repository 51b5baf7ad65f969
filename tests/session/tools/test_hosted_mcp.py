"""Hosted MCP tools in a session: announced with their secrets, which show nowhere else, and consented to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from devtools.endpoints.hosted_mcp import CALL, REQUEST, answered, asked, begins, ends, says, takes
from realtime_widgets import ConfigurationError
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import ScriptedServer, Talk, cut, expect, reconnect, stall
from tests.session.watching import until
from tests.tools.hosted import docs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open


async def test_a_person_allows_a_call_and_the_answer_follows(connect: Open, tmp_path: Path) -> None:
    started = Talk().start()
    script = [*started, *asked(), answered(True), begins(2), *says(2, "There are three.", CALL)]
    async with ScriptedServer(script) as server:
        session = connect(server, tools=[docs()])
        asking = asyncio.create_task(session.ask("Look it up"))
        call = await session.calls.next_asking()
        assert (call.name, call.arguments, session.state) == ("docs.search", '{"q": "tools"}', "thinking")
        call.approve()
        call.deny()
        assert (await asking).text == "There are three."
        assert session.calls["item_m1"].phase == "ended"
        told = server.received_of("session.update")[0]["session"]["tools"]
        assert told == [
            {
                "type": "mcp",
                "server_label": "docs",
                "require_approval": "always",
                "server_url": "https://docs.example.com/mcp?key=query-key",
                "authorization": "sesame-token",
            }
        ]
        session.journal.save(tmp_path / "talk.jsonl")
        shown = (tmp_path / "talk.jsonl").read_text() + repr(session) + repr(session.tools) + repr(docs())
        assert "docs.example.com" in shown
        assert "sesame" not in shown
        assert "query-key" not in shown
        records = session.conversation.to_records()
        assert [record["output"] for record in records if record["kind"] == "hosted_call"] == ["three pages"]


async def test_a_call_that_is_allowed_always_is_not_asked_for_until_that_is_taken_back(connect: Open) -> None:
    def again(number: int, allowed: bool) -> list[Any]:
        item_id = f"item_m{number}"
        answer = {"type": "mcp_approval_response", "approval_request_id": item_id, "approve": allowed}
        return [begins(number), *ends(number, {**REQUEST, "id": item_id}), takes(answer)]

    script = [*Talk().start(), *asked(), answered(True), *again(2, True), stall(), *again(3, False)]
    async with ScriptedServer([*script, begins(4), *says(4, "Done.")]) as server:
        session = connect(server, tools=[docs()])
        asking = asyncio.create_task(session.ask("Look it up"))
        await session.calls.next_asking()
        shared_engine().run(session.runtime.decide, "always", "item_m1")
        await server.stalled()
        assert session.calls["item_m2"].phase != "approval"
        shared_engine().run(session.runtime.decide, "ask", "item_m1")
        server.resume()
        call = await session.calls.next_asking()
        call.deny()
        assert (await asking).text == "Done."


async def test_time_out_means_refused(connect: Open) -> None:
    refused = answered(False, reason="nobody allowed this call within 0.05 s")
    script = [*Talk().start(), *asked(), refused, begins(2), *says(2, "As you like.")]
    async with ScriptedServer(script) as server:
        session = connect(server, tools=[docs(approval_limit=0.05)])
        assert (await session.ask("Look it up")).text == "As you like."


async def test_a_question_lost_with_the_connection_is_asked_anew_and_answered_once(connect: Open) -> None:
    again = {**REQUEST, "id": "item_m2"}
    second = takes({"type": "mcp_approval_response", "approval_request_id": "item_m2"})
    script = [
        *Talk().start(),
        *asked(),
        stall(),
        cut(),
        reconnect(),
        *Talk().start(),
        takes({"role": "user"}),
        begins(2),
        *ends(2, again),
        second,
        begins(3),
        *says(3, "Done."),
    ]
    async with ScriptedServer(script) as server:
        session = connect(server, tools=[docs()])
        asking = asyncio.create_task(session.ask("Look it up"))
        old = await session.calls.next_asking()
        server.resume()
        await until(session, lambda: "item_m2" in session.calls)
        old.approve()
        call = await session.calls.next_asking()
        call.approve()
        assert (await asking).text == "Done."


async def test_hosted_servers_come_and_go_while_the_talk_goes_on(connect: Open) -> None:
    def labels(*names: str) -> Any:
        def same(tools: Any) -> bool:
            return [tool.get("server_label") for tool in tools] == list(names)

        return expect("session.update", session={"tools": same})

    async with ScriptedServer([*Talk().start(), labels("docs"), stall(), labels()]) as server:
        session = connect(server)
        await session.start()
        session.tools.add(docs())
        assert "docs" in repr(session.tools)
        await server.stalled()
        server.resume()
        session.tools.remove("docs")
        await server.finished()


async def test_an_endpoint_without_them_says_what_to_do(connect: Open) -> None:
    with pytest.raises(ConfigurationError, match=r"session.mcp.add"):
        connect("http://127.0.0.1:9/v1", dialect="2024").tools.add(docs())
    session = connect("http://127.0.0.1:9/v1", capabilities={"hosted_mcp": False})
    with pytest.raises(ConfigurationError, match=r"session.mcp.add") as caught:
        session.tools.add(docs())
    assert "sesame" not in str(caught.value)
    assert session.tools.hosted == {}
