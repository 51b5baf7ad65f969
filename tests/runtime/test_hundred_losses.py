"""A talk over real sockets that are cut a hundred times, at random points."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.protocol import events as ev
from tests.core.service import Plan, Service

if TYPE_CHECKING:
    from tests.conftest import Open

CUTS = 100


class CutService:
    """The model of the service behind real sockets; each connection is cut after some frames, CUTS times."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.service = Service()
        self.service.plans.extend(
            Plan(self.chance.random() < 0.8, self.chance.choice([0, 0, 0, 1, 2])) for _ in range(5000)
        )
        self.cuts = 0

    async def handle(self, connection: ServerConnection) -> None:
        service = self.service = self.service.successor()
        service.created()
        left = self.chance.randint(1, 60) if self.cuts < CUTS else 10**9
        try:
            while True:
                while service.out:
                    if left == 0:
                        self.cuts += 1
                        connection.transport.abort()
                        return
                    left -= 1
                    await connection.send(msgspec.json.encode(service.out.popleft()).decode())
                try:
                    async with asyncio.timeout(0.002 if service.active else None):
                        self.take(json.loads(await connection.recv()))
                except TimeoutError:
                    service.step()
        except ConnectionClosed:
            pass

    def take(self, data: dict[str, Any]) -> None:
        if data["type"] == "session.update":
            self.service.out.append(ev.SessionUpdated(session=data["session"]))
        elif data["type"] != "input_audio_buffer.append":
            self.service.take(msgspec.convert(data, type=ev.CLIENT_EVENTS[data["type"]]))


async def test_every_question_is_answered_through_a_hundred_losses(connect: Open) -> None:
    """Invariant 8."""
    cutting = CutService(seed=7)

    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    async with serve(cutting.handle, "127.0.0.1", 0, close_timeout=0.2) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        session = connect(url, tools=[double], turn_detection="push_to_talk")
        session.runtime.reconnector.policy = ReconnectPolicy(
            first_delay_s=0.001, longest_delay_s=0.01, losses=CUTS, repeats=CUTS
        )
        asked = 0
        await session.start()
        while cutting.cuts < CUTS and asked < 2000:
            reply = await session.ask(f"Question {asked}")
            assert reply.question == f"Question {asked}"
            asked += 1
        await session.ask("The last question")
        assert cutting.cuts == CUTS
        texts = [text for text in cutting.service.items.values() if "uestion" in text]
        assert texts == [*(f"Question {number}" for number in range(asked)), "The last question"]
        assert [line.text for line in session.conversation if line.role == "user"] == texts
