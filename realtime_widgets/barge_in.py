"""Interruptions: what is said stops, and goes on only where what stopped it was no speech. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.false_interruption import Doubt, Verdict
from realtime_widgets.protocol import events as ev
from realtime_widgets.turns import Command, Send, end_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.conversation import Conversation, Response
    from realtime_widgets.memory import Memory
    from realtime_widgets.playback import Part, PlayedTo
    from realtime_widgets.sequencer import ResponseSequencer
    from realtime_widgets.turn_ledger import TurnLedger
    from realtime_widgets.voice import VoiceOutput

_GOES_ON_CUT = (
    "That was no speech, so the answer goes on; but the service had already stopped making it: "
    "it ends where it was cut."
)
_CUT_UNHEARD = "A sound without words made the service stop its answer before any of it came; ask again."


@dataclass
class BargeIn:
    """Stops answers, by a word over them or by a button.

    Attributes
    ----------
    conversation, voice, memory, sequencer, turns, new_id, notice
        Of the session's core.
    limit_s
        How long words are waited for after sound that stopped an answer, in seconds; with None it is
        taken for speech at once.
    abandoned
        Turns whose request was on its way when they were interrupted.
    cut_responses
        Responses of which nothing more is played.
    ready
        Responses whose consequences waited for a verdict that has come.
    """

    conversation: Conversation
    voice: VoiceOutput
    memory: Memory
    sequencer: ResponseSequencer
    turns: TurnLedger
    new_id: Callable[[str], str]
    notice: Callable[[Literal["notice", "error"], str], None]
    limit_s: float | None = None
    abandoned: set[str] = field(default_factory=set)
    cut_responses: set[str] = field(default_factory=set)
    ready: list[str] = field(default_factory=list)
    _doubt: Doubt | None = None
    #: Answers that went on after an interruption that was none.
    _went_on: set[str] = field(default_factory=set)
    _words_come: bool = False

    @property
    def undecided(self) -> bool:
        """Whether an answer waits until it is known what interrupted it."""
        return self._doubt is not None and not self._doubt.went_on

    def interrupt(self, cancel: bool = True, sparing: str = "") -> list[Command]:
        """Stop what is being said, without a doubt.

        Parameters
        ----------
        cancel
            Whether to tell the service, which on speech has noticed by itself.
        sparing
            A response that has just begun, and may go on.
        """
        kept = self._doubt if self.voice.keeping else None
        cut = set(kept.responses) if kept else set()
        commands = self._believe(kept) if kept else []
        self._doubt = None
        active = self.sequencer.active_id
        cut |= self._responses()
        if active and active != sparing:
            cut.add(active)
            if cancel:
                commands.append(Send(ev.ResponseCancel(response_id=active)))
        flying = self.sequencer.in_flight
        if flying and cancel and (turn := self.turns.get(flying.turn_id)):
            turn.interrupted = True
            self.abandoned.add(turn.id)
        commands += self.voice.stop()
        for response_id in cut:
            self.cut_responses.add(response_id)
            if turn := self.turns.of(response_id):
                turn.interrupted = True
                if cancel and self.sequencer.drop(turn.id):
                    commands += end_turn(turn)
        return commands

    def speech_started(self, item_id: str, transcribed: bool, answers_itself: bool) -> list[Command]:
        """Stop what is being said; keep the rest where it may turn out that nobody spoke.

        Parameters
        ----------
        item_id
            Of the sound that was taken for speech.
        transcribed, answers_itself
            Whether the service is to write down what is said, and whether it answers turns by itself.
        """
        if self._doubt is not None and self.undecided:
            self._doubt.started(item_id)
            return []
        responses = self._responses() | ({self.sequencer.active_id} if self.sequencer.active_id else set())
        parts = self.voice.ledger.playing
        answers = self._answers(responses, parts)
        can_tell = transcribed or self._words_come or answers_itself
        if self.limit_s is None or not answers or not can_tell or answers & self._went_on:
            return self.interrupt(cancel=False)
        items = list(dict.fromkeys(part.item_id for part in parts))
        self._doubt = Doubt(self.limit_s, answers_itself, responses, items)
        self._doubt.started(item_id)
        return self.voice.stop(keep=True)

    def listen(self, event: ev.AnyServerEvent) -> list[Command]:
        """Take what an event says of the sound that interrupted."""
        match event:
            case ev.InputTranscriptionDelta() | ev.InputTranscriptionCompleted():
                self._words_come = True
                if self._doubt is None:
                    return []
                final = isinstance(event, ev.InputTranscriptionCompleted)
                words = event.transcript if isinstance(event, ev.InputTranscriptionCompleted) else event.delta
                return self._decide(self._doubt.heard(event.item_id, words or "", final))
            case ev.InputTranscriptionFailed() if self._doubt:
                return self._decide(self._doubt.unreadable(event.item_id))
            case ev.SpeechStopped() | ev.InputCommitted():
                return self.sound_ended(event.item_id)
            case ev.ResponseDone() if self._doubt and event.response.get("status") == "cancelled":
                self._doubt.cut_by_service |= event.response.get("id") in self._doubt.responses
            case _:
                pass
        return []

    def sound_ended(self, item_id: str = "") -> list[Command]:
        """Take the end of what may have been speech: from now on time counts."""
        if self._doubt is None or self._doubt.went_on:
            return []
        return [self._doubt.ended(item_id, self.new_id("doubt"))]

    def answered(self, response_id: str) -> list[Command]:
        """Take a response that the service began by itself: it heard speech."""
        return self._decide("speech", sparing=response_id)

    def time_is_up(self, wake_id: str) -> list[Command]:
        """Take the end of a time limit."""
        return self._decide(self._doubt.time_is_up(wake_id)) if self._doubt else []

    def waits(self, response: Response) -> bool:
        """Whether a response that is over has to wait for the verdict; it is `ready` with that."""
        doubt = self._doubt
        if doubt is None or not self.undecided:
            return False
        turns = {self.turns.id_of(response_id) for response_id in doubt.responses}
        if self.turns.id_of(response.id) not in turns:
            return False
        if response.id not in doubt.waiting:
            doubt.waiting.append(response.id)
        return True

    def silenced(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's last word after a `Silence`: the model is told what was not heard."""
        commands: list[Command] = []
        for cut in self.voice.silenced(positions):
            commands += self.memory.cut(cut)
        return commands + self.voice.due()

    def settle(self) -> list[Command]:
        """Take what interrupted for speech, where that is undecided."""
        return self._decide("speech") if self.undecided else []

    def disconnected(self) -> None:
        """Forget what was to be told over a connection that is gone."""
        self.abandoned.clear()
        self._doubt = None
        self.memory.disconnected()

    def _decide(self, verdict: Verdict | None, sparing: str = "") -> list[Command]:
        doubt = self._doubt
        if doubt is None or verdict is None:
            return []
        if verdict == "none":
            return [] if doubt.went_on else self._go_on(doubt)
        self._doubt = None
        if doubt.went_on:
            left = self.voice.ledger.playing
            playing = any(
                self._response(part) in doubt.responses or part.item_id in doubt.item_ids for part in left
            )
            return self.interrupt(cancel=False, sparing=sparing) if playing else []
        return self._believe(doubt) + self.voice.due()

    def _believe(self, doubt: Doubt) -> list[Command]:
        """Take it for speech: what was kept is given up."""
        self.ready += doubt.waiting
        self.cut_responses |= doubt.responses
        for response_id in doubt.responses:
            if turn := self.turns.of(response_id):
                turn.interrupted = True
        parts = [part for part in self.voice.ledger.playing if self._response(part) in doubt.responses]
        commands: list[Command] = []
        for cut in self.voice.give_up(parts):
            commands += self.memory.cut(cut)
        return commands

    def _go_on(self, doubt: Doubt) -> list[Command]:
        doubt.went_on = True
        self.ready += doubt.waiting
        playing = self.voice.ledger.playing
        self._went_on |= self._answers(doubt.responses, playing)
        left = {part.item_id for part in playing}
        if doubt.cut_by_service:
            self.notice("notice", _GOES_ON_CUT if left else _CUT_UNHEARD)
        commands = self.memory.went_on([item_id for item_id in doubt.item_ids if item_id in left])
        return commands + self.voice.go_on()

    def _response(self, part: Part) -> str:
        item = self.conversation.items.get(part.item_id)
        return item.response_id if item else ""

    def _responses(self) -> set[str]:
        """Responses that are being heard."""
        return {response_id for part in self.voice.ledger.playing if (response_id := self._response(part))}

    def _answers(self, responses: set[str], parts: list[Part]) -> set[str]:
        """What a person would call an answer: all responses of one turn, or a clip."""
        clips = {part.item_id for part in parts if not self._response(part)}
        return clips | {self.turns.id_of(response_id) or response_id for response_id in responses}
