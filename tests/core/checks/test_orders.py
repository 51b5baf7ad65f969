"""What holds in whatever order verdicts come among everything else."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.conversation.commands import Command, RunCheck
from realtime_widgets.safety.verdict import PASS, Verdict, flag, mask, replace_by, stop
from tests.core.cases import cases
from tests.core.service import SERVICES, Service
from tests.core.world import World

VERDICTS: dict[str, Verdict] = {
    "pass": PASS,
    "flag": flag("odd"),
    "mask": mask("Hidden.", "a word"),
    "replace": replace_by("Something else.", "a word"),
    "stop": stop("a word"),
}
STEPS = st.lists(
    st.sampled_from(
        ["ask", "speak", "interrupt", "cough", "time", "write", "step", "read", "tool", "hear", "silenced"]
        + ["cut", "reconnect"]
        + ["go on"] * 4
        + [*VERDICTS] * 2
    ),
    min_size=5,
    max_size=60,
)


class CheckedWorld(World):
    def __init__(self, service: Service, **checks: Any) -> None:
        self.checks: list[str] = []
        self.newest_first: bool = checks["newest_first"]
        super().__init__(service, 1.0)
        core = self.core
        core.output_checks.used = True
        core.output_checks.on = checks["output"]
        core.output_checks.cushion_s = checks["cushion"]
        core.input_checks.on = checks["input"]

    def carry_out(self, command: Command) -> None:
        if isinstance(command, RunCheck):
            self.checks.append(command.id)
        super().carry_out(command)

    def decide(self, verdict: Verdict) -> None:
        if self.checks:
            check_id = self.checks.pop(-1 if self.newest_first else 0)
            self.do(self.core.decided(check_id, verdict))

    def play(self, steps: list[str]) -> None:
        for step in steps:
            if step in VERDICTS:
                self.decide(VERDICTS[step])
            elif step == "ask":
                self.ask()
            elif step == "speak":
                self.speak()
            elif step == "cut":
                self.cut()
            elif step == "reconnect":
                self.reconnect()
            else:
                self.act(step)

    def finish(self, verdicts: list[str]) -> None:
        """Everything that is still open ends; after these verdicts every check lets pass what it sees."""
        self.reconnect()
        if self.service.hears_speech:
            self.service.speak()
        self.settle()
        for _ in range(200):
            if not self.checks:
                return
            self.decide(VERDICTS[verdicts.pop()] if verdicts else PASS)
            self.settle()
        raise AssertionError("checks go on for ever")


@cases(150)
@given(
    SERVICES,
    STEPS,
    st.lists(st.sampled_from(list(VERDICTS)), max_size=8),
    st.sampled_from([None, 0.0, 0.2]),
    st.tuples(st.sampled_from([(True, False), (False, True), (True, True)]), st.booleans()),
)
def test_every_turn_ends_whatever_the_checks_say_and_when(
    service: Service,
    steps: list[str],
    verdicts: list[str],
    cushion: float | None,
    order: tuple[tuple[bool, bool], bool],
) -> None:
    (output, questions), newest_first = order
    world = CheckedWorld(service, output=output, input=questions, cushion=cushion, newest_first=newest_first)
    world.play(steps)
    world.finish(verdicts)
    core = world.core
    assert all(turn.done for turn in core.turns.values())
    assert Counter(turn.id for turn in world.ended) == Counter(list(core.turns))
    assert core.quiet()
    assert not core.ledger.playing
    assert not core.output_checks.question_open
