"""A recorded talk: spoken, interrupted, with tool calls, one of which fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import Recording
from realtime_widgets.testing import Call, ScriptedServer, Talk, tone
from tests.session.watching import HEARD, SOUND, hears

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from tests.conftest import Open


def add(first: int, second: int) -> int:
    """Add two numbers."""
    print("adding")
    return first + second


async def divide(number: int, by: int) -> float:
    """Divide two numbers."""
    return number / by


STORY = tone(2_000)


@pytest.fixture
def recorded(connect: Open, tmp_path: Path) -> Callable[[], Coroutine[Any, Any, Recording]]:
    async def make() -> Recording:
        talk = Talk()
        error = '{"error": "ZeroDivisionError: division by zero"}'
        turns = [
            *talk.barge_in_turn("Tell me", "Once upon a time", "Stop", "All right", audio=STORY, after_done=True),
            *talk.function_call_turn("1 + 2 <b>?", [Call("add", {"first": 1, "second": 2}, "3")], "Three."),
            *talk.function_call_turn("1 / 0?", [Call("divide", {"number": 1, "by": 0}, error)], "No."),
        ]
        async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), HEARD, *turns]) as server:
            session = connect(server, tools=[add, divide], model="gpt-realtime-2.1")
            session.record(tmp_path / "talk.rwz", sources=True)
            talking = asyncio.create_task(session.talk(SOUND, rate=24_000))
            await server.stalled()
            await hears(session, 12_000)
            server.resume()
            await talking
            await session.ask("1 + 2 <b>?")
            await session.ask("1 / 0?")
            await session.close()
        return Recording.load(tmp_path / "talk.rwz")

    return make
