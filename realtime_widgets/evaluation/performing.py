"""One run: a session of its own, the turns said into it, and what came back."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import inspect
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.usage.budget import Budget
from realtime_widgets.errors import (
    AudioError,
    ConfigurationError,
    ConnectionFailedError,
    RealtimeWidgetsError,
    ResponseFailedError,
)
from realtime_widgets.evaluation.expectations import findings_of, together
from realtime_widgets.evaluation.judging import judged, key_of, next_words
from realtime_widgets.evaluation.listening import Listener
from realtime_widgets.evaluation.results import Finding, Run, TurnResult
from realtime_widgets.evaluation.scenarios.scenario import Scenario, Turn
from realtime_widgets.evaluation.sound import cough, spoken
from realtime_widgets.protocol.endpoint.endpoint import resolve_endpoint
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.runtime.sound.speakers import VirtualSpeaker
from realtime_widgets.session.session import RealtimeSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_widgets.evaluation.judging import ChatModel

#: HTTP statuses of refusals that may pass.
_PASSING = (408, 425, 429)
#: Close codes by which a server says that trying again changes nothing.
_FINAL_CODES = (1002, 1003, 1007, 1008, 1009)


@dataclass(frozen=True)
class Job:
    """One run that is to be made; all that it needs, so that it can be made on another machine.

    Attributes
    ----------
    scenario
        What is run, with the settings and tools of its configuration.
    configuration
        Name of the configuration.
    number
        Which repetition it is, from 1.
    script
        Text of the script that the local endpoint follows; empty for none.
    sounds
        What is said in spoken turns, by number of the turn from 0: PCM16 at 24 kHz.
    money
        US dollars after which the session ends; None for no limit.
    seconds
        Longest time that it may take.
    judge, caller
        Chat models.
    """

    scenario: Scenario
    configuration: str = ""
    number: int = 1
    script: str = ""
    sounds: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    money: float | None = None
    seconds: float = 300.0
    judge: ChatModel | None = None
    caller: ChatModel | None = None

    def run(self, **fields: Any) -> Run:
        """Return a run of this job."""
        scenario, source = self.scenario, self.scenario.source
        return Run(scenario.name, self.configuration, self.number, file=source.file if source else "", **fields)


async def perform(job: Job) -> Run:
    """Run a scenario once; whatever goes wrong is in the run and is not raised."""
    clock = asyncio.get_running_loop().time
    began = clock()
    performance = Performance(job)
    status, error = "passed", ""
    try:
        async with asyncio.timeout(job.seconds):
            await performance.perform()
    except TimeoutError:
        status, error = "error", f"it took longer than {job.seconds:g} s"
    except ConnectionFailedError as failed:
        status, error = "network" if performance.may_pass(failed) else "error", str(failed)
        if performance.out_of_money:
            status, error = "error", "the money that was left for it is spent"
    except RealtimeWidgetsError as failed:
        status, error = "error", str(failed)
    except Exception as failed:  # of the user's code, or of ours: the other runs go on
        status, error = "error", f"{type(failed).__name__}: {failed}"
    finally:
        await performance.end()
    findings = [each for turn in performance.turns for each in turn.findings] + performance.findings
    broken = any(turn.error for turn in performance.turns)
    if status == "passed" and (broken or not all(each.passed for each in findings)):
        status = "failed"
    return job.run(
        status=status,
        turns=tuple(performance.turns),
        findings=tuple(performance.findings),
        error=masked(error),
        money=performance.money,
        test_money=performance.test_money,
        seconds=clock() - began,
    )


def may_pass(error: ConnectionFailedError) -> bool:
    """Return whether it was the network, or a service that is busy for a while."""
    if error.http_status is not None:
        return error.http_status in _PASSING or error.http_status >= 500
    return error.close_code not in _FINAL_CODES


class Performance:
    """Says the turns of a job into a session.

    Attributes
    ----------
    turns
        What came so far.
    findings
        What was expected of all.
    money, test_money
        US dollars of the session, and of the models that judge and call.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._scenario = job.scenario
        self._session: RealtimeSession | None = None
        self._started = False
        #: Tools whose next call fails.
        self._failing: set[str] = set()
        self.turns: list[TurnResult] = []
        self.findings: list[Finding] = []
        self.money: float | None = 0.0
        self.test_money: float | None = 0.0

    @property
    def out_of_money(self) -> bool:
        """Whether the session has spent what it may."""
        spent = self.money if self._session is None else self._session.usage.money
        return self._job.money is not None and (spent is None or spent >= self._job.money)

    def may_pass(self, error: ConnectionFailedError) -> bool:
        """Return whether it was the network, or a service that is busy for a while."""
        if self._session is not None and self._session.runtime.loss is not None:
            return may_pass(self._session.runtime.loss)
        if self._started and error.http_status is None and not error.unreachable:
            return False  # the session was ended by something else: its money is spent, a check stopped it
        return may_pass(error)

    async def perform(self) -> None:
        """Say all turns, and judge.

        Raises
        ------
        RealtimeWidgetsError
            If the session or a chat model fails.
        """
        session = self._session = self._make_session()
        await session.start()
        self._started = True
        if self._scenario.in_real_time:
            speaker = VirtualSpeaker(keep=False)
            shared_engine().run(session.runtime.use_speaker, speaker)
        for exchange in exchanges_of(self._scenario.turns):
            await self._exchange(session, exchange, [self._job.sounds.get(number, b"") for number, _ in exchange])
        await self._call(session)
        if not self._scenario.expect.nothing:
            expect = self._scenario.expect
            self.findings += findings_of(expect, together(self.turns), self._known(self.turns))
            if expect.holds:
                self.findings.append(await self._judge(expect.holds, self.turns))

    async def end(self) -> None:
        """Close the session and note what it cost."""
        if self._session is not None:
            with contextlib.suppress(RealtimeWidgetsError):
                await self._session.close()
            self.money = self._session.usage.money
            self._session = None

    def _make_session(self) -> RealtimeSession:
        settings = dict(self._scenario.session)
        script, variable = settings.pop("script", None), settings.pop("key_variable", "")
        settings.pop("tools", None)
        if script is not None:
            endpoint = resolve_endpoint(settings.get("endpoint") or "local")
            if not endpoint.local:
                raise ConfigurationError("a script is followed by the local endpoint only: leave 'script' out")
            settings["endpoint"] = replace(endpoint, brain=brain_of(self._job.script))
        if key := key_of(variable):
            settings["api_key"] = key
        budget = None if self._job.money is None else Budget(money=self._job.money)
        tools = [self._breakable(tool) for tool in self._scenario.tools]
        return RealtimeSession(
            settings.pop("instructions", ""), tools=tools, reconnect=False, budget=budget, **settings
        )

    def _breakable(self, tool: Callable[..., Any]) -> Callable[..., Any]:
        """Return a tool that fails when a turn says so."""
        name = tool.__name__
        if all(turn.tool_fails != name for turn in self._scenario.turns):
            return tool

        def fail() -> None:
            if name in self._failing:
                self._failing.discard(name)
                raise RuntimeError(f"{name} does not work at the moment")

        if inspect.iscoroutinefunction(tool):

            @functools.wraps(tool)
            async def later(*arguments: Any, **options: Any) -> Any:
                fail()
                return await tool(*arguments, **options)

            return later

        @functools.wraps(tool)
        def now(*arguments: Any, **options: Any) -> Any:
            fail()
            return tool(*arguments, **options)

        return now

    async def _exchange(
        self, session: RealtimeSession, exchange: Sequence[tuple[int, Turn]], sounds: Sequence[bytes]
    ) -> None:
        """Say a turn, and those that interrupt its answer, and note what came."""
        turns = [turn for _, turn in exchange]
        self._failing = {turn.tool_fails for turn in turns if turn.tool_fails}
        listener = Listener(session)
        problems: list[list[Finding]] = [[] for _ in turns]
        if len(turns) == 1 and not turns[0].cough_over:
            error = await _said(session, turns[0], sounds[0])
        else:
            error = await self._overlapping(session, listener, turns, sounds, problems)
        await listener.quiet()
        results = listener.results([turn.shown for turn in turns])
        for turn, result, wrong in zip(turns, results, problems, strict=True):
            failed = replace(result, error=result.error or error) if error and not result.answer else result
            self.turns.append(failed)
            findings = wrong + findings_of(turn.expect, failed, self._known(self.turns))
            if turn.expect.holds:
                findings.append(await self._judge(turn.expect.holds, self.turns))
            self.turns[-1] = replace(failed, findings=tuple(findings))

    async def _overlapping(
        self,
        session: RealtimeSession,
        listener: Listener,
        turns: Sequence[Turn],
        sounds: Sequence[bytes],
        problems: list[list[Finding]],
    ) -> str:
        """Say turns and coughs over the answers; return what went wrong."""
        tasks = [asyncio.ensure_future(listener.say(turns[0], sounds[0]))]
        try:
            for number, turn in enumerate(turns):
                following = turns[number + 1] if number + 1 < len(turns) else None
                if turn.cough_over:
                    heard = await listener.heard(turn.cough_over, number, tasks)
                    problems[number] += _heard_or_not(turn.cough_over, "cough_over", heard)
                    pcm = (cough() * 32767).astype("<i2").tobytes()
                    tasks.append(asyncio.ensure_future(listener.cough(pcm)))
                if following is not None:
                    heard = await listener.heard(following.interrupt, number, tasks)
                    problems[number + 1] += _heard_or_not(following.interrupt, "interrupt", heard)
                    tasks.append(asyncio.ensure_future(listener.say(following, sounds[number + 1])))
            errors = await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return next((error for error in errors if error), "")

    async def _call(self, session: RealtimeSession) -> None:
        """Let the simulated caller go on, if there is one."""
        caller, model = self._scenario.caller, self._job.caller
        if caller is None or model is None:
            return
        for _ in range(caller.turns):
            words, money = await next_words(model, caller, self.turns)
            self._add_test_money(money)
            if words is None:
                return
            turn = Turn(speak=words) if caller.speaks else Turn(text=words)
            sound = await spoken(words, brain=brain_of(self._job.script)) if caller.speaks else b""
            await self._exchange(session, [(len(self.turns), turn)], [sound])

    async def _judge(self, statement: str, turns: Sequence[TurnResult]) -> Finding:
        assert self._job.judge is not None  # checked before
        finding, money = await judged(self._job.judge, statement, turns)
        self._add_test_money(money)
        return finding

    def _add_test_money(self, money: float | None) -> None:
        self.test_money = None if money is None or self.test_money is None else self.test_money + money

    def _known(self, turns: Sequence[TurnResult]) -> list[str]:
        """Return the texts from which an answer may have what it says."""
        settings = dict(self._scenario.session)
        texts = [str(settings.get("instructions", ""))]
        texts += [turn.text or turn.speak for turn in self._scenario.turns[: len(turns)]]
        texts += [turn.question for turn in turns]
        return texts + [call.output for turn in turns for call in turn.calls]


def exchanges_of(turns: Sequence[Turn]) -> list[list[tuple[int, Turn]]]:
    """Return turns with their numbers, each together with those that interrupt its answer."""
    found: list[list[tuple[int, Turn]]] = []
    for number, turn in enumerate(turns):
        if turn.interrupt and found:
            found[-1].append((number, turn))
        else:
            found.append([(number, turn)])
    return found


async def _said(session: RealtimeSession, turn: Turn, pcm: bytes) -> str:
    """Say a turn and wait for the answer; return what went wrong with it."""
    try:
        if turn.spoken:
            await session.talk(from_pcm16(pcm), rate=SAMPLE_RATE)
        else:
            await session.ask(turn.text)
    except (ResponseFailedError, AudioError) as error:
        return str(error)
    return ""


def _heard_or_not(word: str, key: str, heard: bool) -> list[Finding]:
    if heard:
        return []
    return [Finding(key, False, f"{word!r} was not heard in the answer, so nothing could come over it")]


@functools.cache
def brain_of(script: str) -> str:
    """Return the brain of a local endpoint that follows a script; empty without one.

    The script is in a file of this process, the same for the same text, which goes with the process.
    """
    if not script:
        return ""
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False, encoding="utf-8") as file:
        file.write(script)
    path = Path(file.name)
    atexit.register(path.unlink, missing_ok=True)
    return f"script:{path}"
