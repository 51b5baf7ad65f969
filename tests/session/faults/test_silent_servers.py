"""Servers that leave the session without an answer, or without ids, over a real socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.turn_taking import patience
from realtime_widgets.errors import ResponseFailedError
from realtime_widgets.testing import ManualClock
from tests.session.bare_server import BareServer
from tests.session.watching import notices, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open
    from tests.session.bare_server import Event


def completed(number: int, **fields: Any) -> list[Event]:
    """An answer whose response has no id."""
    content = [{"type": "output_text", "text": f"Answer {number}"}]
    item = {"id": f"item_{number}", "type": "message", "role": "assistant", "content": content}
    return [
        {"type": "response.created", "response": {"status": "in_progress"}, **fields},
        {"type": "response.output_item.done", "item": {**item, "status": "completed"}},
        {"type": "response.done", "response": {"status": "completed", "usage": {"total_tokens": 5}}},
    ]


async def asked(session: RealtimeSession) -> asyncio.Task[Any]:
    """Ask, and wait until the request is on its way."""
    asking = asyncio.create_task(session.ask("Hi"))
    await until(session, lambda: session.runtime.core.activity == "thinking")
    return asking


def then_answers(first_events: list[Event]) -> Callable[[int], list[Event]]:
    return lambda number: first_events if number == 1 else completed(number)


async def test_a_request_that_is_ignored_fails_and_the_next_is_answered(connect: Open) -> None:
    clock = ManualClock()
    async with BareServer(then_answers([])).running() as server:
        session = connect(server.url, clock=clock)
        asking = await asked(session)
        await clock.advance(patience.BEGIN_S)
        with pytest.raises(ResponseFailedError, match="did not begin an answer within 60 s"):
            await asking
        assert (await session.ask("And?")).text == "Answer 2"


async def test_an_error_without_a_name_fails_the_request_in_its_own_words(connect: Open) -> None:
    clock = ManualClock()
    refusal = {"type": "error", "error": {"type": "server_error", "message": "The GPU is on fire."}}
    async with BareServer(then_answers([refusal])).running() as server:
        session = connect(server.url, clock=clock)
        asking = await asked(session)
        await until(session, lambda: bool(session.runtime.core.notices))
        await clock.advance(patience.ERROR_S)
        with pytest.raises(ResponseFailedError, match="The GPU is on fire"):
            await asking
        assert notices(session) == ["The GPU is on fire."]
        assert (await session.ask("And?")).text == "Answer 2"


async def test_stop_ends_a_response_that_the_server_does_not_end(connect: Open) -> None:
    clock = ManualClock()
    begun = [{"type": "response.created", "response": {"id": "r1", "status": "in_progress"}}]
    async with BareServer(then_answers(begun)).running() as server:
        session = connect(server.url, clock=clock)
        asking = await asked(session)
        await until(session, lambda: bool(session.runtime.core.conversation.responses))
        session.interrupt()
        await until(session, lambda: True)
        await clock.advance(patience.STOP_S)
        assert (await asking).interrupted
        assert session.state == "listening"
        assert (await session.ask("And?")).text == "Answer 2"


async def test_a_server_without_ids_of_responses_answers_every_question(connect: Open) -> None:
    async with BareServer(completed).running() as server:
        session = connect(server.url)
        for number in (1, 2, 3):
            reply = await session.ask("Hi")
            assert (reply.text, reply.usage.input_tokens) == (f"Answer {number}", 0)
        assert len(session.usage_by_turn) == 3
        assert session.state == "listening"
