"""Work that shall save time is left undone where it takes too long, and tried again later."""

from __future__ import annotations

from realtime_widgets.local.inference.worth import Worth


def test_quick_work_is_always_done() -> None:
    worth = Worth(0.2)
    for _ in range(50):
        assert worth.ask()
        worth.took(0.06)


def test_one_slow_time_is_forgiven_after_a_few_tries() -> None:
    worth = Worth(0.2)
    worth.took(0.5)
    left_out = [worth.ask() for _ in range(10)].count(False)
    assert 0 < left_out < 10
    worth.took(0.06)
    assert worth.ask()


def test_work_that_is_always_slow_is_seldom_done() -> None:
    worth = Worth(0.2)
    done = 0
    for _ in range(200):
        if worth.ask():
            done += 1
            worth.took(1.0)
    assert 1 < done < 20
