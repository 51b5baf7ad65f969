from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.tools.execution.lifecycle import (
    Admitted,
    Approved,
    CallLife,
    Checked,
    Denied,
    Finished,
    LifeEvent,
    Stopped,
)

EVENTS = st.lists(
    st.sampled_from(
        [
            Checked(ask=True),
            Checked(ask=False),
            Approved(),
            Denied("nobody answered"),
            Denied("no"),
            Admitted(),
            Stopped("too long"),
            Stopped("cancelled"),
            Finished(),
        ]
    ),
    max_size=12,
)


def live(*events: LifeEvent) -> tuple[CallLife, list[str]]:
    life = CallLife()
    return life, [effect for event in events for effect in life.step(event)]


@given(EVENTS)
def test_no_order_of_events_gives_more_than_one_output_or_runs_unasked_code(events: list[LifeEvent]):
    life, effects = live(*events)
    assert effects.count("deliver") == (life.phase == "ended")
    for once in ("ask", "queue", "start", "abort"):
        assert effects.count(once) <= 1
    if "deliver" in effects:
        assert effects[-1] == "deliver"
    if "start" in effects and "ask" in effects:
        assert any(isinstance(event, Approved) for event in events)
    if life.phase == "ended" and not life.reason:
        assert "start" in effects


@given(EVENTS)
def test_whatever_happened_before_giving_up_ends_it(events: list[LifeEvent]):
    life, effects = live(*events, Stopped("the end"))
    assert effects.count("deliver") == 1
    assert life.phase == "ended"


@given(EVENTS)
def test_a_call_that_is_let_run_ends_with_its_code(events: list[LifeEvent]):
    _, effects = live(*events, Checked(ask=False), Approved(), Admitted(), Finished())
    assert effects.count("deliver") == 1


@pytest.mark.parametrize("late", [Denied("too late"), Approved(), Checked(ask=True)])
def test_an_answer_that_comes_too_late_changes_nothing(late: LifeEvent):
    life, _ = live(Checked(ask=True), Approved(), Admitted())
    assert life.step(late) == []
    assert life.step(Finished()) == ["deliver"]
    assert life.reason == ""
