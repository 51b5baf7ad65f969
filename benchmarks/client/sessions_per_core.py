"""How many sessions one client process can run, without pages, compared with connections of the openai package.

Each session sends 50 blocks of 20 ms of audio a second and receives as many events of 20 ms of audio, from one
server in a separate process that stamps each event when it sends it. The delay of an event ends when the program
gets its audio: in the player's place in this package, decoded in the loop over the events with the openai package.
The number of sessions increases until the 95th percentile of the delay is a fifth longer than that of a single
session, at two numbers of sessions in a row, or the core is full. A second figure is the number that fits on a
core by the processor time of each session; the delay grows long before, because events of many sessions arrive
together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.rows import Row
from benchmarks.support.children import Child

_BEGIN_S = 60.0
_GROWN = 1.2
#: Share of a core from which on it counts as full: switching threads leaves no process all of it.
_FULL = 0.9
#: Numbers of sessions; the processor time of one is measured with at least `_MANY`.
_STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128)
_QUICK_STEPS = (1, 4, 8, 16, 32, 64)
_MANY = 16


@dataclass(frozen=True)
class Step:
    """Result for one number of sessions: delays in milliseconds, and their share of a core."""

    sessions: int
    delays: tuple[float, ...]
    share: float

    @property
    def p95(self) -> float:
        return float(np.percentile(self.delays, 95))


def measure(quick: bool) -> list[Row]:
    """Let both clients start more and more sessions, one client after the other."""
    steps, seconds = (_QUICK_STEPS, 2.0) if quick else (_STEPS, 5.0)
    ours, openai = (_climb(client, steps, seconds) for client in ("ours", "openai"))
    path = "p95 of " + ", ".join(f"{step.sessions}: {step.p95:.2g} ms" for step in ours)
    return [
        Row(
            "sessions_per_core", "delay of an event, one session", ours[0].delays, "ms", "openai", openai[0].delays
        ),
        _count("sessions until the p95 delay grew by a fifth", _held(ours), _held(openai), path),
        _count("sessions of a core, by processor time", _of_a_core(ours), _of_a_core(openai)),
    ]


def _count(measure: str, ours: float, theirs: float, note: str = "") -> Row:
    return Row(
        "sessions_per_core", measure, (ours,), "sessions", "openai", (theirs,), more_is_better=True, note=note
    )


def _grown(steps: list[Step]) -> bool:
    """Return whether the delay of the last two steps is longer than that of one session."""
    return len(steps) > 2 and all(step.p95 > _GROWN * steps[0].p95 for step in steps[-2:])


def _held(steps: list[Step]) -> float:
    """Return the number of sessions of the last step before the delay grew or the core was full."""
    for number in range(len(steps)):
        if _grown(steps[: number + 1]):
            return float(steps[number - 2].sessions)
    return float(max((step.sessions for step in steps if step.share < _FULL), default=0))


def _of_a_core(steps: list[Step]) -> float:
    most = max((step for step in steps if step.share < _FULL), key=lambda step: step.sessions, default=steps[0])
    return most.sessions / most.share


def _climb(client: str, steps: tuple[int, ...], seconds: float) -> list[Step]:
    found: list[Step] = []
    with (
        Child.module("benchmarks.servers.sound_source") as server,
        Child.module("benchmarks.talkers.crowd", client, f"http://127.0.0.1:{server.read(_BEGIN_S)}/v1") as crowd,
    ):
        crowd.read(_BEGIN_S)
        for sessions in steps:
            # The others are compared with the first.
            length = seconds if found else 2 * seconds
            crowd.tell(f"{sessions} {length}")
            told = crowd.read(length + _BEGIN_S)
            found.append(Step(sessions, tuple(told["ages"]), told["share"]))
            if told["share"] >= _FULL or (_grown(found) and sessions >= _MANY):
                break
    return found
