"""Budgets against a clock that the test winds by hand."""

from __future__ import annotations

import pytest

from realtime_widgets import Budget, ConfigurationError
from realtime_widgets.core.usage.budget import BudgetGuard, Stop, Stopwatch, Warn
from realtime_widgets.core.usage.cost import Cost, CostLine
from realtime_widgets.core.usage.usage import Usage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spent(money: float) -> Cost:
    return Cost((CostLine("audio out", money * 1e6, "tokens", 1.0),))


def used(cost: Cost, tokens: int = 0) -> Usage:
    return Usage(input_tokens=tokens, cost=cost)


def test_money_warns_once_and_then_stops_and_says_what_happened() -> None:
    guard = BudgetGuard(Budget(money=0.50), lambda: 0.0)
    assert guard.check(used(spent(0.39))) == []
    [warning] = guard.check(used(spent(0.41)))
    assert warning == Warn("Of the budget of $0.50, $0.41 is spent. The session ends when all of it is.")
    assert guard.check(used(spent(0.45))) == []
    [stop] = guard.check(used(spent(0.52)))
    assert isinstance(stop, Stop)
    assert stop.reason.startswith("the budget of $0.50 is used up, $0.52 was spent; make a new session")
    assert guard.check(used(spent(0.60))) == []


def test_reaching_the_limit_exactly_stops_whatever_rounding_does() -> None:
    guard = BudgetGuard(Budget(money=0.3), lambda: 0.0)
    assert [type(due) for due in guard.check(used(spent(0.1) + spent(0.1) + spent(0.1)))] == [Stop]


def test_minutes_warn_and_stop_by_the_clock_alone() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    guard = BudgetGuard(Budget(minutes=10, warn_at=0.9), lambda: watch.seconds)
    clock.now += 5000  # nothing counts before the session is connected
    watch.start()
    assert guard.next_check_s(Cost()) == pytest.approx(540)
    clock.now += 540
    assert guard.check(used(Cost())) == [
        Warn("Of the 10 minutes of the budget, 9 minutes have passed. The session ends after them.")
    ]
    assert guard.next_check_s(Cost()) == pytest.approx(60)
    watch.stop()
    clock.now += 5000  # nor while it is not
    watch.start()
    assert guard.check(used(Cost())) == []
    clock.now += 60
    [stop] = guard.check(used(Cost()))
    assert isinstance(stop, Stop)
    assert stop.reason.startswith("the 10 minutes of the budget have passed; ")
    assert guard.next_check_s(Cost()) is None


def test_money_that_runs_with_the_time_is_checked_when_it_is_due() -> None:
    clock = Clock()
    guard = BudgetGuard(Budget(money=0.80), lambda: clock.now - 1000)
    assert guard.next_check_s(spent(0.0), rate_per_minute=0.08) == pytest.approx(480)
    assert guard.next_check_s(spent(0.70), rate_per_minute=0.08) == pytest.approx(75)
    assert guard.next_check_s(spent(0.70)) is None


def test_what_has_no_price_is_said_once_and_does_not_stop() -> None:
    guard = BudgetGuard(Budget(money=1), lambda: 0.0)
    unpriced = spent(0.1) + Cost((CostLine("transcription", 3, "seconds", None),))
    assert guard.check(used(unpriced)) == [
        Warn("The budget of $1.00 does not count what has no price: transcription.")
    ]
    assert guard.check(used(unpriced)) == []
    assert BudgetGuard(Budget(minutes=1), lambda: 0.0).check(used(unpriced)) == []


def test_both_limits_hold() -> None:
    clock = Clock()
    guard = BudgetGuard(Budget(money=1, minutes=1), lambda: clock.now - 1000)
    clock.now += 50
    assert [type(due) for due in guard.check(used(spent(0.9)))] == [Warn, Warn]
    clock.now += 10
    [stop] = guard.check(used(spent(0.9)))
    assert isinstance(stop, Stop) and "1 minute of the budget" in stop.reason


def test_tokens_warn_and_stop() -> None:
    guard = BudgetGuard(Budget(tokens=10_000), lambda: 0.0)
    [warning] = guard.check(used(Cost(), tokens=8_500))
    assert warning == Warn("Of the budget of 10,000 tokens, 8,500 are used. The session ends when all are.")
    [stop] = guard.check(used(Cost(), tokens=10_200))
    assert isinstance(stop, Stop)
    assert stop.reason.startswith("the budget of 10,000 tokens is used up, 10,200 were used; make a new session")
    assert guard.used_up(used(Cost(), tokens=10_000)) and not guard.used_up(used(Cost(), tokens=9_999))
    assert guard.used(used(Cost(), tokens=7)) == [("tokens", 7, 10_000)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs a limit"),
        ({"money": 0}, "money must be a number above 0, not 0"),
        ({"money": "1"}, "not '1'"),
        ({"minutes": -3}, "minutes must be"),
        ({"minutes": float("nan")}, "minutes must be"),
        ({"tokens": 0}, "tokens must be"),
        ({"money": 1, "warn_at": 1.5}, "warn_at must be a share"),
        ({"money": 1, "warn_at": 0}, "warn_at must be a share"),
    ],
)
def test_what_is_no_budget_is_refused_in_words(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Budget(**arguments)  # type: ignore[arg-type]
