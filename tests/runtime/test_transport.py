from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.runtime.transport import MAX_UNSENT, Transport

if TYPE_CHECKING:
    from realtime_widgets.protocol.wire.connection import Connection


class SlowConnection:
    """Takes events when it is told to."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[ev.ClientEvent] = asyncio.Queue()
        self.may_take = asyncio.Semaphore(0)
        self.lost = asyncio.Event()

    async def send(self, event: ev.ClientEvent) -> None:
        await self.may_take.acquire()
        self.taken.put_nowait(event)

    async def receive(self) -> ev.AnyServerEvent:
        await self.lost.wait()
        raise ConnectionFailedError("gone", close_code=1006)

    async def close(self) -> None:
        self.lost.set()


def opened(
    connection: SlowConnection, jams: list[bool], lost: asyncio.Queue[Transport] | None = None
) -> Transport:
    lost = lost or asyncio.Queue()
    return Transport(
        cast("Connection", connection), lambda event: None, jams.append, lost.put_nowait, asyncio.create_task
    )


async def test_a_queue_that_is_full_has_no_room_for_sound_and_says_so_once() -> None:
    connection, jams = SlowConnection(), list[bool]()
    transport = opened(connection, jams)
    while transport.has_room():
        transport.send(ev.InputAppend(audio=bytes(960)))
    assert not transport.has_room()
    assert jams == [True]
    transport.send(ev.InputCommit())  # anything else always goes out, in order
    for _ in range(MAX_UNSENT + 1):
        connection.may_take.release()
    taken = [await connection.taken.get() for _ in range(MAX_UNSENT + 1)]
    assert isinstance(taken[-1], ev.InputCommit)
    assert transport.has_room()
    assert jams == [True, False]
    await transport.close()


async def test_a_loss_is_told_with_its_error() -> None:
    connection, lost = SlowConnection(), asyncio.Queue[Transport]()
    transport = opened(connection, [], lost)
    connection.lost.set()
    assert await lost.get() is transport
    assert transport.error is not None
    assert transport.error.close_code == 1006
    assert not transport.expired
    await transport.close()
