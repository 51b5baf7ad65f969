"""Tool calls that a person decides on without a page."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import SessionClosedError, progress
from realtime_widgets.testing import Call, ScriptedServer, Talk, stall

if TYPE_CHECKING:
    from tests.client.conftest import Open


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
        asking = asyncio.create_task(session.ask("Go"))
        await running.wait()
        responses = session.runtime.core.conversation.responses
        # What called is over by then: else the interruption would cancel it, too.
        over = session.runtime.until(lambda: all(each.status == "completed" for each in responses.values()), 5)
        assert await session._io(over)
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
