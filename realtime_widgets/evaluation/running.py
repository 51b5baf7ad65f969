"""`evaluate`: runs scenarios with configurations, many at once and within limits, here or on a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.blocking import wait_for
from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.errors import ConfigurationError, RealtimeWidgetsError
from realtime_widgets.evaluation.evaluation import Evaluation
from realtime_widgets.evaluation.performing import Job, brain_of, perform
from realtime_widgets.evaluation.results import Run
from realtime_widgets.evaluation.scenarios.checking import check_scenario, check_session
from realtime_widgets.evaluation.scenarios.scenario import Scenario
from realtime_widgets.evaluation.scenarios.toml_file import Broken, read_file
from realtime_widgets.evaluation.sound import sound_of
from realtime_widgets.tools.from_file import load_tools

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.evaluation.judging import ChatModel

    Scenarios = Scenario | str | PathLike[str] | Iterable[Scenario | str | PathLike[str]]

log = logging.getLogger(__name__)

#: First wait before a run is tried again, in seconds; it doubles each time.
_RETRY_S = 1.0
_MINUTE_S = 60.0


@dataclass(frozen=True)
class Limits:
    """What an evaluation may take.

    Attributes
    ----------
    sessions : int
        Sessions at the same time.
    money : float, optional
        US dollars in all, judges and callers included: when they are spent no further run begins, and each session
        ends once it has spent what was left when it began. So what runs at the same time can pass it.
    per_minute : float, optional
        Sessions that begin within a minute.
    retries : int
        How often a run is begun again if the network or the service failed, after 1 s, 2 s, 4 s and so on; what
        is wrong with an answer, a key or a setting is never tried again.
    seconds : float
        Longest time of one run.

    Raises
    ------
    ConfigurationError
        If a limit is out of range.
    """

    sessions: int = 4
    money: float | None = None
    per_minute: float | None = None
    retries: int = 2
    seconds: float = 300.0

    def __post_init__(self) -> None:
        for name, lowest, whole in (("sessions", 1, True), ("retries", 0, True)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
                kind = "a whole number" if whole else "a number"
                raise ConfigurationError(f"the limit {name} must be {kind} of at least {lowest}, not {value!r}")
        for name in ("money", "per_minute", "seconds"):
            value = getattr(self, name)
            if value is None and name != "seconds":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise ConfigurationError(f"the limit {name} must be a number above 0, not {value!r}")


async def evaluate(
    scenarios: Scenarios,
    *,
    configurations: Mapping[str, Mapping[str, Any]] | None = None,
    tools: Sequence[Callable[..., Any]] = (),
    repeat: int = 1,
    limits: Limits | None = None,
    client: Any = None,
    judge: ChatModel | None = None,
    caller: ChatModel | None = None,
    on_run: Callable[[Run], object] | None = None,
    clock: Clock = REAL_CLOCK,
) -> Evaluation:
    """Run scenarios, each with each configuration, and compare the answers with what is expected.

    Nothing is lost by one that fails: a scenario that cannot be, a lost connection or an error in a tool is the
    result of its own run, and the others go on.

    Parameters
    ----------
    scenarios
        A `Scenario`, the path of a TOML file with scenarios, or several of these.
    configurations
        Settings that go over those of the scenarios, by name: ``{"mini": {"model": "gpt-realtime-2.1-mini"}}``.
        The keys are those of `Scenario.session`.
    tools
        Functions that the model may call, besides those of the scenarios.
    repeat
        How often each scenario is run that does not say so itself.
    limits
        See `Limits`.
    client
        A ``distributed.Client``: the runs are made by the workers of its cluster, and only started and counted
        here. They read keys from their own environment. ``endpoint="local"`` starts an endpoint in each worker.
    judge, caller
        Chat models that judge what `Expect.holds` says, and that play a `Caller`.
    on_run
        Called with each `Run` when it is over, in the order of their ends: what has come is kept there if the
        evaluation itself is given up.
    clock
        Source of time for limits and retries, for tests.

    Returns
    -------
    Evaluation
        All runs.

    Raises
    ------
    ConfigurationError
        If an argument cannot be; what is wrong with one scenario is in its run.
    """
    limits = limits or Limits()
    if isinstance(repeat, bool) or not isinstance(repeat, int) or repeat < 1:
        raise ConfigurationError(f"repeat must be a whole number above 0, not {repeat!r}")
    named = [Configuration(name, dict(settings)) for name, settings in (configurations or {}).items()]
    for configuration in named:
        check_session(configuration.settings, f"the configuration {configuration.name!r}")
    execute: Callable[[Job], Awaitable[Run]] = perform
    if client is not None:
        from realtime_widgets.evaluation.cluster import executor

        execute = executor(client)
    template = Job(Scenario(""), seconds=limits.seconds, judge=judge, caller=caller)
    planned: list[Run | Job] = []
    for scenario in _all(scenarios):
        configured = named or [Configuration()]
        planned += await _planned(
            scenario, configured, template, tools=tools, repeat=repeat, far=client is not None
        )
    driver = Driver(execute, limits, clock, on_run or (lambda run: None))
    return Evaluation(await driver.all(planned))


def evaluate_sync(scenarios: Scenarios, **options: Any) -> Evaluation:
    """Do as `evaluate` and wait for the result; for scripts, tests and threads."""
    return wait_for(evaluate(scenarios, **options))


def _all(scenarios: Scenarios) -> list[Scenario | Broken]:
    """Return all scenarios; a file that cannot be read is a broken one."""
    given: Any = [scenarios] if isinstance(scenarios, Scenario | str | PathLike) else scenarios
    found: list[Scenario | Broken] = []
    for each in given:
        if isinstance(each, Scenario):
            found.append(each)
            continue
        path = Path(each)
        try:
            found += read_file(path)
        except ConfigurationError as error:
            found.append(Broken(path.name, str(path), str(error)))
    return found


async def _planned(
    scenario: Scenario | Broken,
    configurations: Sequence[Configuration],
    template: Job,
    *,
    tools: Sequence[Callable[..., Any]],
    repeat: int,
    far: bool,
) -> list[Run | Job]:
    """Return the jobs of a scenario, or runs that say why there are none; `far` if they leave this machine."""
    if isinstance(scenario, Broken):
        return [Run(scenario.name, status="invalid", error=scenario.problem, file=scenario.file)]
    planned: list[Run | Job] = []
    sounds: dict[int, bytes] | None = None
    for configuration in configurations:
        job = replace(template, scenario=scenario, configuration=configuration.name)
        try:
            job = _whole(job, configuration, tools)
            if far:
                _check_secrets(job.scenario)
            check_scenario(
                job.scenario, job.scenario.tools, judge=job.judge is not None, caller=job.caller is not None
            )
            if sounds is None:
                spoken = [(number, turn) for number, turn in enumerate(scenario.turns) if turn.spoken]
                sounds = {number: await sound_of(turn, brain_of(job.script)) for number, turn in spoken}
        except RealtimeWidgetsError as error:
            text = str(error) if scenario.name in str(error) else f"{scenario.where()}: {error}"
            planned.append(job.run(status="invalid", error=text))
            continue
        except Exception as error:  # values of Python code that are of no kind that fits; the others go on
            text = f"{scenario.where()}: {type(error).__name__}: {error}"
            planned.append(job.run(status="invalid", error=text))
            continue
        job = replace(job, sounds=sounds)
        planned += [replace(job, number=number) for number in range(1, (scenario.repeat or repeat) + 1)]
    return planned


def _whole(job: Job, configuration: Configuration, tools: Sequence[Callable[..., Any]]) -> Job:
    """Return a job with what stands in files, and in its configuration."""
    scenario = job.scenario
    settings = {**scenario.session, **configuration.settings}
    functions = [*tools, *scenario.tools]
    if settings.get("tools"):
        functions += load_tools(Path(settings["tools"]))
    for function in functions:
        if not callable(function) or not hasattr(function, "__name__"):
            raise ConfigurationError(f"a tool of a scenario must be a function, not {function!r:.80}")
    by_name = {function.__name__: function for function in functions}
    script, text = settings.get("script"), ""
    if script is not None:
        try:
            text = Path(script).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            place = scenario.where(("session", "script"))
            raise ConfigurationError(f"{place}: the script {script} cannot be read: {reason}") from None
    whole = replace(scenario, session=settings, tools=tuple(by_name.values()))
    return replace(job, scenario=whole, script=text)


def _check_secrets(scenario: Scenario) -> None:
    endpoint = scenario.session.get("endpoint")
    if "api_key" in scenario.session or not isinstance(endpoint, str | None):
        raise ConfigurationError(
            "a key is not sent to a cluster, whose scheduler would have it: set it in the environment of the "
            "workers, name the variable as key_variable, and the endpoint by its address"
        )


@dataclass(frozen=True)
class Configuration:
    """A way to run scenarios: its name in reports, and settings that go over those of a scenario."""

    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Driver:
    """Makes runs within limits, and makes those again that failed for the network.

    Parameters
    ----------
    execute
        Makes one run.
    limits
        The limits.
    clock
        Source of time.
    on_run
        Called with each run that is over.

    Attributes
    ----------
    spent
        US dollars so far; None if a run has no price.
    """

    def __init__(
        self,
        execute: Callable[[Job], Awaitable[Run]],
        limits: Limits,
        clock: Clock,
        on_run: Callable[[Run], object],
    ) -> None:
        self._execute = execute
        self._limits = limits
        self._clock = clock
        self._on_run = on_run
        self._places = asyncio.Semaphore(limits.sessions)
        self._turnstile = asyncio.Lock()
        self._begun: deque[float] = deque()
        self.spent: float | None = 0.0

    async def all(self, planned: Sequence[Run | Job]) -> list[Run]:
        """Make all jobs and return their runs, with those that are there already, in order."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._made(each)) for each in planned]
        return [task.result() for task in tasks]

    async def _made(self, planned: Run | Job) -> Run:
        run = planned if isinstance(planned, Run) else await self._tried(planned)
        try:
            self._on_run(run)
        except Exception:  # the user's code: no run is lost for it
            log.exception("on_run failed")
        return run

    async def _tried(self, job: Job) -> Run:
        before: Run | None = None
        for attempt in range(1, self._limits.retries + 2):
            async with self._places:
                await self._begin()
                if reason := self._no_more():
                    return before or job.run(status="not run", error=reason, attempts=attempt - 1)
                run = await self._execute(replace(job, money=self._left()))
            self._count(run)
            run = replace(
                run,
                attempts=attempt,
                money=_sum(run.money, before.money if before else 0.0),
                test_money=_sum(run.test_money, before.test_money if before else 0.0),
            )
            if run.status != "network" or attempt > self._limits.retries:
                return run
            before = run
            await self._clock.sleep(_RETRY_S * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns")

    async def _begin(self) -> None:
        """Wait until a session may begin."""
        if self._limits.per_minute is None:
            return
        window = _MINUTE_S if self._limits.per_minute >= 1 else _MINUTE_S / self._limits.per_minute
        most = max(1, int(self._limits.per_minute))
        async with self._turnstile:
            while len(self._begun) >= most:
                wait = self._begun[0] + window - self._clock.time()
                if wait <= 0:
                    self._begun.popleft()
                else:
                    await self._clock.sleep(wait)
            self._begun.append(self._clock.time())

    def _no_more(self) -> str:
        if self._limits.money is None:
            return ""
        if self.spent is None:
            return "what was spent is not known, for a run has no price: give prices, or no limit in money"
        if self.spent >= self._limits.money:
            return f"the money is spent: ${self.spent:.4f} of ${self._limits.money:g}"
        return ""

    def _left(self) -> float | None:
        if self._limits.money is None or self.spent is None:
            return None
        return self._limits.money - self.spent

    def _count(self, run: Run) -> None:
        self.spent = _sum(self.spent, _sum(run.money, run.test_money))


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
