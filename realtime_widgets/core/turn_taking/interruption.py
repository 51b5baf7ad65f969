"""Interruptions: the answer stops, and resumes only if the sound that stopped it was not speech. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core.conversation.commands import Command, Send, end_turn
from realtime_widgets.core.turn_taking.false_interruption import PendingInterruption, Verdict
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.items import Conversation, Response
    from realtime_widgets.core.conversation.turns import TurnLedger
    from realtime_widgets.core.playback.ledger import Part
    from realtime_widgets.core.playback.voice import VoiceOutput
    from realtime_widgets.core.turn_taking.response_queue import ResponseQueue
    from realtime_widgets.core.turn_taking.truncation import HistoryTruncation

_GOES_ON_CUT = (
    "That was no speech, so the answer goes on; but the service had already stopped making it: "
    "it ends where it was cut."
)
_CUT_UNHEARD = "A sound without words made the service stop its answer before any of it came; ask again."


@dataclass
class Interruptions:
    """Stops answers, by a word over them or by a button.

    Attributes
    ----------
    conversation, voice, truncation, queue, turns
        Parts of the session's core.
    new_id, notice
        Make an id of our own; tell the user something.
    proceed
        Returns what follows from a response that waited for a verdict, once that has come.
    limit_s
        How long words are waited for after sound that stopped an answer, in seconds; with None it is
        taken for speech at once.
    """

    conversation: Conversation
    voice: VoiceOutput
    truncation: HistoryTruncation
    queue: ResponseQueue
    turns: TurnLedger
    new_id: Callable[[str], str]
    notice: Callable[[Literal["notice", "error"], str], None]
    proceed: Callable[[Response], list[Command]]
    limit_s: float | None = None
    _pending: PendingInterruption | None = None
    #: Answers that went on after an interruption that was none.
    _went_on: set[str] = field(default_factory=set)
    _words_come: bool = False

    @property
    def undecided(self) -> bool:
        """Whether an answer waits until it is known what interrupted it."""
        return self._pending is not None and self._pending.undecided

    def interrupt(self, cancel: bool = True, sparing: str = "") -> list[Command]:
        """Stop the answer for good.

        Parameters
        ----------
        cancel
            Whether to cancel it at the service, which on speech does so by itself.
        sparing
            Id of a response that has just begun and is not interrupted.
        """
        kept = self._pending if self.voice.keeping else None
        self._pending = None
        cut = set(kept.responses) if kept else set()
        commands = self._confirm(kept) if kept else []
        active = self.queue.active_id
        cut |= self._responses()
        if active and active != sparing:
            cut.add(active)
            if cancel:
                commands.append(Send(ev.ResponseCancel(response_id=active)))
        flying = self.queue.in_flight
        if flying and cancel and (turn := self.turns.get(flying.turn_id)):
            turn.interrupted = True
            self.queue.abandon(turn.id)
        commands += self.voice.stop()
        self.voice.mute(cut)
        for response_id in cut:
            if turn := self.turns.of(response_id):
                turn.interrupted = True
                if cancel and self.queue.drop(turn.id):
                    commands += end_turn(turn)
        return commands

    def concerns(self, response_id: str) -> bool:
        """Whether a response is being made or heard, so that `interrupt` would stop it."""
        return response_id == self.queue.active_id or response_id in self._responses()

    def speech_started(self, item_id: str, transcribed: bool, answers_itself: bool) -> list[Command]:
        """Stop what is being said; keep the rest if it may turn out that nobody spoke.

        Parameters
        ----------
        item_id
            Of the sound that was taken for speech.
        transcribed
            Whether the service is to write down what is said.
        answers_itself
            Whether the service answers turns by itself.
        """
        if self._pending is not None and self._pending.undecided:
            self._pending.started(item_id)
            return []
        parts = self.voice.ledger.playing
        responses = self._responses(parts) | ({self.queue.active_id} if self.queue.active_id else set())
        can_tell = transcribed or self._words_come or answers_itself
        playing = bool(responses or parts)
        again = bool(self._went_on) and not self._went_on.isdisjoint(self._answers(responses, parts))
        if self.limit_s is None or not playing or not can_tell or again:
            return self.interrupt(cancel=False)
        items = list(dict.fromkeys(part.item_id for part in parts))
        self._pending = PendingInterruption(self.limit_s, answers_itself, responses, items)
        self._pending.started(item_id)
        return [*self.voice.stop(keep=True)]

    def transcribed(self, event: ev.InputTranscriptionDelta | ev.InputTranscriptionCompleted) -> list[Command]:
        """Settle an interruption by words of what was said, or by the fact that there are none."""
        self._words_come = True
        if self._pending is None:
            return []
        final = isinstance(event, ev.InputTranscriptionCompleted)
        words = event.transcript if isinstance(event, ev.InputTranscriptionCompleted) else event.delta
        return self._settle(self._pending.transcribed(event.item_id, words or "", final))

    def untranscribed(self, event: ev.InputTranscriptionFailed) -> list[Command]:
        """Settle an interruption by the fact that its words will never be known."""
        return self._settle(self._pending.untranscribed(event.item_id)) if self._pending else []

    def sound_ended(self, event: ev.SpeechStopped | ev.InputCommitted | None = None) -> list[Command]:
        """Begin to count time: what may have been speech is over."""
        if self._pending is None or not self._pending.undecided:
            return []
        return [self._pending.ended(event.item_id if event else "", self.new_id("doubt"))]

    def response_done(self, event: ev.ResponseDone) -> list[Command]:
        """Note that the service has stopped making an answer that was interrupted."""
        if self._pending and event.response.get("status") == "cancelled":
            self._pending.cut_by_service |= event.response.get("id") in self._pending.responses
        return []

    def answered(self, response_id: str) -> list[Command]:
        """Settle an interruption by a response that the service began by itself: it heard speech."""
        return self._settle("speech", sparing=response_id)

    def time_is_up(self, wake_id: str) -> list[Command]:
        """Settle an interruption by the end of a time limit."""
        return self._settle(self._pending.time_is_up(wake_id)) if self._pending else []

    def waits(self, response: Response) -> bool:
        """Whether a response that is over has to wait for the verdict; `proceed` is called with that."""
        pending = self._pending
        if pending is None or not pending.undecided:
            return False
        turns = {self.turns.id_of(response_id) for response_id in pending.responses}
        if self.turns.id_of(response.id) not in turns:
            return False
        if response.id not in pending.waiting:
            pending.waiting.append(response.id)
        return True

    def settle(self) -> list[Command]:
        """Treat what interrupted as speech, if that is undecided."""
        return self._settle("speech") if self.undecided else []

    def disconnected(self) -> None:
        """Forget what was to be told over a connection that is gone."""
        self._pending = None
        self.truncation.disconnected()

    def _settle(self, verdict: Verdict | None, sparing: str = "") -> list[Command]:
        pending = self._pending
        if pending is None or verdict is None:
            return []
        before, after = pending.phase, pending.step(verdict)
        if after == before:
            return []
        if after == "resumed":
            return self._resume(pending)
        if before != "resumed":
            self._pending = None
            return self._confirm(pending) + self.voice.due()
        playing = any(
            self._response(part) in pending.responses or part.item_id in pending.item_ids
            for part in self.voice.ledger.playing
        )
        if playing:
            return self.interrupt(cancel=False, sparing=sparing)
        self._pending = None
        return []

    def _confirm(self, pending: PendingInterruption) -> list[Command]:
        """It was speech: give up what was kept."""
        self.voice.mute(pending.responses)
        for response_id in pending.responses:
            if turn := self.turns.of(response_id):
                turn.interrupted = True
        parts = [part for part in self.voice.ledger.playing if self._response(part) in pending.responses]
        commands: list[Command] = []
        for cut in self.voice.discard(parts):
            commands += self.truncation.cut(cut)
        return commands + self._proceed(pending)

    def _resume(self, pending: PendingInterruption) -> list[Command]:
        """It was noise: let the answer go on."""
        playing = self.voice.ledger.playing
        self._went_on |= self._answers(pending.responses, playing)
        left = {part.item_id for part in playing}
        if pending.cut_by_service:
            self.notice("notice", _GOES_ON_CUT if left else _CUT_UNHEARD)
        commands = self.truncation.went_on([item_id for item_id in pending.item_ids if item_id in left])
        return [*commands, *self.voice.resume(), *self._proceed(pending)]

    def _proceed(self, pending: PendingInterruption) -> list[Command]:
        responses = [self.conversation.responses[each] for each in pending.waiting]
        pending.waiting.clear()
        return [command for response in responses for command in self.proceed(response)]

    def _response(self, part: Part) -> str:
        item = self.conversation.items.get(part.item_id)
        return item.response_id if item else ""

    def _responses(self, parts: list[Part] | None = None) -> set[str]:
        """Responses that are being heard, by the parts that play."""
        parts = self.voice.ledger.playing if parts is None else parts
        return {response_id for part in parts if (response_id := self._response(part))}

    def _answers(self, responses: set[str], parts: list[Part]) -> set[str]:
        """What a user would call an answer: all responses of one turn, or a clip."""
        clips = {part.item_id for part in parts if not self._response(part)}
        return clips | {self.turns.id_of(response_id) or response_id for response_id in responses}
