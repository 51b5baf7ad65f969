"""A connection that is lost again and again: what is tried, and paid, again has a bound."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets import Budget, Price
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.errors import ConnectionFailedError, ResponseFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.runtime.reconnector import Reconnector
from tests.core import wire
from tests.core.client import Client
from tests.session.watching import notices, reaches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.conftest import Open

QUICK = ReconnectPolicy(first_delay_s=0.001, longest_delay_s=0.001)
PRICE = {"m": Price(text_in=1.0, text_out=1.0, audio_out=1.0)}


class BreakingServer:
    """Breaks every connection in the middle of an answer, or as soon as it is configured."""

    def __init__(self, code: int | None, *, at_once: bool = False, begins: bool = True) -> None:
        self.code, self.at_once, self.begins = code, at_once, begins
        self.connections = self.requests = 0
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[BreakingServer]:
        async with serve(self._handle, "127.0.0.1", 0, close_timeout=0.2) as server:
            self.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
            yield self

    async def _handle(self, connection: ServerConnection) -> None:
        self.connections += 1
        try:
            await connection.send(json.dumps({"type": "session.created", "session": {"model": "m"}}))
            async for frame in connection:
                match json.loads(frame):
                    case {"type": "session.update", "session": session}:
                        await connection.send(json.dumps({"type": "session.updated", "session": session}))
                        if self.at_once:
                            await self._break(connection)
                    case {"type": "conversation.item.create", "item": item}:
                        done = {
                            "type": "conversation.item.done",
                            "item": {"id": "q1", **item, "status": "completed"},
                        }
                        await connection.send(json.dumps(done))
                    case {"type": "response.create"}:
                        self.requests += 1
                        for event in self._answer() if self.begins else []:
                            await connection.send(json.dumps(event))
                        await self._break(connection)
        except ConnectionClosed:
            pass

    def _answer(self) -> list[dict[str, Any]]:
        response = {"id": f"r{self.requests}", "status": "in_progress"}
        words = {"item_id": f"a{self.requests}", "response_id": response["id"], "delta": "Well, " * 20}
        return [
            {"type": "response.created", "response": response},
            {"type": "response.output_text.delta", **words},
        ]

    async def _break(self, connection: ServerConnection) -> None:
        if self.code is None:
            connection.transport.abort()
        else:
            await connection.close(self.code, "internal error")


@pytest.mark.parametrize("code", [None, 1011, 1012])
@pytest.mark.parametrize("begins", [True, False])
async def test_a_turn_that_breaks_each_connection_is_given_up(
    connect: Open, code: int | None, begins: bool
) -> None:
    async with BreakingServer(code, begins=begins).running() as server:
        session = connect(server.url)
        session.runtime.reconnector.policy = QUICK
        with pytest.raises(ResponseFailedError, match="lost 4 times while this was being answered") as caught:
            await session.ask("Well?")
        assert caught.value.code == "connection_lost"
        await reaches(session, "listening")
        assert (server.requests, server.connections) == (4, 5)
        told = notices(session)
        assert told.count("Lost with the connection: the answer to “Well?”, which is not asked for any more.") == 1
        assert len(told) <= 10


async def test_answers_that_were_lost_are_counted(connect: Open) -> None:
    async with BreakingServer(None).running() as server:
        session = connect(server.url, model="m", prices=PRICE)
        session.runtime.reconnector.policy = QUICK
        with pytest.raises(ResponseFailedError):
            await session.ask("Well?")
        # Each read "Well?" and wrote 120 characters, before the service could tell what that made.
        assert session.usage.output_tokens == 4 * 30
        assert session.usage.input_tokens >= 4 * 2
        [turn] = session.usage_by_turn
        assert turn.output_tokens >= 3 * 30


async def test_a_budget_bounds_what_is_asked_again(connect: Open) -> None:
    async with BreakingServer(None).running() as server:
        session = connect(server.url, model="m", prices=PRICE, budget=Budget(money=60e-6))
        session.runtime.reconnector.policy = QUICK
        with pytest.raises(ConnectionFailedError, match=r"the budget of .* is used up"):
            await session.ask("Well?")
        assert session.state == "closed"
        assert (server.requests, server.connections) == (2, 2)


async def test_connections_that_are_lost_at_once_are_not_tried_for_ever(connect: Open) -> None:
    async with BreakingServer(1011, at_once=True).running() as server:
        session = connect(server.url)
        session.runtime.reconnector.policy = QUICK
        await session.start()
        await reaches(session, "closed")
        assert server.connections == 11
        assert "the 11th connection in a row that was lost at once" in notices(session)[-1]


class Waits:
    """A clock that notes what is waited for, and does not wait."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


async def test_waits_grow_over_losses_until_a_connection_lasts() -> None:
    async def attempt() -> None:
        pass

    clock = Waits()
    reconnector = Reconnector(ReconnectPolicy(), clock)  # type: ignore[arg-type]
    lost = ConnectionFailedError("lost", close_code=1006)
    for _ in range(5):
        assert await reconnector.reconnect(attempt, lost, embedded=False) == ""
    assert clock.waits[0] == 0
    assert all(
        1.0 <= later / earlier <= 4.0 for earlier, later in zip(clock.waits[1:], clock.waits[2:], strict=False)
    )
    assert 2.0 <= clock.waits[4] <= 4.0
    clock.now += ReconnectPolicy().stable_s
    assert await reconnector.reconnect(attempt, lost, embedded=False) == ""
    assert clock.waits[5] == 0
    reconnector.lasts()
    assert await reconnector.reconnect(attempt, lost, embedded=False) == ""
    assert clock.waits[6] == 0


def test_speech_that_breaks_each_connection_is_said_again_a_number_of_times() -> None:
    client = Client()
    detection = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    said = []
    for number in range(6):
        client.receive(wire.event("session.created", session=detection))
        if number == 0:
            client.core.append_audio(bytes(48_000))
        else:
            said.append("input_audio_buffer.append" in client.do(client.core.resume()))
        if number == 0 or said[-1]:
            user = f"u{number}"
            client.receive(
                wire.speech_started(user), wire.committed(user), wire.created(f"r{number}"), wire.words("a", "W")
            )
        client.do(client.core.lost())
    assert said == [True, True, True, False, False]
    assert client.core.quiet()
    assert all(turn.done for turn in client.core.turns.values())
    assert [turn.error for turn in client.core.turns.values()] == [
        "the connection was lost and what you said with it; say it again"
    ]
    assert not any(isinstance(event, ev.ResponseCreate) for event in client.sent)
