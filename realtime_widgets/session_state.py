"""What a session tells of itself, from any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.calls import SessionCalls
from realtime_widgets.engine import shared_engine
from realtime_widgets.export import ConversationExport, export

if TYPE_CHECKING:
    from realtime_widgets.meter import RateLimit
    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.runtime import SessionRuntime, State
    from realtime_widgets.usage import Usage


class SessionState:
    """The part of a session that only looks."""

    _runtime: SessionRuntime

    def __init__(self) -> None:
        self._engine = shared_engine()

    @property
    def runtime(self) -> SessionRuntime:
        """The session's I/O side, for widgets; use it on the I/O thread only."""
        return self._runtime

    @property
    def state(self) -> State:
        """One of idle, connecting, preparing, listening, thinking, speaking, reconnecting, closed."""
        return self._runtime.state

    @property
    def endpoint(self) -> Endpoint:
        """Where the session talks to."""
        return self._runtime.endpoint

    @property
    def usage(self) -> Usage:
        """Tokens and money so far, of all responses and of writing down what was said."""
        return self._engine.run(lambda: self._runtime.accounts.usage)

    @property
    def usage_by_turn(self) -> list[Usage]:
        """What each turn used so far, in order; what belongs to no turn is in `usage` only."""
        return self._engine.run(self._usage_by_turn)

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """What is left of the account's limits, by name, as the service last told it."""
        return self._engine.run(lambda: self._runtime.accounts.rate_limits)

    @property
    def transcript(self) -> str:
        """Both sides so far, a line each, as plain text."""
        items = self._engine.run(lambda: list(self._runtime.core.conversation))
        return "\n".join(f"{item.role}: {item.text}" for item in items if item.text)

    @property
    def calls(self) -> SessionCalls:
        """The model's tool calls: what they are at, and how to approve, deny or cancel them without a page."""
        return SessionCalls(self._runtime, self._runtime.core.approvals.requests)

    @property
    def conversation(self) -> ConversationExport:
        """Both sides, tool calls and outputs as they stand now; see `to_messages`, `to_markdown`, `to_records`."""
        core = self._runtime.core
        return self._engine.run(lambda: export(core.conversation, core.ledger))

    def _usage_by_turn(self) -> list[Usage]:
        core = self._runtime.core
        return [self._runtime.accounts.of_turn(turn, core.conversation) for turn in core.turns.values()]
