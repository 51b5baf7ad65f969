"""A lost connection: what a person notices, over real sockets."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.runtime.reconnector import Reconnector
from realtime_widgets.testing import ScriptedServer, Talk, close, reconnect, stall
from tests.session.second_session import HISTORY, put_back, second_talk
from tests.session.watching import notices, reaches

if TYPE_CHECKING:
    from tests.conftest import Open


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013])
async def test_a_server_that_goes_away_for_a_moment_is_tried_again(connect: Open, code: int) -> None:
    steps = [*Talk().start(), stall(), close(code, "later"), reconnect(), *Talk().start(), stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        await server.stalled()
        server.resume()
        await server.stalled()
        await reaches(session, "listening")


@pytest.mark.parametrize("code", [1000, 1008, 3000, 4000])
async def test_a_server_that_wants_no_more_ends_the_session_at_once(connect: Open, code: int) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], close(code, "enough")]) as server:
        session = connect(server)
        with pytest.raises(ConnectionFailedError, match=f"{code}: enough"):
            await session.ask("Hi")
        assert session.state == "closed"


async def test_whoever_waits_is_told_when_it_is_given_up(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], stall()]) as server:
        session = connect(server)
        session.runtime.reconnector.policy = ReconnectPolicy(limit_s=0.2, first_delay_s=0.05)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.stalled()
    # The server is gone for good.
    with pytest.raises(ConnectionFailedError, match="connecting again failed"):
        await asking
    assert session.state == "closed"


async def test_the_session_moves_before_its_time_is_over(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    # It moves in the last quarter of that time, and before that it is asked and answers.
    end = time.time() + 4.0
    steps = [*talk.start(expires_at=end), *talk.text_turn("Hi", "Hello"), reconnect(), *Talk().start()]
    async with ScriptedServer([*steps, *put_back(*HISTORY), stall(), *later.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        await session.ask("Hi")
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("And?")).text == "Yes"
        assert any("before the session's time was over" in text for text in notices(session))
        assert not any("lost" in text for text in notices(session))


async def test_closing_ends_the_attempts(connect: Open) -> None:
    async with ScriptedServer([*Talk().start(), stall()]) as server:
        session = connect(server)
        await session.start()
    await reaches(session, "reconnecting")
    await session.close()
    assert session.state == "closed"


async def test_a_move_is_given_up_if_the_connection_is_lost_meanwhile() -> None:
    reconnector = Reconnector(ReconnectPolicy(), REAL_CLOCK)
    closed, moved = list[object](), list[object]()

    class Opened:
        async def close(self) -> None:
            closed.append(self)

    async def attempt() -> None:
        pass

    async def connect() -> Any:
        lost = ConnectionFailedError("lost", close_code=1006)
        assert await reconnector.reconnect(attempt, lost, embedded=False) == ""
        return Opened()

    async def quiet(limit_s: float) -> None:
        pass

    async def move(connection: object) -> None:
        moved.append(connection)

    await reconnector.hand_over(time.time() + 0.2, quiet, connect, move)
    assert (len(closed), moved) == (1, [])
