"""Limits, retries and order of many runs, with a clock of the test's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, SessionClosedError
from realtime_widgets.evaluation import Limits, Run, Scenario, evaluate
from realtime_widgets.evaluation.performing import Job, may_pass
from realtime_widgets.evaluation.running import Driver
from realtime_widgets.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable


class Runs:
    """Makes runs as a test says, and notes what it was asked for."""

    def __init__(self, made: Callable[[Job, int], Run]) -> None:
        self._made = made
        self.asked: list[Job] = []
        self.open = 0
        self.most = 0

    async def __call__(self, job: Job) -> Run:
        self.asked.append(job)
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        self.open -= 1
        return self._made(job, len([each for each in self.asked if each.number == job.number]))


async def settle() -> None:
    """Let all tasks go as far as they can without the clock."""
    for _ in range(50):
        await asyncio.sleep(0)


def jobs(count: int) -> list[Job]:
    return [Job(Scenario("talk"), number=number) for number in range(1, count + 1)]


def driver(execute: Runs, clock: ManualClock | None = None, **limits: Any) -> Driver:
    return Driver(execute, Limits(**limits), clock or ManualClock(), lambda run: None)


async def test_only_so_many_sessions_are_open_at_once_and_runs_keep_their_order() -> None:
    execute = Runs(lambda job, attempt: job.run())
    runs = await driver(execute, sessions=3).all(jobs(10))
    assert [run.number for run in runs] == list(range(1, 11))
    assert execute.most == 3


async def test_no_run_begins_once_the_money_is_spent() -> None:
    execute = Runs(lambda job, attempt: job.run(money=0.3, test_money=0.1))
    runs = await driver(execute, sessions=1, money=1.0).all(jobs(5))
    assert [run.status for run in runs] == ["passed"] * 3 + ["not run"] * 2
    assert "the money is spent: $1.2000 of $1" in runs[3].error
    assert [job.money for job in execute.asked] == [pytest.approx(left) for left in (1.0, 0.6, 0.2)]


async def test_a_limit_in_money_ends_where_nobody_knows_what_was_spent() -> None:
    execute = Runs(lambda job, attempt: job.run(money=None))
    runs = await driver(execute, sessions=1, money=1.0).all(jobs(2))
    assert [run.status for run in runs] == ["passed", "not run"]
    assert "no price" in runs[1].error


async def test_only_a_failure_of_the_network_is_tried_again_and_its_money_counts() -> None:
    def made(job: Job, attempt: int) -> Run:
        if job.number == 1:
            return job.run(status="network" if attempt < 3 else "passed", money=0.1)
        return job.run(status="failed" if job.number == 2 else "error", money=0.1)

    clock = ManualClock()
    execute = Runs(made)
    running = asyncio.ensure_future(driver(execute, clock, sessions=1).all(jobs(3)))
    for seconds in (1, 2):
        await settle()
        await clock.advance(seconds)
    runs = await running
    assert [run.status for run in runs] == ["passed", "failed", "error"]
    assert [run.attempts for run in runs] == [3, 1, 1]
    assert runs[0].money == pytest.approx(0.3)


async def test_retries_are_bounded() -> None:
    execute = Runs(lambda job, attempt: job.run(status="network", error="lost"))
    (run,) = await driver(execute, retries=0).all(jobs(1))
    assert (run.status, run.attempts, len(execute.asked)) == ("network", 1, 1)


async def test_only_so_many_sessions_begin_within_a_minute() -> None:
    clock = ManualClock()
    execute = Runs(lambda job, attempt: job.run())
    running = asyncio.ensure_future(driver(execute, clock, sessions=10, per_minute=2).all(jobs(5)))
    for begun in (2, 4):
        await settle()
        assert len(execute.asked) == begun
        await clock.advance(60)
    await running
    assert len(execute.asked) == 5


def test_what_may_pass_is_the_network_and_a_service_that_is_busy() -> None:
    for error in (
        ConnectionFailedError(unreachable=True),
        ConnectionFailedError(close_code=1006),
        ConnectionFailedError(http_status=503),
        ConnectionFailedError(http_status=429),
        SessionClosedError("the connection was lost"),
    ):
        assert may_pass(error)
    for error in (ConnectionFailedError(http_status=401), ConnectionFailedError(close_code=1008)):
        assert not may_pass(error)


@pytest.mark.parametrize(
    "limits", [{"sessions": 0}, {"money": 0}, {"per_minute": -1}, {"retries": -1}, {"seconds": None}]
)
def test_a_limit_that_cannot_be_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(limits))):
        Limits(**limits)


async def test_arguments_that_cannot_be_are_refused() -> None:
    scenario = Scenario("talk")
    with pytest.raises(ConfigurationError, match="did you mean 'model'"):
        await evaluate(scenario, configurations={"a": {"modle": "x"}})
    with pytest.raises(ConfigurationError, match="repeat"):
        await evaluate(scenario, repeat=0)
    with pytest.raises(ConfigurationError, match=r"distributed\.Client"):
        await evaluate(scenario, client="tcp://127.0.0.1:1")


async def test_an_endpoint_that_is_away_is_tried_again_and_the_other_runs_are_kept() -> None:
    from realtime_widgets.evaluation import Turn

    away = Scenario("away", (Turn("Hello."),), session={"endpoint": "http://127.0.0.1:9/v1"})
    wrong = replace(away, name="wrong", session={"endpoint": "ftp://127.0.0.1"})
    runs = await evaluate([away, wrong], limits=Limits(retries=0))
    assert [run.status for run in runs] == ["network", "error"]
    assert "127.0.0.1:9" in runs[0].error
