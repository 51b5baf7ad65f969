"""Errors of the service, and what each ends: a harmless race nothing, a refused event its own turn. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.turns import Command, Send, Turn, end_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.asides import Asides
    from realtime_widgets.expectation import Expectation
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.resumption import Resumption
    from realtime_widgets.retrieval import Retrievals
    from realtime_widgets.sequencer import ResponseSequencer
    from realtime_widgets.turn_ledger import TurnLedger

#: Errors that only say that a wish came too late: PROTOCOL's benign races.
BENIGN_CODES = frozenset(
    {"response_cancel_not_active", "input_audio_buffer_commit_empty", "item_truncate_invalid_item_id"}
)
#: How the ids of events begin whose refusal harms nobody: what they were to change is gone already.
_TIDYING = ("rw_truncate_", "rw_delete_")


@dataclass
class Refusals:
    """Takes errors.

    Attributes
    ----------
    sequencer, asides, resumption, retrievals, turns, abandoned, expectation, notice
        Of the session's core.
    by_event
        Errors that named an event of ours, by its id.
    """

    sequencer: ResponseSequencer
    asides: Asides
    resumption: Resumption
    retrievals: Retrievals
    turns: TurnLedger
    abandoned: set[str]
    expectation: Expectation
    notice: Callable[[Literal["notice", "error"], str], None]
    by_event: dict[str, ev.ErrorDetail] = field(default_factory=dict)

    def take(self, error: ev.ErrorDetail) -> list[Command]:
        """Take one error."""
        event_id = error.event_id or ""
        if error.code == "conversation_already_has_active_response":
            return self._busy(error.event_id)
        if error.code in BENIGN_CODES or event_id.startswith(_TIDYING):
            return []
        if missing := self.resumption.refused(event_id):
            self.notice("notice", f"The model does not know any more {missing}: {error.message}")
            return []
        if self.retrievals.refused(event_id, error):
            return []
        if event_id:
            self.by_event[event_id] = error
        request, aside = self.sequencer.refused(error.event_id), self.asides.refused(event_id)
        refused = self.turns.get(request.turn_id) if request else aside
        turn = refused or self.turns.asked_by(event_id)
        self.notice("error", error.message or error.code or "the service reported an error")
        return self._fail(turn, error) if turn else []

    def _fail(self, turn: Turn, error: ev.ErrorDetail) -> list[Command]:
        turn.error, turn.error_code = error.message or str(error.code), error.code
        self.sequencer.drop(turn.id)
        flying = self.sequencer.in_flight
        if flying and flying.turn_id == turn.id:
            self.abandoned.add(turn.id)  # its question was refused: nothing is left to answer
        return [*end_turn(turn), *(Send(event) for event in self.sequencer.proceed())]

    def _busy(self, event_id: str | None) -> list[Command]:
        flying = self.sequencer.in_flight
        if flying is None and event_id is None:
            self.expectation.end()  # it was the service's own try
        commands: list[Command] = [Send(event) for event in self.sequencer.refused_busy(event_id)]
        if flying and self.sequencer.in_flight is None and flying.turn_id in self.abandoned:
            self.abandoned.remove(flying.turn_id)
            self.sequencer.drop(flying.turn_id)
            commands += end_turn(self.turns.all[flying.turn_id])
        return commands
