"""The user's consent to tool calls: asked for, given by button, word or once for all, refused without answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.concurrency.timers import Timers
from realtime_widgets.protocol import events as ev
from realtime_widgets.runtime.safety.utterances import Asking, Utterances
from realtime_widgets.tools.execution.calls import (
    ALWAYS_ALLOWED,
    DENIED_BY_USER,
    WAS_ALWAYS_ALLOWED,
    by_button,
    by_word,
)
from realtime_widgets.tools.execution.consent_words import cancels
from realtime_widgets.tools.options import DEFAULT_APPROVAL_LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.conversation.approvals import ApprovalRequest
    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.tools import HostedMcp, ToolRegistry
    from realtime_widgets.tools.execution.calls import CallScheduler, Decision

#: Events that tell what the user says.
SPOKEN = (ev.SpeechStarted, ev.InputCommitted, ev.InputTranscriptionCompleted)
#: Events after which a request that is allowed always may be complete.
COMPLETE = (ev.OutputItemDone, ev.ItemDone, ev.ResponseDone)


class Consent:
    """Brings the calls that ask, of tools here and of the service, and the user's answers together.

    Each call has one outcome: the first decision, by whichever page or word, or its time limit, counts.

    Parameters
    ----------
    core, registry, calls
        Of the session.
    clock
        What the time limits go by.
    perform
        Carries out what the core decides.
    """

    def __init__(
        self,
        core: SessionCore,
        registry: ToolRegistry,
        calls: CallScheduler,
        clock: Clock,
        perform: Callable[[list[Command]], None],
    ) -> None:
        self._core = core
        self._registry = registry
        self._calls = calls
        self._clock = clock
        self._perform = perform
        self._limits = Timers(clock, self._nobody_answered)
        self._utterances = Utterances(clock)
        #: The server as it was when one of its tools was allowed always, by label and tool.
        self._always: dict[tuple[str, str], HostedMcp] = {}
        #: Requests that are allowed always, until they are complete.
        self._automatic: list[ApprovalRequest] = []
        self._stopped = False

    @property
    def waiting(self) -> list[Asking]:
        """The calls that wait for the user."""
        if self._stopped:
            return []
        asking = [
            Asking(
                running.call.call_id,
                running.asked_at,
                running.tool.options.approval_limit,
                running.tool.options.approve_by_voice,
            )
            for running in self._calls.asking()
            if running.tool is not None
        ]
        for request in self._core.approvals.requests.values():
            if request.open and not request.consent:
                asking.append(Asking(request.id, request.asked_at, request.limit_s, request.by_voice))
        return asking

    def seconds_left(self) -> dict[str, float]:
        """Return the seconds until each call that asks counts as refused; those without a limit are left out."""
        now = self._clock.time()
        return {
            each.call_id: max(0.0, each.asked_at + each.limit_s - now)
            for each in self.waiting
            if each.limit_s is not None
        }

    def ask(self, request: ApprovalRequest) -> None:
        """Start the time in which a request of the service is to be answered."""
        hosted = self._registry.hosted.get(request.server_label)
        request.asked_at = self._clock.time()
        if hosted is not None and self._always.get((request.server_label, request.name)) == hosted:
            request.consent = ALWAYS_ALLOWED
            self._automatic.append(request)
            self._allow_complete()
            return
        request.by_voice = hosted is not None and hosted.approve_by_voice
        request.limit_s = limit = hosted.approval_limit if hosted else DEFAULT_APPROVAL_LIMIT_S
        if limit is not None:
            self._limits.set(request.id, limit)

    def decide(self, decision: Decision, call_id: str, reason: str = "", how: str = "") -> None:
        """Apply the user's decision to a call; the service's own calls cannot be cancelled.

        Parameters
        ----------
        decision, call_id, reason
            As for `CallScheduler.decide`.
        how
            How the user decided, in words; by a button otherwise.
        """
        request = self._core.approvals.requests.get(call_id)
        if request is None:
            self._calls.decide(decision, call_id, reason, how)
        elif decision == "ask":
            self._ask_again(request)
        elif request.open and not self._stopped and decision != "cancel":
            self._answer(request, decision, reason, how or by_button(decision))

    def hears(self, event: ev.AnyServerEvent) -> None:
        """Note that the user begins to speak, before the core applies it, which stops what is playing."""
        match event:
            case ev.SpeechStarted(item_id=item_id):
                self.follow_player()
                self._utterances.began(item_id, self.waiting)
            case ev.InputCommitted(item_id=item_id):
                self._utterances.committed(item_id)
            case ev.InputTranscriptionCompleted(item_id=item_id, transcript=words):
                item = self._core.conversation.items.get(item_id)
                if item is not None and item.role not in ("user", ""):
                    return
                if (said := self._utterances.heard(item_id, words, self.waiting)) is not None:
                    self._decide_by_word(*said, words)
                else:
                    self._cancel_by_word(words)

    def pressed(self) -> None:
        """Note that push-to-talk was pressed."""
        self._utterances.pressed(self.waiting)

    def typed(self, words: str) -> bool:
        """Apply what the user typed if it answers the call that asks, or cancels others; return whether it did."""
        said = self._utterances.typed(words, self.waiting)
        if said is not None:
            self._decide_by_word(*said, words)
            return True
        return self._cancel_by_word(words)

    def follow_player(self) -> None:
        """Note whether an answer is playing."""
        self._utterances.playing(bool(self._core.ledger.playing))

    def settle(self) -> None:
        """Allow the requests that are allowed always and are complete by now."""
        if self._automatic:
            self._allow_complete()

    def stop(self) -> None:
        """End all time limits; nothing is decided any more."""
        self._stopped = True
        self._limits.stop()

    def _decide_by_word(self, call_id: str, allows: bool, words: str) -> None:
        self.decide("approve" if allows else "deny", call_id, how=by_word(allows, words))

    def _cancel_by_word(self, words: str) -> bool:
        """Cancel the calls that run if the whole utterance says so; return whether it did."""
        running = [call_id for call_id, each in self._calls.by_id.items() if each.phase in ("queued", "running")]
        if not running or not cancels(words):
            return False
        for call_id in running:
            self._calls.cancel(call_id)
        return True

    def _answer(self, request: ApprovalRequest, decision: Decision, reason: str, how: str) -> None:
        self._limits.cancel(request.id)
        request.consent = how
        hosted = self._registry.hosted.get(request.server_label)
        if decision == "always" and hosted is not None:
            self._always[request.server_label, request.name] = hosted
        said = (reason or DENIED_BY_USER) if decision == "deny" else ""
        self._perform(self._core.decide_approval(request.id, decision != "deny", said))
        if decision == "always":
            for other in list(self._core.approvals.requests.values()):
                if other.open and (other.server_label, other.name) == (request.server_label, request.name):
                    self._answer(other, "approve", "", ALWAYS_ALLOWED)

    def _ask_again(self, request: ApprovalRequest) -> None:
        """Ask before each call of a tool of the service again."""
        if self._always.pop((request.server_label, request.name), None) is None:
            return
        for other in self._core.approvals.requests.values():
            same = (other.server_label, other.name) == (request.server_label, request.name)
            if same and other.consent == ALWAYS_ALLOWED:
                other.consent = WAS_ALWAYS_ALLOWED
        self._calls.refresh()

    def _allow_complete(self) -> None:
        self._automatic = [each for each in self._automatic if each.open]
        items, responses = self._core.conversation.items, self._core.conversation.responses
        for request in list(self._automatic):
            item, response = items.get(request.id), responses.get(request.response_id)
            if item is None or item.state != "in_progress" or (response and not response.active):
                self._automatic.remove(request)
                self._answer(request, "approve", "", ALWAYS_ALLOWED)

    def _nobody_answered(self, request_id: str) -> None:
        request = self._core.approvals.requests[request_id]
        if request.open:
            self._answer(request, "deny", f"nobody allowed this call within {request.limit_s:g} s", "")
