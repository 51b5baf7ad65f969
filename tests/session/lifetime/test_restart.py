"""A session that is over is started again on the same object, with the talk so far or from the beginning."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import Budget, RealtimeSession
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConnectionFailedError, SessionClosedError
from realtime_widgets.testing import Call, ManualClock, ScriptedServer, Talk, expect, stall
from realtime_widgets.widgets import console_of
from tests.session.second_session import put_back, second_talk
from tests.session.watching import notices, reaches, until
from tests.widgets.page import send

if TYPE_CHECKING:
    from tests.conftest import Open

NOWHERE = "http://127.0.0.1:9/v1"
TURN = [("user", "Hi"), ("assistant", "Hello there!")]


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


def move(session: RealtimeSession, server: ScriptedServer | str) -> None:
    """Let a session find another server at its next connection."""
    url = server if isinstance(server, str) else server.url
    session.runtime.endpoint = replace(session.runtime.endpoint, base_url=url)


async def talked(connect: Open, **options: Any) -> RealtimeSession:
    """Return a session that has talked a little, and is closed."""
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello there!")]) as server:
        session = connect(server, **options)
        await session.ask("Hi")
        await session.close()
    return session


async def test_the_talk_goes_on_over_a_new_connection(connect: Open) -> None:
    session, again = await talked(connect, tools=[add]), second_talk()
    call = again.function_call_turn("Add 1 and 2", [Call("add", {"first": 1, "second": 2}, "3")], "Three.")
    async with ScriptedServer([*again.start(), *put_back(*TURN), *call]) as server:
        move(session, server)
        await session.restart()
        assert session.state == "listening"
        reply = await session.ask("Add 1 and 2")
        assert (reply.text, [each.output for each in reply.tool_calls]) == ("Three.", ["3"])
        [update] = server.received_of("session.update")
        assert [tool["name"] for tool in update["session"]["tools"]] == ["add"]
        assert notices(session) == ["Started again and the talk so far is put back as text."]
        await session.close()
    assert session.transcript.splitlines()[:3] == ["user: Hi", "assistant: Hello there!", "user: Add 1 and 2"]


async def test_it_begins_empty_if_the_talk_is_not_wanted(connect: Open) -> None:
    session, again = await talked(connect), second_talk()
    used = session.usage.total_tokens
    async with ScriptedServer([*again.start(), *again.text_turn("And now?", "Who are you?")]) as server:
        move(session, server)
        await session.restart(keep_talk=False)
        assert (session.transcript, notices(session)) == ("", ["Started again from the beginning."])
        await session.ask("And now?")
        assert session.transcript == "user: And now?\nassistant: Who are you?"
        assert session.usage.total_tokens > used
        await session.close()


async def test_a_session_that_never_connected_starts_once_its_server_is_there(connect: Open) -> None:
    session = connect(NOWHERE)
    with pytest.raises(ConnectionFailedError):
        await session.start()
    with pytest.raises(SessionClosedError, match=r"await session\.restart\(\)"):
        await session.start()
    with pytest.raises(ConnectionFailedError):
        await session.restart()
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
        move(session, server)
        await session.restart()
        assert (await session.ask("Hi")).text == "Hello!"
        await session.close()


async def test_a_running_session_is_closed_first_and_two_who_ask_wait_for_one_start(connect: Open) -> None:
    talk, again = Talk(), second_talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello there!"), stall()]) as server:
        session = connect(server)
        await session.ask("Hi")
        async with ScriptedServer([*again.start(), *put_back(*TURN), stall()]) as other:
            move(session, other)
            await asyncio.gather(session.restart(), session.restart())
            await other.stalled()
            assert (session.state, len(other.paths)) == ("listening", 1)
            await session.close()
            other.resume()
        server.resume()


async def test_a_question_without_an_answer_is_not_asked_again(connect: Open) -> None:
    talk, again = Talk(), second_talk()
    question = talk.text_turn("Hi", "Hello there!")
    async with ScriptedServer([*talk.start(), question[0], expect("response.create"), stall()]) as server:
        session = connect(server)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.stalled()
        await session.close()
        server.resume()
        with pytest.raises(ConnectionFailedError):
            await asking
    steps = [*again.start(), *put_back(("user", "Hi")), *again.text_turn("Yes?", "Yes.")]
    async with ScriptedServer(steps) as other:
        move(session, other)
        await session.restart()
        assert (await session.ask("Yes?")).text == "Yes."
        assert len(other.received_of("response.create")) == 1
        await session.close()


async def test_a_budget_that_is_used_up_has_to_be_raised(connect: Open) -> None:
    clock, talk = ManualClock(), Talk()
    async with ScriptedServer([*talk.start(), stall()]) as server:
        session = connect(server, budget=Budget(minutes=1), clock=clock)
        status = console_of(session).status
        await session.start()
        await server.stalled()
        await clock.advance(61)
        await reaches(session, "closed")
        server.resume()
    with pytest.raises(SessionClosedError, match="budget have passed"):
        await session.restart()
    status._refresh(session)
    assert status.status["can_restart"] is False
    send(status, {"type": "restart", "keep_talk": True})
    await until(session, lambda: "budget have passed" in session.runtime.core.notices[-1].text)
    again = second_talk()
    async with ScriptedServer([*again.start(), stall()]) as other:
        move(session, other)
        await session.restart(budget=Budget(minutes=2))
        await other.stalled()
        await clock.advance(61)
        await reaches(session, "closed")
        other.resume()


async def test_the_console_starts_it_again_and_works_on(connect: Open) -> None:
    session, again = await talked(connect), second_talk()
    console = console_of(session)
    await until_shown(session, lambda: not console.transcript.can_say)
    assert "over" in console.transcript.placeholder
    assert console.status.status["can_restart"] is True
    async with ScriptedServer([*again.start(), *put_back(*TURN), *again.text_turn("And now?", "Yes.")]) as server:
        move(session, server)
        send(console.status, {"type": "restart", "keep_talk": True})
        send(console.status, {"type": "restart", "keep_talk": True})  # a double click
        await reaches(session, "listening")
        await until_shown(session, lambda: console.transcript.can_say)
        send(console.transcript, {"type": "say", "text": "And now?"})
        await server.finished()
        await until_shown(session, lambda: "Yes." in session.transcript)
        assert len(server.paths) == 1
        await session.close()


async def until_shown(session: RealtimeSession, condition: Any) -> None:
    """Wait for what the widgets show: they are refreshed a little after a change."""
    async with asyncio.timeout(20):
        while not condition():
            shared_engine().call(session.runtime.changed)
            await asyncio.sleep(0.02)


async def test_nothing_is_left_of_a_session_that_was_started_again() -> None:
    async def shown() -> list[weakref.ref[Any]]:
        talk, again = Talk(), second_talk()
        async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello there!")]) as server:
            session = RealtimeSession(endpoint=server.url, tools=[add])
            console_of(session)
            await session.ask("Hi")
            await session.close()
        first = weakref.ref(session.runtime.core)
        call = again.function_call_turn("Add", [Call("add", {"first": 1, "second": 2}, "3")], "Three.")
        async with ScriptedServer([*again.start(), *call]) as other:
            move(session, other)
            await session.restart(keep_talk=False)
            await session.ask("Add")
            await session.close()
        return [first, weakref.ref(session), weakref.ref(session.runtime), weakref.ref(session.runtime.core)]

    refs = await shown()
    async with asyncio.timeout(30):
        while any(each() for each in refs) or any("realtime-tool" in each.name for each in threading.enumerate()):
            gc.collect()
            await asyncio.sleep(0.02)
