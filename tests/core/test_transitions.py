"""Tables of states: each can be reached, and what happens at an event that one does not know."""

from __future__ import annotations

import pytest

from devtools.diagrams import Machine, machines
from realtime_widgets.core.transitions import IllegalTransitionError, TransitionTable


@pytest.mark.parametrize("machine", machines(), ids=lambda machine: machine.title)
def test_every_state_can_be_reached(machine: Machine) -> None:
    reached, before = {machine.initial}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {after for (state, _), after in machine.rows.items() if state in before}
    assert reached == {state for state, _ in machine.rows} | set(machine.rows.values())


def test_an_event_that_a_state_does_not_know_changes_nothing_or_is_an_error() -> None:
    rows = {("shut", "open"): "ajar"}
    assert TransitionTable("shut", rows)["ajar", "open"] == "ajar"
    with pytest.raises(IllegalTransitionError, match="'open' cannot happen in the state 'ajar'"):
        TransitionTable("shut", rows, strict=True)["ajar", "open"]
