"""What is held of a person's speech while there is no connection, and what is said again."""

from __future__ import annotations

from realtime_widgets.held_input import HeldInput
from realtime_widgets.input_keeper import InputKeeper

MS = 48  # bytes


def block(number: int, ms: int = 100) -> bytes:
    return bytes([number]) * (ms * MS)


def test_sound_and_presses_come_back_in_order() -> None:
    held = HeldInput()

    def press() -> None:
        pass

    held.sound(block(1))
    held.action(press)
    held.sound(block(2))
    assert list(held.drain()) == [block(1), press, block(2)]
    assert list(held.drain()) == []
    assert held.lost_ms() == 0


def test_the_oldest_sound_is_lost_first_and_said_to_be_a_press_never() -> None:
    held = HeldInput(limit_ms=250)

    def press() -> None:
        pass

    held.action(press)
    for number in range(5):
        held.sound(block(number))
    assert list(held.drain()) == [press, block(3), block(4)]
    assert held.lost_ms() == 300
    assert held.lost_ms() == 0


def test_an_unanswered_turn_is_said_again_from_its_start() -> None:
    keeper = InputKeeper()
    for number in range(20):
        keeper.appended(block(number))
    keeper.started("u1", 700)
    assert keeper.again(["u1"], lead=True) == (b"".join(block(number) for number in range(7, 20)), ["u1"])
    assert keeper.again([], lead=True) == (b"", [])


def test_an_answered_turn_is_not_said_again() -> None:
    keeper = InputKeeper(lead_ms=200)
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
    keeper = InputKeeper(limit_ms=500)
    keeper.started("u1", 0)
    for number in range(20):
        keeper.appended(block(number))
    sound, whole = keeper.again(["u1"], lead=False)
    assert (sound, whole) == (b"", [])


def test_a_held_button_is_said_again_from_where_it_was_pressed() -> None:
    keeper = InputKeeper()
    keeper.appended(block(1))
    keeper.pressed()
    keeper.appended(block(2))
    keeper.committed("u1")
    keeper.appended(block(3))
    assert keeper.again(["u1"], lead=False) == (block(2) + block(3), ["u1"])
