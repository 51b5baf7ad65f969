from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.playback.pacing import Block
from realtime_widgets.runtime.sound.speakers import InstantSpeaker, VirtualPlayer, VirtualSpeaker

A, B = Part("a", 0), Part("b", 0)


class Listener:
    def __init__(self) -> None:
        self.positions: list[list[PlayedTo]] = []
        self.final: asyncio.Future[list[PlayedTo]] = asyncio.get_running_loop().create_future()
        self.changed = asyncio.Event()

    def played(self, positions: list[PlayedTo]) -> None:
        self.positions.append(positions)
        self.changed.set()

    def silenced(self, positions: list[PlayedTo]) -> None:
        self.final.set_result(positions)


@given(st.lists(st.integers(0, 50), max_size=8), st.lists(st.integers(0, 60), max_size=8))
def test_the_virtual_player_plays_everything_once_and_in_order(sizes: list[int], times: list[int]) -> None:
    player = VirtualPlayer()
    whole = b""
    for index, size in enumerate(sizes):
        pcm = bytes([index, 0]) * size
        whole += pcm
        player.push(Block(A if index % 2 else B, pcm))
    for time in times:
        player.advance(time)
    passed = sum(times)
    assert bytes(player.heard) == whole[: 2 * passed]
    assert sum(played for _, played in player.positions()) == min(passed, len(whole) // 2)
    assert player.idle == (passed >= len(whole) // 2)


def test_a_cleared_player_forgets_what_was_queued() -> None:
    player = VirtualPlayer()
    player.push(Block(A, bytes(20)))
    player.advance(4)
    assert player.clear() == [PlayedTo(A, 4)]
    player.advance(10)
    assert (player.idle, player.positions(), len(player.heard)) == (True, [], 8)


def test_a_part_that_goes_on_in_a_cleared_player_keeps_its_positions() -> None:
    player = VirtualPlayer()
    player.push(Block(A, bytes(20)))
    player.advance(4)
    player.clear()
    player.push(Block(A, bytes(12), start=4))
    player.advance(3)
    assert player.positions() == [PlayedTo(A, 7)]
    player.advance(3)
    assert (player.idle, len(player.heard)) == (True, 20)


async def test_the_instant_speaker_has_heard_everything_at_once() -> None:
    speaker, listener = InstantSpeaker(), Listener()
    speaker.attach(listener)
    speaker.play(Block(A, bytes(20)))
    speaker.play(Block(A, bytes(10), last=True, start=10))
    assert listener.positions == []  # not while the session still deals with the block
    await listener.changed.wait()
    assert listener.positions[-1] == [PlayedTo(A, 15)]
    speaker.silence()
    assert await listener.final == [PlayedTo(A, 15)]


async def test_the_virtual_speaker_plays_as_time_goes_by() -> None:
    speaker, listener = VirtualSpeaker(tick_ms=1), Listener()
    speaker.attach(listener)
    pcm = bytes(range(1, 241)) * 2
    speaker.play(Block(A, pcm))
    while not listener.positions or listener.positions[-1] != [PlayedTo(A, 240)]:
        listener.changed.clear()
        await listener.changed.wait()
    assert speaker.heard() == pcm


async def test_a_silenced_virtual_speaker_stops_where_it_was() -> None:
    speaker, listener = VirtualSpeaker(tick_ms=1), Listener()
    speaker.attach(listener)
    speaker.play(Block(A, bytes(24000 * 2)))
    await listener.changed.wait()
    speaker.silence()
    [(part, played)] = await listener.final
    assert part == A
    assert 0 < played < 24000
    assert len(speaker.heard()) == played * 2


async def test_a_detached_speaker_says_nothing() -> None:
    speaker, listener = VirtualSpeaker(tick_ms=1), Listener()
    speaker.attach(listener)
    speaker.play(Block(A, bytes(240)))
    speaker.detach()
    speaker.silence()
    await asyncio.sleep(0)
    assert listener.positions == []
    assert not listener.final.done()
