"""Takes the tool calls of a session through approval, queue and run to their output; on the I/O thread only."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.concurrency.tasks import BackgroundTasks
from realtime_widgets.tools.execution.approval import needs_approval
from realtime_widgets.tools.execution.lifecycle import (
    Admitted,
    Approved,
    CallLife,
    Checked,
    Denied,
    Finished,
    LifeEvent,
    Phase,
    Stopped,
)
from realtime_widgets.tools.output.outcome import ToolResult, failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Clock, Timer
    from realtime_widgets.tools.execution.runner import ToolRunner
    from realtime_widgets.tools.output.call_output import CallOutput
    from realtime_widgets.tools.tool import Tool

#: What the user can decide about a call.
Decision = Literal["approve", "always", "deny", "cancel", "ask"]

#: Shortest time between two refreshes for the output and progress of running calls, in seconds.
OUTPUT_REFRESH_S = 0.1
STOPPED_BY_USER = "the user stopped this call"
DENIED_BY_USER = "the user did not allow this call"
ALWAYS_ALLOWED = "allowed always"
#: The same once the user wants to be asked again.
WAS_ALWAYS_ALLOWED = "allowed while it was allowed always"
_STILL_RUNS = "; its code may still be running"


def by_button(decision: Decision) -> str:
    """Return how a call was decided by a button, in words for the user."""
    words: dict[Decision, str] = {"approve": "allowed by you", "always": ALWAYS_ALLOWED, "deny": "refused by you"}
    return words.get(decision, "")


def by_word(allows: bool, words: str) -> str:
    """Return how a call was decided by what the user said or typed, in words for the user."""
    return f"{'allowed' if allows else 'refused'} by your word “{words.strip()}”"


class ModelCall(Protocol):
    """A call as the model sent it; `arguments` is JSON text."""

    @property
    def call_id(self) -> str:
        """The service's id of the call."""

    @property
    def name(self) -> str:
        """Name of the tool."""

    @property
    def arguments(self) -> str:
        """The arguments, a JSON object as text."""


@dataclass
class RunningCall:
    """A tool call and its state; `result` is None until it has its output."""

    call: ModelCall
    result: ToolResult | None = None
    tool: Tool | None = None
    output: CallOutput | None = None
    life: CallLife = field(default_factory=CallLife)
    task: asyncio.Task[None] | None = None
    timer: Timer | None = None
    started: float = 0.0
    #: Whether its code was handed to the runner.
    handed_over: bool = False
    #: When the user was asked, on the scheduler's clock, and how the user decided, in words.
    asked_at: float = 0.0
    consent: str = ""

    @property
    def phase(self) -> Phase:
        """Where the call is."""
        return "ended" if self.result else self.life.phase


class CallScheduler:
    """Asks, queues, starts and stops calls, so that each gets exactly one output.

    If the user interrupts, only the voice stops: calls go on, because their effects cannot be undone, and their
    outputs reach the model. Only `cancel`, its time limit or the end of the session end a call early.

    Parameters
    ----------
    runner
        Runs the code.
    deliver
        Called once for each call with its `RunningCall`, when it has its output.
    changed
        Called when something changed that the user can see.
    clock
        Clock for the time limits.
    """

    def __init__(
        self,
        runner: ToolRunner,
        deliver: Callable[[RunningCall], object],
        changed: Callable[[], object],
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self.by_id: dict[str, RunningCall] = {}
        self._runner = runner
        self._deliver = deliver
        self._changed = changed
        self._clock = clock
        self._queues: dict[str, deque[RunningCall]] = {}
        #: Names and versions of the tools of which no call asks any more.
        self._always: set[tuple[str, int]] = set()
        self._tasks = BackgroundTasks()
        self._refresh: asyncio.TimerHandle | None = None
        self._closed = ""

    def begin(self, call: ModelCall, tool: Tool | None, missing: str = "") -> None:
        """Start to process a call of the model.

        Parameters
        ----------
        call
            The call as the model sent it.
        tool
            The tool to run; None if there is none.
        missing
            Error text for the model, if there is no tool.
        """
        running = RunningCall(call, tool=tool, started=self._runner.clock())
        self.by_id[call.call_id] = running
        if self._closed or tool is None:
            self._apply(running, Stopped(self._closed or missing))
            return
        loop = asyncio.get_running_loop()
        running.output = self._runner.new_output(lambda: self._soon(loop))
        if tool.options.approval == "never":
            self._apply(running, Checked(ask=False))
        else:
            limit = tool.options.time_limit
            self._time(running, limit, Stopped, "the check for approval took longer than {limit:g} s")
            running.task = self._tasks.spawn(self._check(running, tool))
        self._changed()

    def asking(self) -> list[RunningCall]:
        """Return the calls that wait for approval, oldest first."""
        return [running for running in self.by_id.values() if running.phase == "approval"]

    def cancel(self, call_id: str) -> None:
        """Stop a call; the model is informed."""
        self._event(call_id, Stopped(STOPPED_BY_USER))

    def decide(self, decision: Decision, call_id: str, reason: str = "", how: str = "") -> None:
        """Apply the user's decision to a call; all but "cancel" and "ask" are for calls that wait for approval.

        Parameters
        ----------
        decision
            "always" allows the call, and all calls of the tool from now on, until the tool has another version or
            the user decides "ask" on one of them.
        call_id
            Id of the call.
        reason
            Of a refusal, for the model.
        how
            How the user decided, in words; by a button otherwise.
        """
        running = self.by_id.get(call_id)
        if decision == "cancel":
            self.cancel(call_id)
        elif decision == "ask":
            self._ask_again(running)
        elif running is not None and running.phase == "approval":
            running.consent = how or by_button(decision)
            if decision == "deny":
                self._apply(running, Denied(f"{DENIED_BY_USER}: {reason}" if reason else DENIED_BY_USER))
                return
            if decision == "always" and running.tool is not None:
                self._always.add(_version(running.tool))
            self._apply(running, Approved())
            for other in self.asking() if decision == "always" else ():
                if self._always_allowed(other):
                    other.consent = ALWAYS_ALLOWED
                    self._apply(other, Approved())

    def _ask_again(self, running: RunningCall | None) -> None:
        """Ask before each call of a tool again."""
        if running is None or running.tool is None or not self._always_allowed(running):
            return
        self._always.discard(_version(running.tool))
        for each in self.by_id.values():
            if each.consent == ALWAYS_ALLOWED and each.tool and _version(each.tool) == _version(running.tool):
                each.consent = WAS_ALWAYS_ALLOWED
        self.refresh()

    def refresh(self) -> None:
        """Tell who shows the calls that something about them is different."""
        self._changed()

    async def wait(self) -> None:
        """Wait until the tasks of all calls have ended; call `stop` first."""
        await self._tasks.wait()

    def stop(self, reason: str) -> None:
        """Give up all calls, also those that come later; the model receives `reason`."""
        self._closed = reason
        for running in list(self.by_id.values()):
            self._apply(running, Stopped(reason))
        if self._refresh is not None:
            self._refresh.cancel()

    def reopen(self) -> None:
        """Take calls again after `stop`; those that ended keep their results."""
        self._closed, self._refresh = "", None

    def _event(self, call_id: str, event: LifeEvent) -> None:
        if (running := self.by_id.get(call_id)) is not None:
            self._apply(running, event)

    def _apply(self, running: RunningCall, event: LifeEvent) -> None:
        for effect in running.life.step(event):
            match effect:
                case "ask":
                    assert running.tool is not None
                    running.asked_at = self._clock.time()
                    limit = running.tool.options.approval_limit
                    self._time(running, limit, Denied, "nobody allowed this call within {limit:g} s")
                case "queue":
                    self._enqueue(running)
                case "start":
                    self._start(running)
                case "abort":
                    self._abort(running)
                case "deliver":
                    self._end(running)
        self._changed()

    def _time(
        self, running: RunningCall, limit: float | None, event: Callable[[str], LifeEvent], why: str
    ) -> None:
        """Apply `event` after `limit` seconds; replaces the call's earlier timer."""
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        if limit is not None:
            due = event(why.format(limit=limit))
            running.timer = self._clock.call_later(limit, self._apply, running, due)

    def _enqueue(self, running: RunningCall) -> None:
        tool = running.tool
        assert tool is not None
        limit = tool.options.time_limit
        self._time(running, limit, Stopped, "an earlier call of this tool was still running after {limit:g} s")
        queue = self._queues.setdefault(tool.name, deque())
        if tool.options.parallel:
            self._apply(running, Admitted())
            return
        queue.append(running)
        if queue[0] is running:
            self._apply(running, Admitted())

    def _leave(self, running: RunningCall) -> None:
        """Leave the tool's queue, because the code has ended or never began, and admit the next call."""
        queue = self._queues.get(running.call.name)
        if not queue or running not in queue:
            return
        first = queue[0] is running
        queue.remove(running)
        if first and queue:
            self._apply(queue[0], Admitted())

    def _start(self, running: RunningCall) -> None:
        assert running.tool is not None
        limit = running.tool.options.time_limit
        self._time(running, limit, Stopped, "the call took longer than its limit of {limit:g} s")
        loop = asyncio.get_running_loop()
        assert running.output is not None
        running.output.at_end(lambda: _call_on(loop, self._leave, running))
        running.task = self._tasks.spawn(self._run(running, running.tool))
        running.task.add_done_callback(lambda _: None if running.handed_over else self._leave(running))

    def _abort(self, running: RunningCall) -> None:
        if running.output is not None and running.task is not None:
            running.output.close()
            if running.task is not asyncio.current_task():
                running.task.cancel()

    def _end(self, running: RunningCall) -> None:
        if running.timer is not None:
            running.timer.cancel()
        if running.result is None:
            running.result = self._given_up(running)
        queue = self._queues.get(running.call.name)
        if queue and running in queue and queue[0] is not running:
            queue.remove(running)
        self._deliver(running)

    def _given_up(self, running: RunningCall) -> ToolResult:
        output, reason = running.output, running.life.reason
        where = output.where() if output else ""
        if where:
            reason += _STILL_RUNS
        elif output and running.handed_over and not output.began:
            reason += "; it never started, because the kernel or its threads were busy"
        outcome = failure(reason, where)
        call = running.call
        return ToolResult(
            call_id=call.call_id,
            name=call.name,
            version=running.tool.version if running.tool else None,
            arguments=call.arguments,
            output=outcome.output,
            error=outcome.error,
            traceback=outcome.traceback,
            printed=output.text() if output else "",
            displays=output.displays() if output else (),
            seconds=self._runner.clock() - running.started,
        )

    async def _check(self, running: RunningCall, tool: Tool) -> None:
        try:
            arguments, output = running.call.arguments, running.output
            ask = bool(await self._runner.run_in_thread(needs_approval, tool, arguments, output))
        except RuntimeError as error:  # the runner is closed
            self._apply(running, Stopped(f"the call could not be run: {error}"))
            return
        running.task = None
        if ask and self._always_allowed(running):
            ask, running.consent = False, ALWAYS_ALLOWED
        self._apply(running, Checked(ask))

    def _always_allowed(self, running: RunningCall) -> bool:
        return running.tool is not None and _version(running.tool) in self._always

    async def _run(self, running: RunningCall, tool: Tool) -> None:
        call = running.call
        running.handed_over = True
        result = await self._runner.run(call.call_id, tool, call.name, call.arguments, running.output)
        if running.life.phase == "running":
            seconds = self._runner.clock() - running.started
            running.result = replace(result, seconds=seconds)
        self._apply(running, Finished())

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refresh soon, because a call has new output; from any thread."""
        if self._refresh is None and not self._closed:
            _call_on(loop, self._refresh_later)

    def _refresh_later(self) -> None:
        if self._refresh is None and not self._closed:
            self._refresh = asyncio.get_running_loop().call_later(OUTPUT_REFRESH_S, self._refresh_now)

    def _refresh_now(self) -> None:
        self._refresh = None
        self._changed()


def _version(tool: Tool) -> tuple[str, int]:
    return tool.name, tool.version


def _call_on(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, *arguments)
