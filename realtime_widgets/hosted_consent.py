"""A person's consent to tools that the service calls: asked for, given, refused where nobody answers in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.timers import Timers
from realtime_widgets.tool_calls import DENIED_BY_PERSON
from realtime_widgets.tools.options import DEFAULT_APPROVAL_LIMIT_S
from realtime_widgets.turns import Wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.clock import Clock
    from realtime_widgets.core import SessionCore
    from realtime_widgets.mcp_approvals import ApprovalRequest
    from realtime_widgets.tool_calls import Decision
    from realtime_widgets.tools import ToolRegistry
    from realtime_widgets.turns import Command


class HostedConsent:
    """Brings the service's requests for consent and a person's answers together.

    Parameters
    ----------
    core, registry
        Of the session.
    clock
        What time limits go by.
    perform
        Carries out what the core decides.
    """

    def __init__(
        self,
        core: SessionCore,
        registry: ToolRegistry,
        clock: Clock,
        perform: Callable[[list[Command]], None],
    ) -> None:
        self._core = core
        self._registry = registry
        self._perform = perform
        self._limits = Timers(clock, self._nobody_answered)

    def ask(self, request: ApprovalRequest) -> None:
        """Let the time run in which a request is to be answered."""
        hosted = self._registry.hosted.get(request.server_label)
        request.limit_s = limit = hosted.approval_limit if hosted else DEFAULT_APPROVAL_LIMIT_S
        if limit is not None:
            self._limits.set(Wake(request.id, limit))

    def decide(self, decision: Decision, request_id: str, reason: str = "") -> None:
        """Take the person's word; the service's own calls cannot be cancelled."""
        if decision == "cancel":
            return
        self._limits.cancel(request_id)
        said = "" if decision == "approve" else reason or DENIED_BY_PERSON
        self._perform(self._core.decide_approval(request_id, decision == "approve", said))

    def stop(self) -> None:
        """Let no time run any more."""
        self._limits.stop()

    def _nobody_answered(self, request_id: str) -> None:
        limit = self._core.approvals.requests[request_id].limit_s
        self.decide("deny", request_id, f"nobody allowed this call within {limit:g} s")
