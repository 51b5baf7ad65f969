"""The tool calls of a session while they wait, ask, run and end; on the I/O thread only."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.background import BackgroundTasks
from realtime_widgets.clock import REAL_CLOCK
from realtime_widgets.tools.approval import needs_approval
from realtime_widgets.tools.lifecycle import (
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
from realtime_widgets.tools.outcome import ToolResult, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_widgets.clock import Clock, Timer
    from realtime_widgets.tools import Tool, ToolRunner
    from realtime_widgets.tools.call_output import CallOutput
    from realtime_widgets.turns import ToolCall

#: What a person can say to a call.
Decision = Literal["approve", "deny", "cancel"]

#: In the ids of items that hold pictures which tools returned; their cards show them.
PICTURE = "picture"
#: Shortest time between two refreshes for what a running call prints and notes, in seconds.
OUTPUT_REFRESH_S = 0.1
STOPPED_BY_PERSON = "the person stopped this call"
DENIED_BY_PERSON = "the person did not allow this call"
_STILL_RUNS = "; its code may still be running"


@dataclass
class RunningTool:
    """A tool call as it stands: `result` is None until it has its output."""

    call: ToolCall
    result: ToolResult | None = None
    tool: Tool | None = None
    output: CallOutput | None = None
    life: CallLife = field(default_factory=CallLife)
    task: asyncio.Task[None] | None = None
    timer: Timer | None = None
    started: float = 0.0
    #: Whether its code was handed to the runner.
    handed_over: bool = False

    @property
    def phase(self) -> Phase:
        """Where the call is."""
        return "ended" if self.result else self.life.phase


class ToolCalls:
    """Brings every call to exactly one output.

    A person's interruption stops the voice and not the work: calls go on, for what they do in the world
    cannot be taken back, and their outputs reach the model. What ends a call early is `cancel`, its time
    limit, and the end of the session.

    Parameters
    ----------
    runner
        Runs the code.
    deliver
        Called once for each call, with its `RunningTool`, when its output is there.
    changed
        Called when a person would see something different.
    clock
        What time limits go by.
    """

    def __init__(
        self,
        runner: ToolRunner,
        deliver: Callable[[RunningTool], object],
        changed: Callable[[], object],
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self.by_id: dict[str, RunningTool] = {}
        self._runner = runner
        self._deliver = deliver
        self._changed = changed
        self._clock = clock
        self._queues: dict[str, deque[RunningTool]] = {}
        self._tasks = BackgroundTasks()
        self._refresh: asyncio.TimerHandle | None = None
        self._closed = ""

    def begin(self, call: ToolCall, tool: Tool | None, missing: str = "") -> None:
        """Take a call; `missing` is what the model is told where there is no `tool` for it."""
        running = RunningTool(call, tool=tool, started=self._runner.clock())
        self.by_id[call.call_id] = running
        if self._closed or tool is None:
            self._take(running, Stopped(self._closed or missing))
            return
        loop = asyncio.get_running_loop()
        running.output = self._runner.new_output(lambda: self._soon(loop))
        if tool.options.approval == "never":
            self._take(running, Checked(ask=False))
        else:
            limit = tool.options.time_limit
            self._time(running, limit, Stopped, "whether to ask for consent was not found out within {limit:g} s")
            running.task = self._tasks.spawn(self._check(running, tool))
        self._changed()

    def approve(self, call_id: str) -> None:
        """Let a call run that waits for consent; others are left as they are."""
        self._event(call_id, Approved())

    def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits for consent; others are left as they are."""
        self._event(call_id, Denied(f"{DENIED_BY_PERSON}: {reason}" if reason else DENIED_BY_PERSON))

    def cancel(self, call_id: str) -> None:
        """Give a call up; the model is told so."""
        self._event(call_id, Stopped(STOPPED_BY_PERSON))

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Take the person's word on a call."""
        match decision:
            case "approve":
                self.approve(call_id)
            case "deny":
                self.deny(call_id, reason)
            case "cancel":
                self.cancel(call_id)

    async def wait(self) -> None:
        """Wait for what was begun for calls on this loop, after `stop`."""
        await self._tasks.wait()

    def stop(self, reason: str) -> None:
        """Give up all calls, and those that come later."""
        self._closed = reason
        for running in list(self.by_id.values()):
            self._take(running, Stopped(reason))
        if self._refresh is not None:
            self._refresh.cancel()

    def _event(self, call_id: str, event: LifeEvent) -> None:
        if (running := self.by_id.get(call_id)) is not None:
            self._take(running, event)

    def _take(self, running: RunningTool, event: LifeEvent) -> None:
        for effect in running.life.step(event):
            match effect:
                case "ask":
                    assert running.tool is not None
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
        self, running: RunningTool, limit: float | None, event: Callable[[str], LifeEvent], why: str
    ) -> None:
        """Let `event` happen after `limit` seconds, in place of what was timed before."""
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        if limit is not None:
            due = event(why.format(limit=limit))
            running.timer = self._clock.call_later(limit, self._take, running, due)

    def _enqueue(self, running: RunningTool) -> None:
        tool = running.tool
        assert tool is not None
        limit = tool.options.time_limit
        self._time(running, limit, Stopped, "an earlier call of this tool was still running after {limit:g} s")
        queue = self._queues.setdefault(tool.name, deque())
        if tool.options.parallel:
            self._take(running, Admitted())
            return
        queue.append(running)
        if queue[0] is running:
            self._take(running, Admitted())

    def _leave(self, running: RunningTool) -> None:
        """Let the next call of this tool run; this one's code has ended or never began."""
        queue = self._queues.get(running.call.name)
        if not queue or running not in queue:
            return
        first = queue[0] is running
        queue.remove(running)
        if first and queue:
            self._take(queue[0], Admitted())

    def _start(self, running: RunningTool) -> None:
        assert running.tool is not None
        limit = running.tool.options.time_limit
        self._time(running, limit, Stopped, "the call took longer than its limit of {limit:g} s")
        loop = asyncio.get_running_loop()
        assert running.output is not None
        running.output.at_end(lambda: _call_on(loop, self._leave, running))
        running.task = self._tasks.spawn(self._run(running, running.tool))
        running.task.add_done_callback(lambda _: None if running.handed_over else self._leave(running))

    def _abort(self, running: RunningTool) -> None:
        if running.output is not None and running.task is not None:
            running.output.close()
            if running.task is not asyncio.current_task():
                running.task.cancel()

    def _end(self, running: RunningTool) -> None:
        if running.timer is not None:
            running.timer.cancel()
        if running.result is None:
            running.result = self._given_up(running)
        queue = self._queues.get(running.call.name)
        if queue and running in queue and queue[0] is not running:
            queue.remove(running)
        self._deliver(running)

    def _given_up(self, running: RunningTool) -> ToolResult:
        output, reason = running.output, running.life.reason
        where = output.where() if output else ""
        if where:
            reason += _STILL_RUNS
        elif output and running.handed_over and not output.began:
            reason += "; it never got its turn, for the kernel or its threads were busy"
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
            pictures=tuple(output.pictures()) if output else (),
            seconds=self._runner.clock() - running.started,
        )

    async def _check(self, running: RunningTool, tool: Tool) -> None:
        try:
            ask = bool(await self._runner.aside(needs_approval, tool, running.call.arguments))
        except RuntimeError as error:  # the runner is closed
            self._take(running, Stopped(f"the call could not be run: {error}"))
            return
        running.task = None
        self._take(running, Checked(ask))

    async def _run(self, running: RunningTool, tool: Tool) -> None:
        call = running.call
        running.handed_over = True
        result = await self._runner.run(call.call_id, tool, call.name, call.arguments, running.output)
        if running.life.phase == "running":
            seconds = self._runner.clock() - running.started
            running.result = replace(result, seconds=seconds)
        self._take(running, Finished())

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refresh before long for what a call gave off; from any thread."""
        if self._refresh is None and not self._closed:
            _call_on(loop, self._refresh_later)

    def _refresh_later(self) -> None:
        if self._refresh is None and not self._closed:
            self._refresh = asyncio.get_running_loop().call_later(OUTPUT_REFRESH_S, self._refresh_now)

    def _refresh_now(self) -> None:
        self._refresh = None
        self._changed()


def _call_on(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, *arguments)


def picture_item(item_id: str, images: Sequence[str], seen: bool = True) -> dict[str, Any]:
    """Return the item that brings pictures, as data URIs, to the model: outputs of calls hold only text.

    Where the endpoint takes no images (not `seen`), it tells the model so.
    """
    content = [{"type": "input_image", "image_url": uri} for uri in images]
    if not seen:
        content = [{"type": "input_text", "text": f"[{len(images)} picture(s), which you cannot see here]"}]
    return {"id": item_id, "type": "message", "role": "user", "content": content}
