"""Sound is released to the player a bounded time ahead: each sample once, and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.playback.ledger import Part
from realtime_widgets.core.playback.pacing import Block, Pacer

A, B = Part("a", 0), Part("b", 0)
MS = 24  # samples


def test_the_pacer_keeps_within_its_lead() -> None:
    pacer = Pacer(ahead_ms=200, block_ms=50)
    pacer.push(A, b"\1\0" * 1000 * MS)
    first = pacer.release(0)
    assert [len(block.pcm) // 2 for block in first] == [50 * MS] * 4
    assert pacer.release(200 * MS) == []
    assert len(pacer.release(150 * MS)) == 1


def test_the_end_of_a_part_follows_its_last_block() -> None:
    pacer = Pacer(ahead_ms=100, block_ms=50)
    pacer.push(A, b"\1\0" * 120 * MS)
    pacer.finish(A)
    assert not any(block.last for block in pacer.release(0))
    rest = pacer.release(0)
    assert [block.last for block in rest] == [False, True]
    assert rest[-1] == Block(A, b"", last=True)
    assert pacer.release(0) == []


def test_a_cleared_pacer_gives_nothing() -> None:
    pacer = Pacer()
    pacer.push(A, b"\1\0" * 100)
    pacer.finish(A, 100)
    pacer.clear()
    assert pacer.release(0) == []


def test_what_is_put_back_comes_first_and_what_is_dropped_never() -> None:
    pacer = Pacer()
    pacer.push(A, b"\1\0" * 100, 50)
    pacer.push(B, b"\2\0" * 100)
    rest = Block(A, b"\1\0" * 50, start=0).after(20)
    assert rest == Block(A, b"\1\0" * 30, start=20)
    pacer.put_back([rest])
    assert [(block.part, block.start) for block in pacer.release(0)] == [(A, 20), (A, 50), (B, 0)]
    pacer.push(A, b"\1\0")
    pacer.push(B, b"\2\0")
    pacer.drop([A])
    assert [block.part for block in pacer.release(0)] == [B]


def test_of_a_block_that_was_heard_only_the_end_of_its_part_is_left() -> None:
    assert Block(A, bytes(20), start=5).after(15) is None
    assert Block(A, b"", last=True, start=15).after(15) == Block(A, b"", last=True, start=15)
    assert Block(A, bytes(20), start=5).after(2) == Block(A, bytes(20), start=5)


@given(st.lists(st.integers(0, 9000), max_size=10), st.integers(20, 500), st.integers(5, 200))
def test_every_sample_comes_out_once_and_in_order(sizes: list[int], ahead_ms: int, block_ms: int) -> None:
    pacer = Pacer(ahead_ms, block_ms)
    sounds = [bytes([index % 255 + 1, 0]) * size for index, size in enumerate(sizes)]
    for sound in sounds:
        pacer.push(A, sound)
    pacer.finish(A)
    out: list[Block] = []
    while blocks := pacer.release(0):
        assert sum(len(block.pcm) for block in blocks) <= (ahead_ms + block_ms) * MS * 2
        out += blocks
    assert b"".join(block.pcm for block in out) == b"".join(sounds)
    assert [block.last for block in out] == [False] * (len(out) - 1) + [True]
