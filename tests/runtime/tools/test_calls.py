"""Tool calls that the user decides on without a page."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import SessionClosedError, progress
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.events import Received
from realtime_widgets.testing import Call, ScriptedServer, Talk, stall
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.watching import comes

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from tests.conftest import Open


def card(session: RealtimeSession) -> Any:
    """Return the card of the only call."""
    runtime = session.runtime
    entries = shared_engine().run(make_entries, runtime.core, runtime.tools, False)
    [shown] = [entry.tool for entry in entries if entry.kind == "tool"]
    return shown


async def test_a_call_waits_for_consent_and_runs_with_it(connect: Open) -> None:
    opened: list[int] = []

    def open_valve(valve: int) -> str:
        """Open a valve."""
        progress("turning")
        opened.append(valve)
        return "open"

    talk = Talk()
    first = talk.function_call_turn("Go", [Call("open_valve", {"valve": 3}, "open")], "It is open.")
    refused = re.compile("did not allow this call: it leaks")
    second = talk.function_call_turn("Go", [Call("open_valve", {"valve": 4}, refused)], "As you like.")
    async with ScriptedServer([*talk.start(), *first, *second]) as server:
        session = connect(server)
        session.tool(open_valve, approval="always")
        asking = asyncio.create_task(session.ask("Go"))
        call = await session.calls.next_asking()
        assert (call.name, call.arguments, opened) == ("open_valve", '{"valve": 3}', [])
        assert session.state == "thinking"
        call.approve()
        assert (await asking).text == "It is open."
        assert session.calls[call.call_id].phase == "ended"
        assert session.calls[call.call_id].note == "turning"
        asking = asyncio.create_task(session.ask("Go"))
        call = await session.calls.next_asking()
        call.deny("it leaks")
        call.approve()
        assert (await asking).text == "As you like."
        assert opened == [3]
        assert session.calls.asking == []
        assert "open_valve" in repr(session.calls)


async def test_an_interruption_leaves_the_call_and_cancelling_ends_it(connect: Open) -> None:
    running = asyncio.Event()

    async def wait() -> None:
        """Wait for the kettle."""
        running.set()
        await asyncio.Event().wait()

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("wait", {}, re.compile("stopped this call"))], "Then not.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[wait])
        received = session.events(Received)
        asking = asyncio.create_task(session.ask("Go"))
        await running.wait()
        # The response that called is over by then: else the interruption would cancel it, too.
        await comes(received, "response.done")
        session.interrupt()
        [call] = session.calls.values()
        assert call.phase == "running"
        call.cancel()
        assert (await asking).text == "Then not."


async def test_the_session_s_end_ends_the_waiting_too(connect: Open) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("erase", {})], "Done")
    output = next(index for index, step in enumerate(turn) if "function_call_output" in str(step))
    async with ScriptedServer([*talk.start(), *turn[:output], stall()]) as server:
        session = connect(server)
        session.tool(lambda: 1, name="erase", description="Erase.", approval="always")
        session.say("Go")
        await session.calls.next_asking()
        await session.close()
        [call] = session.calls.values()
        assert call.result is not None
        assert call.result.error == "the session ended before the tool did"
        with pytest.raises(SessionClosedError):
            await session.calls.next_asking()


async def test_an_unknown_call_is_told(connect: Open) -> None:
    session = connect("http://127.0.0.1:9")
    with pytest.raises(KeyError, match="no tool call has the id 'call_9'; there are none yet"):
        session.calls.approve("call_9")


async def test_those_who_watch_calls_are_told_of_a_beginning_and_an_end_not_of_each_step(connect: Open) -> None:
    def double(value: int) -> int:
        """Double a number."""
        return 2 * value

    talk, told = Talk(), list[str]()
    turn = talk.function_call_turn("Go", [Call("double", {"value": 3}, "6")], "It is six.")
    async with ScriptedServer([*talk.start(), *turn, stall()]) as server:
        session = connect(server, tools=[double])
        await session.start()
        shared_engine().run(session.runtime.observe, lambda: told.append(session.state), "calls")
        assert (await session.ask("Go")).text == "It is six."
        assert told == ["thinking", "thinking"]


async def test_arguments_read_otherwise_than_sent_stand_on_the_card_before_they_are_allowed(connect: Open) -> None:
    def total(values: list[int], round_to: int = 0) -> int:
        """Add numbers."""
        return sum(values)

    talk = Talk()
    sent = '{"values": "[1, 2]", "round_to": null}'
    turn = talk.function_call_turn("Go", [Call("total", sent, "3")], "It is 3.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server)
        session.tool(total, approval="always")
        asking = asyncio.create_task(session.ask("Go"))
        call = await session.calls.next_asking()
        assert call.arguments == sent
        assert json.loads(call.read_as) == {"values": [1, 2]}
        assert json.loads(card(session).read_as) == {"values": [1, 2]}
        call.approve()
        reply = await asking
        assert reply.tool_calls[0].value == 3
        assert reply.tool_calls[0].arguments == sent
        assert json.loads(card(session).read_as) == {"values": [1, 2]}
        assert card(session).state == "done"
