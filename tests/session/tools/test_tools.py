"""Tools of a live session: announced, called, replaced, failing, on the right loop."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets.testing import Call, ScriptedServer, Talk, emit, expect, stall
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.client_items import given_item
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.servers import server_on_its_own_thread
from tests.session.watching import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Open


def double(x: int) -> int:
    """Double a number."""
    return 2 * x


def announces(*names: str) -> Any:
    """Expect an update of the session with exactly these tools."""

    def named(tools: Any) -> bool:
        return [tool["name"] for tool in tools] == list(names)

    return expect("session.update", session={"tools": named})


async def test_several_calls_beside_each_other_and_one_answer(connect: Open) -> None:
    both = threading.Barrier(2)

    def meet(name: str) -> str:
        """Wait for the other."""
        both.wait(5)
        return name

    talk = Talk()
    calls = [Call("meet", {"name": "a"}, "a"), Call("meet", {"name": "b"}, "b")]
    turn = talk.function_call_turn("Go", calls, "Done", preamble="One moment")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        reply = await connect(server, tools=[meet]).ask("Go")
        assert reply.text == "One moment Done"
        assert [result.value for result in reply.tool_calls] == ["a", "b"]


async def test_a_chain_of_calls_is_one_reply(connect: Open) -> None:
    talk = Talk()
    first = talk.function_call_turn("Go", [Call("double", {"x": 1}, "2")], "")
    # The answer to the first output is another call: the second turn without its question.
    second = talk.function_call_turn("Go", [Call("double", {"x": 2}, "4")], "It is 4.")
    outputs = max(index for index, step in enumerate(first) if str(step).startswith("response.create"))
    async with ScriptedServer([*talk.start(), *first[: outputs + 1], *second[2:]]) as server:
        reply = await connect(server, tools=[double]).ask("Go")
        assert [result.output for result in reply.tool_calls] == ["2", "4"]
        assert reply.text == "It is 4."


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Call("nothing_such", {}, re.compile("no tool named")), "nothing_such"),
        (Call("double", "{broken", re.compile("error")), "JSON"),
        (Call("double", {"x": "many"}, re.compile("error")), "x"),
        (Call("fails", {}, re.compile("ValueError: not today")), "not today"),
        (Call("leaves", {}, re.compile("SystemExit")), "SystemExit"),
    ],
    ids=["unknown tool", "broken arguments", "wrong arguments", "error in the tool", "exit in the tool"],
)
async def test_whatever_goes_wrong_goes_back_as_the_one_output(connect: Open, call: Call, told: str) -> None:
    def fails() -> None:
        """Fail."""
        raise ValueError("not today")

    def leaves() -> None:
        """Leave."""
        raise SystemExit(3)

    talk = Talk()
    turn = talk.function_call_turn("Go", [call], "Sorry")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        reply = await connect(server, tools=[double, fails, leaves]).ask("Go")
        [result] = reply.tool_calls
        assert told in str(result.error)
        assert reply.text == "Sorry"
        outputs = [event["item"] for event in server.received_of("conversation.item.create")][1:]
        assert [list(json.loads(item["output"])) for item in outputs] == [["error"]]


async def test_tools_are_announced_when_they_come_change_and_go(connect: Open) -> None:
    both = announces("double", "triple")
    async with ScriptedServer([*Talk().start(), both, stall(), both, stall(), announces("triple")]) as server:
        session = connect(server, tools=[double])
        await session.start()
        assert server.received_of("session.update")[0]["session"]["tools"][0]["name"] == "double"

        @session.tool
        def triple(x: int) -> int:
            """Triple a number."""
            return 3 * x

        await server.stalled()
        server.resume()
        session.tools.add(triple, description="Triple it.")
        await server.stalled()
        server.resume()
        session.tools.remove("double")
        await server.finished()
        updates = server.received_of("session.update")
        assert updates[2]["session"]["tools"][1]["description"] == "Triple it."
        assert list(session.tools) == ["triple"]


async def test_a_tool_that_comes_while_it_connects_is_announced(connect: Open) -> None:
    script = [
        Talk().start()[0],
        expect("session.update"),
        stall(),
        emit("session.updated", session={"type": "realtime"}),
        announces("double"),
    ]
    async with ScriptedServer(script) as server:
        session = connect(server)
        starting = asyncio.create_task(session.start())
        await server.stalled()
        session.tool(double)
        server.resume()
        await starting
        await server.finished()


async def test_a_running_call_ends_on_the_old_code_and_the_next_uses_the_new(connect: Open) -> None:
    running, replaced = threading.Event(), threading.Event()

    def answer() -> str:
        """Answer."""
        running.set()
        replaced.wait(5)
        return "old"

    talk = Talk()
    first = talk.function_call_turn("Go", [Call("answer", {}, "old")], "It was old.")
    second = talk.function_call_turn("Again", [Call("answer", {}, "new")], "It was new.")
    output = next(index for index, step in enumerate(first) if "function_call_output" in str(step))
    steps = [*first[:output], announces("answer"), stall(), *first[output:], *second]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server, tools=[answer])
        asking = asyncio.create_task(session.ask("Go"))
        await asyncio.to_thread(running.wait, 5)
        session.tool(lambda: "new", name="answer", description="Answer anew.")
        await server.stalled()
        replaced.set()
        server.resume()
        assert (await asking).tool_calls[0].version == 1
        assert (await session.ask("Again")).tool_calls[0].version == 2


async def test_new_code_under_the_same_signature_counts_at_once_and_needs_no_telling(
    connect: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("answer", {}, "new")], "It was new.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server)
        session.tool(lambda: "old", name="answer", description="Answer.")
        await session.start()
        session.tool(lambda: "new", name="answer", description="Answer.")
        assert (await session.ask("Go")).tool_calls[0].version == 2
        assert len(server.received_of("session.update")) == 1
    assert capsys.readouterr().out == ""


async def test_a_response_that_began_before_a_change_calls_the_old_signature_and_code(
    connect: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Talk()
    first = talk.function_call_turn("Go", [Call("heat", {"celsius": 40}, "old 40")], "Done.")
    second = talk.function_call_turn("Go", [Call("heat", {"kelvin": 300}, "new 300")], "Done.")
    began = next(index for index, step in enumerate(first) if "response.created" in str(step)) + 1
    ended = next(index for index, step in enumerate(first) if "response.done" in str(step)) + 1
    changed = [*first[:began], stall(), *first[began:ended], announces("heat"), stall(), *first[ended:], *second]
    told = threading.Event()
    async with ScriptedServer([*talk.start(), *changed]) as server:
        session = connect(server)

        @session.tool
        def heat(celsius: int) -> str:
            """Heat it."""
            told.wait(5)
            return f"old {celsius}"

        asking = asyncio.create_task(session.ask("Go"))
        await server.stalled()

        @session.tool(name="heat")
        def heat_anew(kelvin: int) -> str:
            """Heat it."""
            return f"new {kelvin}"

        server.resume()
        await server.stalled()
        told.set()
        server.resume()
        assert (await asking).tool_calls[0].version == 1
        assert (await session.ask("Go")).tool_calls[0].version == 2
    assert capsys.readouterr().out.splitlines() == [
        "heat(kelvin: int) -> str registered, version 2: its signature changed; the model is told of it:",
        '- celsius: {"type": "integer"}',
        '+ kelvin: {"type": "integer"}',
    ]


async def test_a_tool_that_is_switched_off_is_taken_from_the_model(connect: Open) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("double", {"x": 1}, re.compile("'double' is switched off"))], "No.")
    steps = [announces("triple"), *turn, announces("double", "triple")]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server, tools=[double])
        session.tools.add(double, name="triple", description="Triple a number.")
        await session.start()
        session.tools.disable("double")
        session.tools.disable("double")
        assert "(off)" in repr(session.tools)
        assert session.tools["double"](x=2) == 4
        assert (await session.ask("Go")).text == "No."
        session.tools.enable("double")
        await server.finished()


async def test_async_tools_run_on_the_loop_where_the_session_was_made(connect: Open) -> None:
    where: list[object] = []

    async def look() -> str:
        """Look around."""
        where.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return "here"

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("look", {}, "here")], "Done")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        await connect(server, tools=[look]).ask("Go")
    assert where == [asyncio.get_running_loop()]


async def test_a_sync_tool_runs_while_the_main_thread_is_busy(connect: Open) -> None:
    ran = threading.Event()

    def work() -> str:
        """Work."""
        ran.set()
        return "done"

    talk = Talk()
    steps = [*talk.start(), *talk.function_call_turn("Go", [Call("work", {}, "done")], "Done")]
    with server_on_its_own_thread(steps) as server:
        session = connect(server, tools=[work])
        session.say("Go")
        assert ran.wait(10)  # this thread, and with it its loop, does nothing else


async def test_an_async_tool_waits_until_the_main_loop_is_free(connect: Open) -> None:
    called = threading.Event()
    order: list[str] = []

    async def work() -> str:
        """Work."""
        order.append("tool")
        return "done"

    talk = Talk()
    steps = [*talk.start(), *talk.function_call_turn("Go", [Call("work", {}, "done")], "Done")]
    with server_on_its_own_thread(steps) as server:
        session = connect(server, tools=[work])
        runtime = session.runtime
        watch(runtime, lambda: called.set() if runtime.tools else None)
        session.say("Go")
        assert called.wait(10)
        order.append("cell")
        await until(session, lambda: all(tool.result for tool in runtime.tools.values()))
    assert order == ["cell", "tool"]


def watch(runtime: Any, observer: Callable[[], None]) -> None:
    from realtime_widgets.concurrency.io_thread import shared_engine

    shared_engine().run(runtime.observe, observer)


async def test_closing_does_not_wait_for_a_tool(connect: Open) -> None:
    running, end = threading.Event(), threading.Event()

    def work() -> None:
        """Work."""
        running.set()
        end.wait(10)

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("work", {})], "Done")
    output = next(index for index, step in enumerate(turn) if "function_call_output" in str(step))
    async with ScriptedServer([*talk.start(), *turn[:output], stall()]) as server:
        session = connect(server, tools=[work])
        session.say("Go")
        await asyncio.to_thread(running.wait, 5)
        await session.close()
        end.set()
        assert session.state == "closed"


async def test_a_returned_picture_goes_to_the_model_after_the_output(connect: Open) -> None:
    def look(side: int) -> Any:
        """Look through the camera."""
        return np.zeros((side, side, 3), np.uint8)

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("look", {"side": 8}, re.compile("image 1"))], "It is black.")
    output = next(index for index, step in enumerate(turn) if "function_call_output" in str(step))
    shown = expect(
        "conversation.item.create",
        item={
            "type": "message",
            "role": "user",
            "content": [{"type": "input_image", "image_url": re.compile("^data:image/png;base64,")}],
        },
    )

    seen = shown.then(Emit(shapes.item_added(given_item)))
    steps = [*turn[: output + 1], seen, *turn[output + 1 :]]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server, tools=[look])
        reply = await session.ask("Go")
        assert reply.text == "It is black."
        runtime = session.runtime
        entries = make_entries(runtime.core, runtime.tools, closed=False)
        assert [entry.kind for entry in entries] == ["user", "tool", "assistant"]
        assert entries[1].tool.pictures == list(reply.tool_calls[0].images)
        assert session.transcript == "user: Go\nassistant: It is black."
