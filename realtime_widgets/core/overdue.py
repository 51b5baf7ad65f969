"""What is waited for from the service, and what becomes of it when that takes too long. Pure.

The limits are those of `patience.py`. A turn whose answer does not begin or end fails with the reason; one that
the user has stopped is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core.conversation.commands import Command, Send, end_turn
from realtime_widgets.core.turn_taking import patience
from realtime_widgets.core.turn_taking.patience import Patience, Wait
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.approvals import McpApprovals
    from realtime_widgets.core.conversation.items import Conversation, Response
    from realtime_widgets.core.conversation.turns import TurnLedger
    from realtime_widgets.core.error_events import ErrorEvents
    from realtime_widgets.core.playback.voice import VoiceOutput
    from realtime_widgets.core.turn_taking.out_of_band import Asides
    from realtime_widgets.core.turn_taking.response_queue import ResponseQueue
    from realtime_widgets.core.turn_taking.user_speech import UserSpeech

#: Error code of a turn that was given up because the service took too long.
OVERDUE_CODE = "no_answer_in_time"
_ENDED_BY_US = "The service never said that its answer was over; it counts as whole, {:g} s after its last part."


@dataclass
class Overdue:
    """Gives up what takes the service too long.

    Attributes
    ----------
    conversation, voice, queue, asides, turns, approvals, speech, errors, notice
        Parts and functions of the session's core.
    patience
        The limits that run.
    close
        Applies the end of a response that the service does not tell of.
    overtaken
        Responses that run although the service has begun another one since.
    """

    conversation: Conversation
    voice: VoiceOutput
    queue: ResponseQueue
    asides: Asides
    turns: TurnLedger
    approvals: McpApprovals
    speech: UserSpeech
    errors: ErrorEvents
    notice: Callable[[Literal["notice", "error"], str], None]
    patience: Patience
    close: Callable[[ev.ResponseDone], list[Command]]
    overtaken: set[str] = field(default_factory=set)

    def lost(self) -> None:
        """Note that the connection is gone, and what it was about to bring."""
        self.overtaken.clear()
        self.errors.unnamed.clear()

    def time_is_up(self, wake_id: str) -> list[Command] | None:
        """Give up what has been waited for too long; returns None if the limit does not count any more."""
        wait = self.patience.time_is_up(wake_id)
        if wait is None:
            return None
        match wait.what:
            case "request" | "running elsewhere":
                return self._request_is(wait)
            case "response":
                return self._response_is(wait)
            case "aside":
                return self._aside_is(wait)
            case "end":
                return self.speech.end_unheard()
            case _:
                return self.speech.unfinished(wait.what == "commit")

    def waits(self) -> list[Wait]:
        """List what the service has to do now."""
        queue, waits = self.queue, list[Wait]()
        if flying := queue.in_flight:
            limit = patience.STOP_S if flying.abandoned else patience.BEGIN_S
            waits.append(self._unless_error("request", flying.id, limit))
        if queue.active_id:
            waits.append(self._running(queue.active_id))
        waits += [self._running(response_id) for response_id in self.overtaken]
        if blocked := queue.blocked:
            waits.append(Wait("running elsewhere", blocked.id, patience.BEGIN_S))
        waits += [self._unless_error("aside", each, patience.BEGIN_S) for each in self.asides.waiting]
        waits += [self._running(response_id, "aside") for response_id in self.asides.running]
        if (item_id := self.speech.item_id) is not None:
            if self.speech.stopped:
                waits.append(Wait("commit", item_id, patience.COMMIT_S))
            elif self.speech.ending:
                waits.append(Wait("end", item_id, patience.END_S))
            else:
                waits.append(Wait("speech", item_id, patience.SPEECH_S))
        return waits

    def _running(self, response_id: str, what: Literal["response", "aside"] = "response") -> Wait:
        stopped = self.voice.is_muted(response_id)
        return self._unless_error(what, response_id, patience.STOP_S if stopped else patience.STALL_S)

    def _unless_error(self, what: Literal["request", "response", "aside"], subject: str, limit_s: float) -> Wait:
        """Return a wait, shortened if the service reported an error that may have ended it."""
        error = self.errors.unnamed.get(subject)
        reason = "" if error is None else error.message or error.code or "the service reported an error"
        return Wait(
            what, subject, min(limit_s, patience.ERROR_S) if reason else limit_s, reason, self._came(subject)
        )

    def _came(self, response_id: str) -> int:
        """Measure how much of a response came."""
        response = self.conversation.responses.get(response_id)
        if response is None:
            return 0
        items = [item for each in response.item_ids if (item := self.conversation.items.get(each))]
        sound = sum(part.received for item in items for _, part in self.voice.ledger.item_parts(item.id))
        return sound + sum(
            1 + item.settled + len(item.text) + len(item.arguments) + len(item.output) for item in items
        )

    def _request_is(self, wait: Wait) -> list[Command]:
        request = self.queue.give_up(wait.subject)
        turn = self.turns.get(request.turn_id) if request else None
        proceed: list[Command] = [Send(event) for event in self.queue.proceed()]
        if request is None or turn is None:
            return proceed
        if request.abandoned:
            turn.interrupted = True
            return [*end_turn(turn), *proceed]
        if wait.what == "request":
            reason = wait.reason or f"the service did not begin an answer within {wait.limit_s:g} s"
        else:
            reason = (
                f"the service says that another answer is being made, and ended none within {wait.limit_s:g} s"
            )
        return [*self._fail(turn.id, reason, told=bool(wait.reason)), *proceed]

    def _response_is(self, wait: Wait) -> list[Command]:
        response = self.conversation.responses.get(wait.subject)
        if response is None or not response.active:
            return []
        stopped = self.voice.is_muted(response.id)
        asked = any(request.open for request in self.approvals.of(response.id))
        if not stopped and (asked or self._came(response.id) > wait.progress):
            return []  # the limit begins anew
        items = [item for each in response.item_ids if (item := self.conversation.items.get(each))]
        whole = bool(items) and all(item.settled for item in items) and not wait.reason
        if stopped:
            status = "cancelled"
            details: ev.JsonObject = {"type": "cancelled", "reason": "client_cancelled"}
        elif whole:
            status, details = "completed", {}
            self.notice("notice", _ENDED_BY_US.format(wait.limit_s))
        else:
            reason = wait.reason or f"nothing more of the answer came within {wait.limit_s:g} s"
            status, details = "failed", {"type": "failed", "error": {"code": OVERDUE_CODE, "message": reason}}
        commands = [*self._cancel(response), *self.close(_done(response, status, details))]
        self.voice.mute([response.id])  # what came is heard, what comes after all is not
        return commands

    def _aside_is(self, wait: Wait) -> list[Command]:
        response = self.conversation.responses.get(wait.subject)
        if response is not None and self._came(response.id) > wait.progress:
            return []
        turn = self.asides.refused(wait.subject) or self.asides.forget(wait.subject)
        if turn is None:
            return []
        reason = wait.reason or f"the service did not answer this aside within {wait.limit_s:g} s"
        cancel = self._cancel(response) if response is not None else []
        return [*cancel, *self._fail(turn.id, reason, told=bool(wait.reason))]

    def _cancel(self, response: Response) -> list[Command]:
        """Tell the service, lest it goes on where nobody hears it."""
        return [Send(ev.ResponseCancel(response_id=response.id))]

    def _fail(self, turn_id: str, reason: str, told: bool) -> list[Command]:
        turn = self.turns.get(turn_id)
        if turn is None or turn.done:
            return []
        if not told:
            self.notice(turn.told_as, f"The answer failed: {reason}.")
        return self.errors.fail(turn, reason, OVERDUE_CODE)


def _done(response: Response, status: str, details: ev.JsonObject) -> ev.ResponseDone:
    return ev.ResponseDone(response={"id": response.id, "status": status, "status_details": details})
