"""The tool calls of a session as its owner sees and decides them, from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.engine import shared_engine
from realtime_widgets.errors import SessionClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.mcp_approvals import ApprovalRequest
    from realtime_widgets.tool_calls import Decision, RunningTool, ToolCalls
    from realtime_widgets.tools import ToolResult
    from realtime_widgets.tools.lifecycle import Phase


@dataclass(frozen=True)
class SessionCall:
    """A tool call at the moment it was looked at.

    Attributes
    ----------
    call_id, name, arguments : str
        The call as the model sent it; `arguments` is JSON text.
    phase : str
        ``checking``, ``approval`` (a person has to decide), ``queued``, ``running`` or ``ended``.
    note : str
        What it last told of its progress.
    result : ToolResult or None
        How it ended.
    """

    call_id: str
    name: str
    arguments: str
    phase: Phase
    note: str
    result: ToolResult | None
    _calls: SessionCalls

    def approve(self) -> None:
        """Let it run, where it waits for consent."""
        self._calls.approve(self.call_id)

    def deny(self, reason: str = "") -> None:
        """Refuse it, where it waits for consent; the model is told the reason."""
        self._calls.deny(self.call_id, reason)

    def cancel(self) -> None:
        """Give it up, wherever it is; code in a worker thread cannot be stopped and runs on unheard."""
        self._calls.cancel(self.call_id)

    def __repr__(self) -> str:
        return f"<{self.name}({self.arguments}) {self.phase}>"


class CallsOwner(Protocol):
    """Whose calls these are; on the I/O thread only."""

    calls: ToolCalls
    closed_reason: str

    @property
    def state(self) -> str:
        """``closed`` where it is over."""

    async def until(self, condition: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `condition` holds."""

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Take the person's word on a call."""


class SessionCalls(Mapping[str, SessionCall]):
    """A session's tool calls by call id, oldest first; then the service's requests for consent to its own."""

    def __init__(self, runtime: CallsOwner, requests: Mapping[str, ApprovalRequest] | None = None) -> None:
        self._runtime = runtime
        self._requests = {} if requests is None else requests
        self._engine = shared_engine()

    @property
    def asking(self) -> list[SessionCall]:
        """The calls that wait for consent."""
        return [call for call in self.values() if call.phase == "approval"]

    async def next_asking(self) -> SessionCall:
        """Wait until a call asks for consent; gives the oldest such.

        Raises
        ------
        SessionClosedError
            Where the session ends instead.
        """

        def ready() -> bool:
            return self._runtime.state == "closed" or bool(self.asking)

        await asyncio.wrap_future(self._engine.submit(self._runtime.until(ready)))
        if asking := self.asking:
            return asking[0]
        raise SessionClosedError(f"this session is over: {self._runtime.closed_reason}")

    def approve(self, call_id: str) -> None:
        """Let a call run that waits for consent."""
        self._decide("approve", call_id)

    def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits for consent; the model is told the reason."""
        self._decide("deny", call_id, reason)

    def cancel(self, call_id: str) -> None:
        """Give a call up, wherever it is; the model is told so. One that the service makes cannot be."""
        self._decide("cancel", call_id)

    def _decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        self[call_id]  # tells of an unknown id here, where the person is
        self._engine.run(self._runtime.decide, decision, call_id, reason)

    def _asked(self, request: ApprovalRequest) -> SessionCall:
        phase: Phase = "approval" if request.open else "ended"
        name = f"{request.server_label}.{request.name}"
        return SessionCall(request.id, name, request.arguments, phase, request.reason, None, self)

    def _look(self, running: RunningTool) -> SessionCall:
        call, progress = running.call, running.output.progress if running.output else None
        note = progress.text if progress else ""
        return SessionCall(call.call_id, call.name, call.arguments, running.phase, note, running.result, self)

    def __getitem__(self, call_id: str) -> SessionCall:
        request = self._engine.run(self._requests.get, call_id)
        if request is not None:
            return self._asked(request)
        running = self._engine.run(self._runtime.calls.by_id.get, call_id)
        if running is None:
            raise KeyError(f"no tool call has the id {call_id!r}; there are {', '.join(self) or 'none yet'}")
        return self._look(running)

    def __iter__(self) -> Iterator[str]:
        return iter(self._engine.run(lambda: [*self._runtime.calls.by_id, *self._requests]))

    def __len__(self) -> int:
        return len(self._runtime.calls.by_id) + len(self._requests)

    def __repr__(self) -> str:
        return "\n".join(f"{call.call_id}  {call!r}" for call in self.values()) or "No tool calls yet."
