from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.playback import Block, Cut, Pacer, Part, PlaybackLedger, PlayedTo, to_ms

A, B = Part("a", 0), Part("b", 0)
MS = 24  # samples


def ledger_with(part: Part = A, received: int = 1000 * MS, sent: int = 500 * MS) -> PlaybackLedger:
    ledger = PlaybackLedger()
    ledger.received(part, received)
    ledger.sent(part, sent)
    return ledger


def heard(ledger: PlaybackLedger, part: Part = A) -> int:
    state = ledger.state(part)
    assert state is not None
    return state.heard


def test_what_was_heard_only_grows_and_never_exceeds_what_was_sent() -> None:
    ledger = ledger_with()
    assert ledger.report([PlayedTo(A, 100 * MS)])
    assert not ledger.report([PlayedTo(A, 50 * MS)])
    assert heard(ledger) == 100 * MS
    assert ledger.report([PlayedTo(A, 9000 * MS), PlayedTo(B, 5)])
    assert heard(ledger) == 500 * MS
    assert ledger.state(B) is None


def test_an_answer_plays_until_its_last_sample_was_heard() -> None:
    ledger = ledger_with(sent=1000 * MS)
    ledger.report([PlayedTo(A, 1000 * MS)])
    assert ledger.playing == [A]
    ledger.completed(A)
    assert ledger.playing == []
    ledger.completed(B)
    assert ledger.state(B) is None


def test_a_cut_tells_what_was_heard_rounded_down() -> None:
    ledger = ledger_with()
    ledger.stop(1)
    assert ledger.cut([PlayedTo(A, 100 * MS + MS - 1)], 1) == [Cut(A, 100, 1000)]
    assert ledger.cut([PlayedTo(A, 300 * MS)]) == []
    assert heard(ledger) == 100 * MS + MS - 1
    assert ledger.playing == []
    assert ledger.ahead() == 0


def test_a_cut_leaves_alone_what_was_heard_whole_and_what_began_since() -> None:
    ledger = ledger_with(sent=1000 * MS)
    ledger.completed(A)
    ledger.report([PlayedTo(A, 1000 * MS)])
    ledger.received(B, 100 * MS)
    assert ledger.stop(1)
    assert not ledger.stop(2)
    later = Part("c", 0)
    ledger.received(later, 50 * MS)
    ledger.sent(later, 50 * MS)
    assert ledger.ahead() == 50 * MS
    assert ledger.cut([], 1) == [Cut(B, 0, 100)]
    assert ledger.playing == [later]


def test_a_player_that_falls_silent_by_itself_ends_everything() -> None:
    ledger = ledger_with()
    assert ledger.cut([]) == [Cut(A, 0, 1000)]


def test_there_is_nothing_to_stop_where_nothing_plays() -> None:
    assert not PlaybackLedger().stop(1)
    assert PlaybackLedger().cut([PlayedTo(A, 4)]) == []


def test_parts_of_an_item_come_in_order() -> None:
    ledger = PlaybackLedger()
    for index in (2, 0, 1):
        ledger.received(Part("a", index), index)
    assert [part.content_index for part, _ in ledger.item_parts("a")] == [0, 1, 2]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["receive", "send", "report", "stop", "keep", "answer", "end", "go on", "give up"]),
            st.integers(0, 5000),
        ),
        max_size=40,
    )
)
def test_heard_is_never_more_than_received_and_never_falls(steps: list[tuple[str, int]]) -> None:
    """Invariant 4."""
    silences = answers = 0
    ledger = PlaybackLedger()
    ledger.received(A, 0)
    before = 0
    for step, samples in steps:
        state = ledger.state(A)
        assert state is not None
        match step:
            case "receive":
                ledger.received(A, samples)
            case "send":
                ledger.sent(A, min(samples, state.received - state.sent))
            case "report":
                ledger.report([PlayedTo(A, samples)])
            case "stop" | "keep":
                silences += ledger.stop(silences + 1, keep=step == "keep")
            case "go on":
                ledger.go_on()
            case "give up":
                ledger.give_up([A])
            case "answer" if answers == silences:
                pass
            case "answer" | "end":
                answers += step == "answer"
                for cut in ledger.cut([PlayedTo(A, samples)], answers if step == "answer" else 0):
                    assert cut.heard_ms <= cut.received_ms == to_ms(state.received)
        assert before <= state.heard <= state.sent <= state.received
        before = state.heard


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
