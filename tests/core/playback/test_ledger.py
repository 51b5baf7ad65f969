"""What was heard of each answer, from the positions that the player tells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.playback.ledger import Cut, Part, PlaybackLedger, PlayedTo, to_ms

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
    assert ledger.silenced([PlayedTo(A, 100 * MS + MS - 1)], 1) == [Cut(A, 100, 1000)]
    assert ledger.silenced([PlayedTo(A, 300 * MS)]) == []
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
    assert ledger.silenced([], 1) == [Cut(B, 0, 100)]
    assert ledger.playing == [later]


def test_a_player_that_falls_silent_by_itself_ends_everything() -> None:
    ledger = ledger_with()
    assert ledger.silenced([]) == [Cut(A, 0, 1000)]


def test_there_is_nothing_to_stop_where_nothing_plays() -> None:
    assert not PlaybackLedger().stop(1)
    assert PlaybackLedger().silenced([PlayedTo(A, 4)]) == []


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
                ledger.resume()
            case "give up":
                ledger.discard([A])
            case "answer" if answers == silences:
                pass
            case "answer" | "end":
                answers += step == "answer"
                for cut in ledger.silenced([PlayedTo(A, samples)], answers if step == "answer" else 0):
                    assert cut.heard_ms <= cut.received_ms == to_ms(state.received)
        assert before <= state.heard <= state.sent <= state.received
        before = state.heard


def test_a_part_that_was_heard_whole_before_the_player_stopped_is_not_cut() -> None:
    ledger = ledger_with(sent=1000 * MS)
    ledger.completed(A)
    assert ledger.stop(1)
    assert ledger.silenced([PlayedTo(A, 1000 * MS)], 1) == []
    state = ledger.state(A)
    assert state is not None
    assert (state.phase, ledger.playing, ledger.kept) == ("heard", [], [])


def test_a_part_of_which_nothing_is_left_is_not_cut_when_the_rest_is_given_up() -> None:
    ledger = ledger_with(sent=1000 * MS)
    assert ledger.stop(1, keep=True)
    assert ledger.silenced([PlayedTo(A, 1000 * MS)], 1) == [Cut(A, 1000, 1000)]
    assert ledger.kept == [A]
    ledger.completed(A)
    assert ledger.discard([A]) == []
    state = ledger.state(A)
    assert state is not None
    assert (state.phase, ledger.kept) == ("heard", [])
