"""Error events, and what each ends: a harmless race nothing, a refused event its own turn. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Command, Send, end_turn

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.notices import Notices
    from realtime_widgets.core.conversation.retrieval import Retrievals
    from realtime_widgets.core.conversation.turns import Turn, TurnLedger
    from realtime_widgets.core.reconnect.resumption import Resumption
    from realtime_widgets.core.turn_taking.out_of_band import Asides
    from realtime_widgets.core.turn_taking.response_queue import ResponseQueue
    from realtime_widgets.core.turn_taking.user_speech import UserSpeech
    from realtime_widgets.protocol import events as ev

#: Errors that only say that a request came too late: benign races of the protocol.
BENIGN_CODES = frozenset({"response_cancel_not_active", "item_truncate_invalid_item_id"})
_NOTHING_COMMITTED = "input_audio_buffer_commit_empty"
#: How the ids of events begin that change settings: who sent them waits for the refusal, and tells it.
_SETTINGS = ("rw_configure", "rw_tools_")
#: How the ids of events begin whose refusal harms nobody: what they were to change is gone already.
_TIDYING = ("rw_truncate_", "rw_delete_")
#: Error code of what is beyond the account's limits, and the subject of what is told of it until an answer comes.
RATE_LIMIT = "rate_limit_exceeded"
_ALWAYS_BUSY = "The service says again and again that another answer is being made: the request is given up."


@dataclass
class ErrorEvents:
    """Applies errors of the service.

    Attributes
    ----------
    queue, asides, resumption, retrievals, turns, speech, notices
        Parts of the session's core.
    by_event
        Errors that named an event of ours, by its id.
    unnamed
        Errors that named none, by the id of the request or response that each may have ended.
    """

    queue: ResponseQueue
    asides: Asides
    resumption: Resumption
    retrievals: Retrievals
    turns: TurnLedger
    speech: UserSpeech
    notices: Notices
    by_event: dict[str, ev.ErrorDetail] = field(default_factory=dict)
    unnamed: dict[str, ev.ErrorDetail] = field(default_factory=dict)

    def receive(self, event: ev.ErrorEvent) -> list[Command]:
        """Apply one error."""
        error = event.error
        event_id = error.event_id or ""
        if error.code == "conversation_already_has_active_response":
            return self._busy(error.event_id)
        if error.code == _NOTHING_COMMITTED:
            return self.speech.nothing_committed()
        if error.code in BENIGN_CODES or event_id.startswith(_TIDYING):
            return []
        if missing := self.resumption.refused(event_id):
            self.notices.tell("notice", f"The model does not know any more {missing}: {error.message}")
            return []
        if self.retrievals.refused(event_id, error):
            return []
        if event_id:
            self.by_event[event_id] = error
        if event_id.startswith(_SETTINGS):
            return []
        request, aside = self.queue.refused(error.event_id), self.asides.refused(event_id)
        refused = self.turns.get(request.turn_id) if request else aside
        turn = refused or self.turns.asked_by(event_id)
        text = error.message or error.code or "the service reported an error"
        if turn:
            self.notices.tell(turn.told_as, text)
            return self.fail(turn, error.message or str(error.code), error.code)
        if error.code == RATE_LIMIT:
            self.notices.passing(RATE_LIMIT, "error", text)
        else:
            self.notices.tell("error", text)
        if not event_id:
            self.unnamed.update(dict.fromkeys(self._awaited(), error))
        return []

    def _awaited(self) -> list[str]:
        """List what an error that names nothing may be about: all that the service works on."""
        flying = [self.queue.in_flight.id] if self.queue.in_flight else []
        running = [self.queue.active_id] if self.queue.active_id else []
        return [*flying, *running, *self.asides.waiting]

    def fail(self, turn: Turn, reason: str, code: str | None = None) -> list[Command]:
        """End a turn that will not be answered, and let the next one through."""
        turn.error, turn.error_code = reason, code
        self.queue.drop(turn.id)
        self.queue.abandon(turn.id)  # if its question was refused, nothing is left to answer
        return [*end_turn(turn), *(Send(event) for event in self.queue.proceed())]

    def _busy(self, event_id: str | None) -> list[Command]:
        if self.queue.in_flight is None and event_id is None:
            self.speech.expected.end()  # it was the service's own try
        dropped = self.queue.requeue(event_id)
        turn = self.turns.get(dropped.turn_id) if dropped else None
        if not turn or not dropped or dropped.abandoned:
            return end_turn(turn) if turn else []
        self.notices.tell(turn.told_as, _ALWAYS_BUSY)
        return self.fail(turn, _ALWAYS_BUSY, "conversation_already_has_active_response")
