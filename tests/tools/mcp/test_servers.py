"""Real MCP servers, of today and of the handshake's time, whose tools a scripted session calls."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError, McpServerError, ToolArgumentsError
from realtime_widgets.testing import Call, ScriptedServer, Talk, close, expect, stall
from realtime_widgets.tools.mcp import connection
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.watching import notices, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

HERE = Path(__file__).parent
TODAY = [sys.executable, str(HERE / "server_of_today.py")]
NOWHERE = "http://127.0.0.1:9/v1"


def of_old(log: Path) -> list[str]:
    return [sys.executable, str(HERE / "server_of_old.py"), str(log)]


@contextmanager
def over_http(seen: list[str], port: int = 0) -> Iterator[str]:
    """Serve the server of today on loopback; gives its address, and notes the keys that come."""
    from tests.tools.mcp import server_of_today

    app = server_of_today.server.streamable_http_app()

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(value.decode() for name, value in scope.get("headers", []) if name == b"authorization")
        await app(scope, receive, send)

    listening = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(noting, log_level="error", timeout_graceful_shutdown=0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join()
    listening.close()


async def test_the_model_calls_a_servers_tools_as_it_calls_ours(connect: Open) -> None:
    talk = Talk()
    calls = [
        Call("add", {"a": 1, "b": 2}, "3"),
        Call("odd_name_ber", {}, "odd"),
        Call("add", {"a": "x", "b": 2}, re.compile("'x' is not of type 'integer'")),
        Call("divide", {"a": 1, "b": 0}, re.compile('"error": "McpServerError: Error executing tool divide"')),
    ]
    turn = talk.function_call_turn("Go", calls, "Done")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server)
        today = await session.mcp.add(TODAY, name="today", allow=["add", "odd.name/über", "divide"])
        assert today.tools == {"add": "add", "odd.name/über": "odd_name_ber", "divide": "divide"}
        assert "add(a, b)" in repr(session.tools)
        assert "(MCP server today)" in repr(session.tools)
        reply = await session.ask("Go")
        assert [call.error is None for call in reply.tool_calls] == [True, True, False, False]
        announced = server.received_of("session.update")[0]["session"]["tools"]
        assert announced[0]["parameters"]["properties"]["a"] == {"title": "A", "type": "integer"}
        assert announced[0]["description"] == "Add two numbers."


async def test_a_picture_goes_to_the_model_and_progress_onto_the_card(connect: Open) -> None:
    session = connect(NOWHERE)
    await session.mcp.add(TODAY, allow=["look", "work"])
    told: list[Any] = []
    output = await run(session, "look", "{}", told)
    assert "what the camera saw" in output.output
    assert output.images[0].startswith("data:image/png;base64,")
    await run(session, "work", "{}", told)
    assert ("a quarter is done", 0.25) in [(note.text, note.fraction) for note in told]


async def run(session: RealtimeSession, name: str, arguments: str, told: list[Any]) -> Any:
    from realtime_widgets.tools import ToolRunner

    runner = ToolRunner()
    output = runner.new_output(lambda: told.append(output.progress) if output.progress else None)
    result = await runner.run("call_1", session.tools[name], name, arguments, output)
    runner.close()
    return result


async def test_calls_ask_a_person_where_the_server_was_added_so(connect: Open) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("add", {"a": 1, "b": 2}, re.compile("did not allow"))], "Done")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server)
        await session.mcp.add(TODAY, approval="always")
        asking = asyncio.create_task(session.ask("Go"))
        (await session.calls.next_asking()).deny()
        await asking


async def test_the_list_follows_the_server_and_the_person_is_told(connect: Open) -> None:
    session = connect(NOWHERE)
    await session.mcp.add(TODAY)
    session.tools.disable("look")
    session.tools.remove("work")
    assert await session.tools["learn"]() == "learned"
    await until(session, lambda: "triple" in session.tools)
    assert await session.tools["triple"](x=2) == "6"
    assert "divide" not in session.tools
    assert "work" not in session.tools, "what the person took away stays away"
    assert not session.tools["look"].enabled


async def test_a_server_that_dies_is_told_and_the_next_call_starts_it_again(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = connect(NOWHERE)
    server = await session.mcp.add(TODAY, name="today", env={"TOKEN": "sesame-1234"})
    assert await session.tools["environment"](name="TOKEN") == "sesame-1234"
    with pytest.raises(McpServerError, match="lost during the call"):
        await session.tools["die"]()
    await until(session, lambda: bool(notices(session)))
    [notice] = notices(session)
    assert notice.startswith("The MCP server today is gone: its process ended; its last output: ")
    assert notice.endswith("I am dying with …. Its next call starts it again.")
    assert server.state == "lost"
    assert await session.tools["add"](a=1, b=2) == "3"
    assert server.state == "ready"
    shown = repr(server) + repr(session.mcp) + repr(session.tools) + caplog.text + notice
    assert "sesame" not in shown


async def test_the_processes_end_with_the_session(connect: Open) -> None:
    session = connect(NOWHERE)
    await session.mcp.add([*TODAY], name="today")
    pid = int(await session.tools["evaluate"](expression="os.getpid()"))
    await session.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert session.mcp["today"].state == "closed"
    with pytest.raises(McpServerError, match="was closed"):
        await session.tools["add"](a=1, b=2)
    with pytest.raises(ConfigurationError, match="this session is over"):
        await session.mcp.add(TODAY)


async def test_the_processes_end_when_the_session_ends_by_itself(connect: Open) -> None:
    async with ScriptedServer([*Talk().start(), stall(), close(1000, "enough")]) as server:
        session = connect(server, reconnect=False)
        await session.mcp.add(TODAY)
        pid = int(await session.tools["evaluate"](expression="os.getpid()"))
        await session.start()
        server.resume()
        await until(session, lambda: session.state == "closed")
        for thread in threading.enumerate():
            if thread.name.startswith("realtime-tool-loop"):
                await asyncio.to_thread(thread.join, 20)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_an_old_server_is_listed_cancelled_and_followed(connect: Open, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("wait", {"number": 1}, re.compile("the user stopped"))], "Done")
    async with ScriptedServer([*talk.start(), *turn, expect("session.update")]) as server:
        session = connect(server)
        await session.mcp.add(of_old(log), name="old")
        with pytest.raises(ToolArgumentsError, match="number: 0 is less than the minimum of 1"):
            await session.tools["grow"](number=0)
        asking = asyncio.create_task(session.ask("Go"))
        runtime = session.runtime
        await until(session, lambda: any(call.note for call in session.calls.values()))
        [card] = [entry.tool for entry in make_entries(runtime.core, runtime.tools, False) if entry.tool]
        assert (card.note, card.fraction, card.state) == ("1 of 2", 0.5, "running")
        next(iter(session.calls.values())).cancel()
        await asking
        assert await session.tools["grow"](number=1) == "grew"
        await server.finished()
        told = server.received_of("session.update")[-1]["session"]["tools"]
        assert [tool["name"] for tool in told] == ["wait", "grow", "grown"]
        await session.close()  # the server has read everything when it has ended
    sent = [json.loads(line) for line in log.read_text().splitlines()]
    [waited] = [each["id"] for each in sent if each.get("params", {}).get("name") == "wait"]
    [cancelled] = [each for each in sent if each["method"] == "notifications/cancelled"]
    assert cancelled["params"]["requestId"] == waited


async def test_names_that_are_taken_get_the_servers_name_before_them(connect: Open, tmp_path: Path) -> None:
    def add(x: int) -> int:
        """Add one."""
        return x + 1

    session = connect(NOWHERE, tools=[add])
    today = await session.mcp.add(TODAY, name="today", allow=["add", "look"])
    assert today.tools == {"add": "today_add", "look": "look"}
    assert session.tools["add"](x=1) == 2
    assert await session.tools["today_add"](a=1, b=2) == "3"
    again = await session.mcp.add(TODAY, name="today", allow=["add"], prefix=True)
    assert list(session.mcp.values()) == [again]
    assert today.state == "closed"
    assert set(session.tools) == {"add", "today_add"}
    assert await session.tools["today_add"](a=2, b=2) == "4"
    await session.mcp.remove("today")
    assert list(session.tools) == ["add"]
    with pytest.raises(KeyError, match="none yet"):
        await session.mcp.remove("today")


@pytest.mark.parametrize(
    ("server", "options", "error", "says"),
    [
        (["/nowhere/at-all"], {}, McpServerError, "at-all.* cannot be used: FileNotFoundError"),
        ([sys.executable, "-c", "raise SystemExit('no key')"], {}, McpServerError, "its last output: no key"),
        ("http://127.0.0.1:9/mcp?token=sesame", {}, McpServerError, "http://127.0.0.1:9/mcp"),
        (TODAY, {"allow": ["nothing"]}, ConfigurationError, "has no tool nothing; it has add"),
        (TODAY, {"allow": "add"}, ConfigurationError, "list of names"),
        (TODAY, {"run_in": "main"}, ConfigurationError, "where the server does"),
        (TODAY, {"time_limit": -1}, TypeError, "time_limit must be seconds"),
    ],
    ids=["no program", "a program that ends", "nobody there", "unknown tool", "one name", "place", "limit"],
)
async def test_a_server_that_cannot_be_added_leaves_nothing(
    connect: Open, server: Any, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    session = connect(NOWHERE)
    with pytest.raises(error, match=says) as caught:
        await session.mcp.add(server, **options)
    assert "sesame" not in str(caught.value)
    assert not session.tools
    assert not session.mcp


async def test_a_server_at_an_address(connect: Open) -> None:
    seen: list[str] = []
    session = connect(NOWHERE)
    with over_http(seen) as url:
        server = await session.mcp.add(url, name="far", headers={"Authorization": "Bearer sesame"}, allow=["add"])
        assert await session.tools["add"](a=1, b=2) == "3"
        assert set(seen) == {"Bearer sesame"}
        assert "sesame" not in repr(server)
    with pytest.raises(McpServerError, match="the MCP server far"):
        await session.tools["add"](a=1, b=2)
    with pytest.raises(McpServerError, match="the MCP server far"):
        await session.tools["add"](a=1, b=2)
    assert any("far is gone" in notice for notice in notices(session))
    with over_http(seen, urlsplit(url).port or 0):
        assert await session.tools["add"](a=1, b=2) == "3"
        assert server.state == "ready"


async def test_a_busy_kernel_does_not_keep_a_servers_tool_waiting(connect: Open) -> None:
    from tests.session.servers import server_on_its_own_thread

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("add", {"a": 1, "b": 2}, "3")], "Done")
    done = threading.Event()
    with server_on_its_own_thread([*talk.start(), *turn, stall()]) as server:
        session = connect(server)
        await session.mcp.add(TODAY)
        runtime = session.runtime
        shared_engine().run(
            runtime.observe, lambda: done.set() if any(each.result for each in runtime.tools.values()) else None
        )
        session.say("Go")
        assert done.wait(20)  # this thread, and with it its loop, does nothing else


ERRORS = [sys.executable, str(HERE / "server_of_errors.py")]


async def test_an_error_of_a_server_is_told_in_its_words_and_does_not_end_it(connect: Open) -> None:
    session = connect(NOWHERE)
    server = await session.mcp.add(ERRORS, name="errors")
    with pytest.raises(McpServerError, match="the table is locked"):
        await session.tools["fail"]()
    assert (server.state, notices(session)) == ("ready", [])
    assert await session.tools["count"]() == "2", "it is the same process"


async def test_what_a_tool_answered_is_not_lost_for_its_form(connect: Open) -> None:
    session = connect(NOWHERE)
    await session.mcp.add(ERRORS)
    assert await session.tools["say"]() == "42, and it is done"
    assert await session.tools["misfit"]() == "42, more or less"


SILENT = """
import os, sys, time
told = open(sys.argv[1], "w")
print(os.getpid(), file=told, flush=True)
time.sleep(30)
print("nobody ended me", file=told)
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are of Unix")
@pytest.mark.parametrize("given_up", ["by the user", "by the time limit"])
async def test_a_server_that_is_given_up_while_it_starts_leaves_no_process(
    connect: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_up: str
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    if given_up == "by the time limit":
        monkeypatch.setattr(connection, "START_LIMIT_S", 3.0)
    session = connect(NOWHERE)
    adding = asyncio.create_task(session.mcp.add([sys.executable, "-c", SILENT, str(told)]))
    with await asyncio.to_thread(told.open) as said:
        assert int(await asyncio.to_thread(said.readline))
        if given_up == "by the user":
            adding.cancel()
        with pytest.raises((asyncio.CancelledError, McpServerError)):
            await adding
        assert await asyncio.to_thread(said.read) == "", "it ended at once"
    assert not session.mcp
