"""The stream of a session's events: what a program learns from it, when it ends, and what a slow reader loses."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import ConfigurationError
from realtime_widgets.events import (
    Dropped,
    Heard,
    Notice,
    Problem,
    Received,
    Sent,
    StateChanged,
    ToolCallChanged,
    TurnEnded,
    TurnStarted,
)
from realtime_widgets.testing import Call, ScriptedServer, Talk, cut, tone
from tests.session.watching import HEARD, SOUND

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.events import SessionEvent
    from tests.conftest import Open

CALL = [Call("add", {"first": 1, "second": 2}, "3")]


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


async def all_of(session: RealtimeSession, *kinds: Any, limit: int = 1_000) -> list[SessionEvent]:
    return [event async for event in session.events(*kinds, limit=limit)]


def timeless(event: SessionEvent) -> SessionEvent:
    return replace(event, at=0.0)


async def begun(*reading: asyncio.Task[Any]) -> None:
    """Let tasks come to the point where they wait for the first event."""
    for _ in reading:
        await asyncio.sleep(0)


async def test_a_turn_with_a_tool_from_its_start_to_the_end_of_the_session(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.function_call_turn("1 + 2?", CALL, "3")]) as server:
        session = connect(server, tools=[add])
        stream = session.events()
        await session.ask("1 + 2?")
        await session.close()
        events = [event async for event in stream]
        assert [event.event.type for event in events if isinstance(event, Sent)] == [
            each["type"] for each in server.received
        ]
    received = [event.event.type for event in events if isinstance(event, Received)]
    assert (received[0], received.count("response.done")) == ("session.created", 2)
    phases = [(event.call.name, event.call.phase) for event in events if isinstance(event, ToolCallChanged)]
    assert phases[-1] == ("add", "ended")
    assert {name for name, _ in phases} == {"add"}
    [result] = [event.call.result for event in events if isinstance(event, ToolCallChanged) and event.call.result]
    assert (result.value, result.error) == (3, None)
    started, ended = [event for event in events if isinstance(event, TurnStarted | TurnEnded)]
    assert isinstance(started, TurnStarted) and isinstance(ended, TurnEnded)
    assert (started.turn_id, started.spoken) == (ended.turn_id, False)
    assert (ended.question, ended.text, ended.interrupted, ended.error) == ("1 + 2?", "3", False, "")
    assert 0 <= started.at <= ended.at
    states = [event.state for event in events if isinstance(event, StateChanged)]
    assert (states[0], states[-2:]) == ("connecting", ["listening", "closed"])
    assert [event.at for event in events] == sorted(event.at for event in events)


async def test_how_much_of_a_spoken_answer_was_heard(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("Late?", "Noon.", tone(200))]) as server:
        session = connect(server)
        reading = asyncio.create_task(all_of(session, Heard, TurnEnded))
        await begun(reading)
        await session.talk(SOUND, rate=24_000)
        [answer] = [item for item in session.conversation if item.role == "assistant"]
        await session.close()
    events = await reading
    positions = [(event.item_id, event.ms) for event in events if isinstance(event, Heard)]
    assert positions == sorted(set(positions))
    assert positions[-1] == (answer.id, 200.0)
    assert [(each.question, each.text) for each in events if isinstance(each, TurnEnded)] == [("Late?", "Noon.")]


async def test_what_is_told_to_the_user_and_the_loss_that_ends_the_session(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), cut()]) as server:
        session = connect(server, reconnect=False)
        stream = session.events(Problem, Notice, StateChanged)
        await session.start()
        events = [event async for event in stream]
    [problem] = [event for event in events if isinstance(event, Problem)]
    assert problem.text.startswith("The session ended: ")
    assert session.state == "closed"
    assert isinstance(events[-1], StateChanged) and events[-1].state == "closed"
    assert await all_of(session) == []


async def test_a_turn_that_fails_with_the_session_has_an_end_with_its_error(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")[:2], cut()]) as server:
        session = connect(server, reconnect=False)
        stream = session.events(TurnStarted, TurnEnded)
        session.say("Hi")
        started, ended = [event async for event in stream]
    assert isinstance(started, TurnStarted) and isinstance(ended, TurnEnded)
    assert ended.error and ended.turn_id == started.turn_id


async def test_a_call_is_approved_by_who_reads_of_it(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.function_call_turn("1 + 2?", CALL, "3")]) as server:
        session = connect(server)
        session.tool(add, approval="always")

        async def approve() -> list[str]:
            phases = []
            async for event in session.events(ToolCallChanged):
                match event:
                    case ToolCallChanged(call):
                        phases.append(call.phase)
                        if call.phase == "approval":
                            call.approve()
            return phases

        reading = asyncio.create_task(approve())
        await begun(reading)
        assert (await session.ask("1 + 2?")).text == "3"
        await session.close()
    phases = await reading
    assert phases.index("approval") < phases.index("running") < phases.index("ended")


async def test_a_slow_reader_loses_the_oldest_events_and_is_told_how_many(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2")]
    async with ScriptedServer([*talk.start(), *turns]) as server:
        session = connect(server)
        slow, whole = session.events(limit=5), session.events()
        await session.ask("One")
        await session.ask("Two")
        await session.close()
        dropped, *kept = [event async for event in slow]
        events = [event async for event in whole]
    assert isinstance(dropped, Dropped)
    assert dropped.count == len(events) - 5
    assert [timeless(event) for event in kept] == [timeless(event) for event in events[-5:]]


async def test_two_readers_on_loops_of_their_own_get_the_same(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        here, there = session.events(), session.events()

        async def read_there() -> list[SessionEvent]:
            return [event async for event in there]

        elsewhere = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(read_there())))
        reading = asyncio.create_task(asyncio.wait_for(anext(here), 20))
        await session.ask("Hi")
        await session.close()
        read = [await reading, *[event async for event in here]]
        assert [timeless(event) for event in read] == [timeless(event) for event in await elsewhere]


async def test_a_reader_that_leaves_the_loop_ends_its_stream(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        stream = session.events()
        reading = asyncio.create_task(anext(stream))
        await session.start()
        await reading
        left = weakref.ref(stream)
        del stream
        gc.collect()
        assert left() is None
        assert (await session.ask("Hi")).text == "Hello"  # which tells the stream that is gone


async def test_closing_a_stream_ends_who_waits_for_it(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1")
    async with contextlib.aclosing(session.events()) as stream:
        reading = asyncio.create_task(anext(stream, None))
        await begun(reading)
    assert await reading is None
    assert [event async for event in stream] == []


async def test_a_limit_or_a_kind_that_cannot_be_is_refused(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1")
    for limit in (0, True, 1.5):
        with pytest.raises(ConfigurationError, match="limit must be a whole number above 0"):
            session.events(limit=limit)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="there are Received, Sent,"):
        session.events(str)  # type: ignore[arg-type]
