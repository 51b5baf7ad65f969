"""How many sessions one client process holds, without pages, beside connections of the openai package.

Each session sends 50 blocks of 20 ms of sound a second and gets as many events of 20 ms of sound, from one server
in a process of its own that stamps each event as it sends it. An event's delay ends where the program gets its
sound: at the player's place in this package, in the loop over the events, decoded, with the openai package. Ever
more sessions talk until the 95th percentile of the delay has grown by a fifth, and on until the core is full.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.children import Child
from benchmarks.rows import Row

_BEGIN_S = 60.0
_GROWN = 1.2
#: Share of a core from which on it is full: threads and their hand-overs leave no process all of it.
_FULL = 0.9
_STEPS = (1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128)
_QUICK_STEPS = (1, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Step:
    """What so many sessions did: delays in milliseconds, and their share of a core."""

    sessions: int
    delays: tuple[float, ...]
    share: float

    @property
    def p95(self) -> float:
        return float(np.percentile(self.delays, 95))


def measure(quick: bool) -> list[Row]:
    """Let both clients begin more and more sessions, one client after the other."""
    steps, seconds = (_QUICK_STEPS, 2.5) if quick else (_STEPS, 6.0)
    ours, openai = (_climb(client, steps, seconds) for client in ("ours", "openai"))
    return [
        Row(
            "sessions_per_core",
            "delay of an event, one session",
            ours[0].delays,
            "ms",
            "openai",
            openai[0].delays,
        ),
        _count("sessions until the p95 delay grew by a fifth", _before_growth(ours), _before_growth(openai)),
        _count("sessions until the core was full", _before_full(ours), _before_full(openai), _path(ours)),
        Row(
            "sessions_per_core",
            "part of a core for each of many",
            (_share(ours),),
            "cores",
            "openai",
            (_share(openai),),
        ),
    ]


def _count(measure: str, ours: int, theirs: int, note: str = "") -> Row:
    return Row(
        "sessions_per_core",
        measure,
        (float(ours),),
        "sessions",
        "openai",
        (float(theirs),),
        more_is_better=True,
        note=note,
    )


def _before_growth(steps: list[Step]) -> int:
    held = [steps[0]]
    for step in steps[1:]:
        if step.p95 > _GROWN * steps[0].p95 or step.share >= _FULL:
            break
        held.append(step)
    return held[-1].sessions


def _before_full(steps: list[Step]) -> int:
    return max((step.sessions for step in steps if step.share < _FULL), default=0)


def _share(steps: list[Step]) -> float:
    most = max((step for step in steps if step.share < _FULL), key=lambda step: step.sessions)
    return most.share / most.sessions


def _path(steps: list[Step]) -> str:
    return "p95 of " + ", ".join(f"{step.sessions}: {step.p95:.2g} ms" for step in steps)


def _climb(client: str, steps: tuple[int, ...], seconds: float) -> list[Step]:
    found: list[Step] = []
    with (
        Child.module("benchmarks.sound_source") as server,
        Child.module("benchmarks.talkers.crowd", client, f"http://127.0.0.1:{server.read(_BEGIN_S)}/v1") as crowd,
    ):
        crowd.read(_BEGIN_S)
        for sessions in steps:
            crowd.tell(f"{sessions} {seconds}")
            told = crowd.read(seconds + _BEGIN_S)
            found.append(Step(sessions, tuple(told["ages"]), told["share"]))
            if told["share"] >= _FULL:
                break
    return found
