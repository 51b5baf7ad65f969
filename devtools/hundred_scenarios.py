"""A hundred scenarios against the local endpoint, on a Dask cluster of this machine, and what they took.

``python -m devtools.hundred_scenarios`` prints the figures of `realtime_widgets/evaluation/SCENARIOS.md`: once
while the endpoints load their models, once with them loaded.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from statistics import median

from distributed import Client, LocalCluster

from realtime_widgets.evaluation import Evaluation, Expect, Limits, Scenario, Turn, evaluate_sync

_SESSION = {"endpoint": "local", "instructions": "You are the desk of a chemistry laboratory."}


def reaction_rate(temperature: float) -> float:
    """Rate of our reaction, in moles per second.

    Parameters
    ----------
    temperature
        Temperature of the vessel in degrees Celsius.
    """
    return round(0.02 * temperature, 3)


def scenarios() -> list[Scenario]:
    """Return 70 typed questions, 10 without what the tool needs, 10 whose tool fails, 10 spoken in noise."""
    return [
        *(
            _scenario(
                f"typed, {at} degrees", Turn(f"What is the reaction rate at {at} degrees?", expect=_rate(at))
            )
            for at in range(10, 80)
        ),
        *(
            _scenario(f"asks back {number}", Turn("What is the reaction rate?", expect=Expect(asks_back=True)))
            for number in range(10)
        ),
        *(
            _scenario(
                f"recovers at {at} degrees",
                Turn(
                    f"What is the reaction rate at {at} degrees?",
                    tool_fails="reaction_rate",
                    expect=Expect(recovers=True),
                ),
            )
            for at in range(10, 20)
        ),
        *(
            _scenario(
                f"spoken, {at} degrees",
                Turn(speak=f"What is the reaction rate at {at} degrees?", noise_db=15.0, expect=_rate(at)),
            )
            for at in range(20, 70, 5)
        ),
    ]


def main() -> None:
    """Run them, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="sessions of each worker at once")
    arguments = parser.parse_args()
    sessions = arguments.workers * arguments.threads
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=arguments.workers, threads_per_worker=arguments.threads, dashboard_address=None
    )
    with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        for state in ("loading", "loaded"):
            began = time.perf_counter()
            evaluation = evaluate_sync(scenarios(), client=client, limits=Limits(sessions=sessions))
            _tell(state, evaluation, time.perf_counter() - began, sessions)


def _scenario(name: str, turn: Turn) -> Scenario:
    return Scenario(name, (turn,), session=_SESSION, tools=(reaction_rate,))


def _rate(at: int) -> Expect:
    says = f"{reaction_rate(at):g}"
    return Expect(tool="reaction_rate", arguments={"temperature": at}, says=says, no_invention=True)


def _tell(state: str, evaluation: Evaluation, seconds: float, sessions: int) -> None:
    ends = ", ".join(f"{count} {status}" for status, count in Counter(run.status for run in evaluation).items())
    print(f"{state}: {len(evaluation)} scenarios, {sessions} sessions at once, in {seconds:.1f} s: {ends}")
    for kind in ("typed", "spoken"):
        waits = sorted(
            turn.latency_s * 1000
            for run in evaluation
            if run.scenario.startswith("spoken") == (kind == "spoken")
            for turn in run.turns
            if turn.latency_s is not None
        )
        print(f"  {kind}: latency {median(waits):.0f} ms (median), {waits[int(0.95 * len(waits))]:.0f} ms (95 %)")
    for run in evaluation.failures:
        print(f"  {run.scenario}: {run.status}: {'; '.join(run.problems)}")


if __name__ == "__main__":
    main()
