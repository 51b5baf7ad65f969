"""Runs the checks of a session, off the I/O thread and each within its limit, and keeps what they flagged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
import traceback
import uuid
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.daemon_threads import DaemonThreads
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.concurrency.loop_thread import LoopThread, schedule
from realtime_widgets.core.checks.output import CUSHION_S
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.safety.flagged import Flagged, Said
from realtime_widgets.safety.registry import MOST_AT_ONCE, SessionCheck, SessionChecks
from realtime_widgets.safety.verdict import ACTIONS, PASS, Checked, Place, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.conversation.items import Item
    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.protocol import events as ev

log = logging.getLogger(__name__)

#: Entries of the talk that go with what was flagged.
_CONTEXT = 12
#: What was flagged that is kept here; a `ReviewLog` keeps more.
_KEPT = 1_000
#: Seconds of sound of each side that go with what was flagged, if sound is kept.
KEPT_SOUND_S = 30.0
_BYTES_PER_S = 48_000
#: What happened to what did not pass, in words for the user.
_STOPPED: dict[Place, str] = {
    "input": "What you said was not passed on",
    "output": "The answer was stopped",
    "tool_arguments": "The tool {tool} was not run",
    "tool_result": "The result of {tool} was withheld",
    "picture": "The picture was not passed on",
}
_MASKED: dict[Place, str] = {
    "input": "Some of what you said was hidden",
    "output": "Some words of the answer were hidden",
    "tool_arguments": "Some of what {tool} was to be called with was hidden",
    "tool_result": "Some of the result of {tool} was hidden",
    "picture": "The picture was not passed on",
}
_REPLACED: dict[Place, str] = {
    "input": "Something else was asked in the place of what you said",
    "output": "Something else was said in the place of the answer",
    "tool_arguments": "The tool {tool} was not run, and the model got another output",
    "tool_result": "The model got another output than that of {tool}",
    "picture": "The picture was not passed on",
}


@dataclass(frozen=True)
class Decision:
    """The verdict that is applied, and the check that gave it."""

    verdict: Verdict
    check: str = ""


class CheckRunner:
    """Runs a session's checks; on the I/O thread only.

    Parameters
    ----------
    session
        Id of the session.
    core
        Returns the session's core.
    clock
        Clock for the limits.
    problem, tell
        Report an error to the user; tell the user something that is none.
    end
        Ends the session.
    changed
        Called when checks were added or removed.
    """

    def __init__(
        self,
        session: str,
        core: Callable[[], SessionCore],
        clock: Clock,
        *,
        problem: Callable[[str], object],
        tell: Callable[[str], object],
        end: Callable[[str], object],
        changed: Callable[[], object],
    ) -> None:
        self.registry = SessionChecks(lambda: shared_engine().run(self._changed))
        self.flagged: deque[Flagged] = deque(maxlen=_KEPT)
        #: Called with each thing that is flagged.
        self.on_flagged: list[Callable[[Flagged], object]] = []
        #: Seconds of sound to keep back behind words that have passed; None holds back no sound.
        self.cushion_s: float | None = CUSHION_S
        #: Whether the last seconds of sound are kept.
        self.keep_sound = False
        self._heard, self._spoken = bytearray(), bytearray()
        self._session, self._core, self._clock = session, core, clock
        self._problem, self._tell, self._end, self._note = problem, tell, end, changed
        self._threads = DaemonThreads()
        self._loop = LoopThread("realtime-check-loop")

    def at(self, place: Place) -> bool:
        """Whether there are checks of a place."""
        return bool(self.registry.at(place))

    def hold_back(self, cushion: float | None) -> None:
        """Hold back so many seconds of sound behind words that have passed; None holds back none.

        Raises
        ------
        ConfigurationError
            If that is no number of seconds.
        """
        number = isinstance(cushion, int | float) and not isinstance(cushion, bool)
        if cushion is not None and not (number and 0 <= cushion < math.inf):
            raise ConfigurationError(f"cushion must be a number of seconds, 0 or more, or None, not {cushion!r}")
        self.cushion_s = cushion

    def attach(self) -> None:
        """Have the core hold back what is checked."""
        core = self._core()
        core.output_checks.on = self.at("output")
        core.output_checks.cushion_s = self.cushion_s
        inputs = self.registry.at("input")
        core.output_checks.used |= core.output_checks.on or bool(inputs)
        core.input_checks.on = bool(inputs)
        core.input_checks.closes = any(check.if_fails == "close" for check in inputs)

    def _changed(self) -> None:
        self.attach()
        self._note()

    def close(self) -> None:
        """End what runs; threads of checks that hang are left to themselves."""
        self._loop.close()

    def heard(self, pcm: bytes) -> None:
        """Note captured sound."""
        self._keep(self._heard, pcm)

    def spoken(self, event: ev.OutputAudioDelta) -> None:
        """Note sound of an answer as it came, whether it is played or not."""
        if self.keep_sound:
            with contextlib.suppress(ValueError):  # the session tells of what cannot be decoded
                self._keep(self._spoken, event.audio())

    async def run(self, checked: Checked) -> Decision:
        """Run the checks of a place side by side; the strongest verdict counts. Never raises.

        Words that several checks hide are hidden one check after the other.
        """
        checks = self.registry.at(checked.place)
        verdicts = await asyncio.gather(*(self._run_one(check, checked) for check in checks))
        found = [Decision(verdict, check.name) for check, verdict in zip(checks, verdicts, strict=True)]
        for decision in found:
            if not decision.verdict.passed:
                self._flag(checked, decision)
        masking = [check for check, verdict in zip(checks, verdicts, strict=True) if verdict.action == "mask"]
        strongest = max(found, key=lambda each: ACTIONS.index(each.verdict.action), default=Decision(PASS))
        if strongest.verdict.action == "mask" and len(masking) > 1:
            strongest = await self._masked_by_all(checked, masking, strongest)
        if ACTIONS.index(strongest.verdict.action) >= ACTIONS.index("mask"):
            self._say(checked, strongest)
        return strongest

    async def _masked_by_all(self, checked: Checked, checks: list[SessionCheck], first: Decision) -> Decision:
        text, reasons = checked.text, list[str]()
        for check in checks:
            verdict = await self._run_one(check, replace(checked, text=text))
            if ACTIONS.index(verdict.action) > ACTIONS.index("mask"):
                return Decision(verdict, check.name)
            if verdict.action == "mask":
                text = verdict.text
                reasons.append(verdict.reason)
        return Decision(Verdict("mask", "; ".join(filter(None, reasons)), text), first.check)

    async def _run_one(self, check: SessionCheck, checked: Checked) -> Verdict:
        began = self._clock.time()
        try:
            verdict = await self._within_limit(check, checked)
        except Exception as error:
            check.figures.took(self._clock.time() - began)
            return self._failed(check, error)
        check.figures.took(self._clock.time() - began)
        check.figures.cost += verdict.cost
        check.figures.verdicts[verdict.action] += 1
        if check.failing:
            check.failing = False
            self._tell(f"The check {check.name!r} works again.")
        return verdict

    async def _within_limit(self, check: SessionCheck, checked: Checked) -> Verdict:
        if check.running >= MOST_AT_ONCE:
            raise TimeoutError(f"{MOST_AT_ONCE} calls of it have not returned")
        job = asyncio.ensure_future(self._call(check, checked))
        limit = asyncio.ensure_future(self._clock.sleep(check.limit_s))
        try:
            await asyncio.wait({job, limit}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise TimeoutError(f"it took longer than its limit of {check.limit_s:g} s")
            return job.result()
        finally:
            limit.cancel()
            job.cancel()

    async def _call(self, check: SessionCheck, checked: Checked) -> Verdict:
        check.count(1)
        thread = self._threads.submit(check.call, checked)
        thread.add_done_callback(lambda _: check.count(-1))
        returned = await asyncio.wrap_future(thread)
        if isinstance(returned, Verdict):
            return returned
        job = schedule(lambda: _awaited(returned), self._loop.start())
        if job is None:
            raise RuntimeError("the session ended")
        return check.verdict(await asyncio.wrap_future(job))

    def _failed(self, check: SessionCheck, error: Exception) -> Verdict:
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        check.figures.failed += 1
        text = "".join(traceback.format_exception(error))
        log.error("the check %r failed\n%s", check.name, masked(text))
        closes = check.if_fails == "close"
        if not check.failing:
            check.failing = True
            follows = "does not pass" if closes else "passes unchecked"
            self._problem(f"The check {check.name!r} failed, so that what it was to look at {follows}: {why}")
        return Verdict("stop", f"the check failed ({why})") if closes else PASS

    def _flag(self, checked: Checked, decision: Decision) -> None:
        verdict = decision.verdict
        flagged = Flagged(
            id=uuid.uuid4().hex,
            time=time.time(),
            session=self._session,
            place=checked.place,
            check=decision.check,
            action=verdict.action,
            reason=masked(verdict.reason),
            score=verdict.score,
            text=masked(checked.text),
            item_id=checked.item_id,
            call_id=checked.call_id,
            tool=checked.tool,
            talk=tuple(_said(item) for item in list(self._core().conversation)[-_CONTEXT:]),
            heard=bytes(self._heard) if self.keep_sound else b"",
            spoken=bytes(self._spoken) if self.keep_sound else b"",
        )
        log.info("flagged by the check %r: %s at %s", decision.check, verdict.action, checked.place)
        self.flagged.append(replace(flagged, heard=b"", spoken=b""))  # a review log keeps the sound
        for listener in self.on_flagged:
            listener(flagged)

    def _say(self, checked: Checked, decision: Decision) -> None:
        verdict = decision.verdict
        told = {"mask": _MASKED, "replace": _REPLACED}.get(verdict.action, _STOPPED)[checked.place]
        why = f": {verdict.reason}" if verdict.reason else ""
        what = told.format(tool=checked.tool)
        self._tell(f"{what} by the check {decision.check!r}{why}.")
        if verdict.action == "end":
            self._end(f"the check {decision.check!r} ended it{why}")

    def _keep(self, kept: bytearray, pcm: bytes) -> None:
        if self.keep_sound:
            kept += pcm
            del kept[: -int(KEPT_SOUND_S * _BYTES_PER_S)]


async def _awaited(returned: Awaitable[Any]) -> Any:
    return await returned


def _said(item: Item) -> Said:
    if item.kind == "message":
        return Said(item.role, masked(item.text), item.id)
    called = f"{item.name}({item.arguments})" if item.name else ""
    return Said("tool", masked(" ".join(filter(None, (called, item.output, item.error)))), item.id)
