"""The tool calls of a session as its owner sees and decides them, from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import SessionClosedError
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from realtime_widgets.core.conversation.approvals import ApprovalRequest
    from realtime_widgets.tools import ToolResult
    from realtime_widgets.tools.execution.calls import CallScheduler, Decision, RunningCall
    from realtime_widgets.tools.execution.lifecycle import Phase


@dataclass(frozen=True)
class SessionCall:
    """A tool call at the moment it was looked at.

    Attributes
    ----------
    call_id, name, arguments : str
        The call as the model sent it; `arguments` is JSON text.
    phase : str
        ``checking``, ``approval`` (the user has to decide), ``queued``, ``running`` or ``ended``.
    note : str
        Its last progress message.
    result : ToolResult or None
        How it ended.
    read_as : str
        The arguments as they are read, if the model sent them slightly wrong; empty otherwise.
    consent : str
        How the user decided, in words, such as ``"allowed always"``; empty if nobody was asked, or answered yet.
    """

    call_id: str
    name: str
    arguments: str
    phase: Phase
    note: str
    result: ToolResult | None
    _calls: SessionCalls = field(repr=False, compare=False)
    read_as: str = ""
    consent: str = ""

    def approve(self, *, always: bool = False) -> None:
        """Let it run, if it waits for approval.

        Parameters
        ----------
        always
            Whether later calls of the tool run without being asked for, until the session ends or the tool has
            another version.
        """
        self._calls.approve(self.call_id, always=always)

    def deny(self, reason: str = "") -> None:
        """Refuse it, if it waits for approval; the model receives the reason."""
        self._calls.deny(self.call_id, reason)

    def cancel(self) -> None:
        """Cancel it, wherever it is; code in a worker thread cannot be stopped, and its result is dropped."""
        self._calls.cancel(self.call_id)

    def __repr__(self) -> str:
        read = f" read as {self.read_as}" if self.read_as else ""
        return visible(f"<{self.name}({self.arguments}){read} {self.phase}>")


class CallsOwner(Protocol):
    """What makes tool calls: a session, or a chat. On the I/O thread only."""

    calls: CallScheduler
    closed_reason: str

    @property
    def state(self) -> str:
        """``closed`` if it is over."""

    async def until(
        self, condition: Callable[[], bool], limit_s: float | None = None, topics: Collection[str] = ()
    ) -> bool:
        """Wait until `condition`, which depends on `topics`, holds."""

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Apply the user's decision to a tool call."""


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
        """Wait until a call asks for consent; returns the oldest such.

        Raises
        ------
        SessionClosedError
            If the session ends instead.
        """

        def ready() -> bool:
            return self._runtime.state == "closed" or bool(self.asking)

        await asyncio.wrap_future(self._engine.submit(self._runtime.until(ready, topics=("state", "calls"))))
        if asking := self.asking:
            return asking[0]
        raise SessionClosedError(f"this session is over: {self._runtime.closed_reason}")

    def approve(self, call_id: str, *, always: bool = False) -> None:
        """Let a call run that waits for approval; with `always` also later calls of its tool."""
        self._decide("always" if always else "approve", call_id)

    def deny(self, call_id: str, reason: str = "") -> None:
        """Refuse a call that waits for approval; the model receives the reason."""
        self._decide("deny", call_id, reason)

    def cancel(self, call_id: str) -> None:
        """Cancel a call in any phase; the model is informed. Not for calls that the service makes."""
        self._decide("cancel", call_id)

    def _decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        self[call_id]  # raises for an unknown id on the user's thread
        self._engine.run(self._runtime.decide, decision, call_id, reason)

    def _asked(self, request: ApprovalRequest) -> SessionCall:
        phase: Phase = "ended"
        if request.open:  # one that is allowed always is answered when it is complete
            phase = "checking" if request.consent else "approval"
        name = f"{request.server_label}.{request.name}"
        return SessionCall(
            request.id, name, request.arguments, phase, request.reason, None, self, consent=request.consent
        )

    def _look(self, running: RunningCall) -> SessionCall:
        call, output = running.call, running.output
        note = output.progress.text if output and output.progress else ""
        read_as = output.read_as if output else ""
        return SessionCall(
            call.call_id,
            call.name,
            call.arguments,
            running.phase,
            note,
            running.result,
            self,
            read_as,
            running.consent,
        )

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
