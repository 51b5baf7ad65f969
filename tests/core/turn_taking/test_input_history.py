"""What was said and not answered, to be said again over the next connection."""

from __future__ import annotations

from realtime_widgets.core.turn_taking.input_history import InputHistory

MS = 48  # bytes


def block(number: int, ms: int = 100) -> bytes:
    return bytes([number]) * (ms * MS)


def test_an_unanswered_turn_is_said_again_from_its_start() -> None:
    keeper = InputHistory()
    for number in range(20):
        keeper.appended(block(number))
    keeper.started("u1", 700)
    assert keeper.again(["u1"], lead=True) == (b"".join(block(number) for number in range(7, 20)), ["u1"])
    assert keeper.again([], lead=True) == (b"", [])


def test_an_answered_turn_is_not_said_again() -> None:
    keeper = InputHistory(lead_ms=200)
    for number in range(20):
        keeper.appended(block(number))
    keeper.started("u1", 700)
    keeper.committed("u1")
    keeper.started("u2", 1500)
    keeper.answered(speaking="u2")
    assert keeper.unanswered == ["u2"]
    keeper.answered(speaking=None)
    assert keeper.again([], lead=True)[0] == block(18) + block(19)


def test_what_is_older_than_the_bound_cannot_be_said_again() -> None:
    keeper = InputHistory(limit_ms=500)
    keeper.started("u1", 0)
    for number in range(20):
        keeper.appended(block(number))
    sound, whole = keeper.again(["u1"], lead=False)
    assert (sound, whole) == (b"", [])


def test_a_held_button_is_said_again_from_where_it_was_pressed() -> None:
    keeper = InputHistory()
    keeper.appended(block(1))
    keeper.pressed()
    keeper.appended(block(2))
    keeper.committed("u1")
    keeper.appended(block(3))
    assert keeper.again(["u1"], lead=False) == (block(2) + block(3), ["u1"])
