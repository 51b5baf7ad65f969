"""What the user says aloud: its beginning and end, by turn detection or by a button, and who answers it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.expectation import Expectation
from realtime_widgets.pcm import duration_ms
from realtime_widgets.protocol import events as ev
from realtime_widgets.turn_detection import TurnTaking
from realtime_widgets.turns import Command, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.barge_in import BargeIn
    from realtime_widgets.input_keeper import InputKeeper
    from realtime_widgets.sequencer import ResponseSequencer

#: Shortest input that the service commits (PROTOCOL: `input_audio_buffer_commit_empty` below it).
MIN_COMMIT_MS = 100.0


@dataclass
class SpokenInput:
    """Follows what is said, and holds requests for answers meanwhile.

    Attributes
    ----------
    barge_in, sequencer, keeper, new_id, notice
        Of the session's core.
    expectation
        Whether the service is about to answer by itself.
    taking
        What the service does by itself, by its settings in effect.
    speaking
        Whether somebody speaks now, or holds the button.
    item_id
        Item that is being said, as turn detection names it.
    """

    barge_in: BargeIn
    sequencer: ResponseSequencer
    keeper: InputKeeper
    new_id: Callable[[str], str]
    notice: Callable[[Literal["notice", "error"], str], None]
    expectation: Expectation = field(default_factory=Expectation)
    taking: TurnTaking = field(default_factory=TurnTaking)
    speaking: bool = False
    item_id: str | None = None
    _said_ms: float = 0.0

    def listen(self, event: ev.AnyServerEvent) -> list[Command]:
        """Take what an event says of the user's speech."""
        match event:
            case ev.SessionCreated() | ev.SessionUpdated():
                self.taking = TurnTaking.of(event.session)
                return [] if self.taking.detects else self._unheard()
            case ev.SpeechStarted():
                return self._started(event)
            case ev.InputCommitted():
                return self._committed(event.item_id)
            case ev.InputTranscriptionCompleted() if not event.transcript.strip():
                return [*self.expectation.wordless(event.item_id, self.new_id("wake"))]
            case ev.InputTranscriptionFailed():
                self.notice("error", f"Your words could not be written down: {event.error.message}")
            case _:
                pass
        return []

    def append(self, pcm: bytes) -> ev.ClientEvent:
        """Pass on captured sound."""
        self._said_ms += duration_ms(len(pcm))
        self.keeper.appended(pcm)
        return ev.InputAppend(audio=pcm)

    def press(self) -> list[Command]:
        """Begin a turn by the button."""
        self.speaking = True
        self.sequencer.user_speaking(True)
        self._said_ms = 0.0
        self.keeper.pressed()
        return [Send(ev.InputClear())]

    def release(self, ask: bool) -> tuple[bool, list[Command]]:
        """End a turn by the button; tells whether something was said that is to be answered."""
        said = ask and self._said_ms >= MIN_COMMIT_MS
        if ask and not said:
            self.notice("notice", "Too short to be heard: hold the button while you speak.")
        return said, [Send(ev.InputCommit() if said else ev.InputClear()), *self._silent()]

    def answered_by_itself(self) -> list[Command]:
        """Take note that the service answers: what was said is over."""
        self.expectation.end()
        return self._silent()

    def response_over(self) -> None:
        """Take note that a response is over: what it answered needs no saying again."""
        self.keeper.answered(self.item_id)

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.speaking = False
        self.expectation.end()

    def _started(self, event: ev.SpeechStarted) -> list[Command]:
        self.keeper.started(event.item_id, event.audio_start_ms)
        self.item_id, self.speaking = event.item_id, True
        self.sequencer.user_speaking(True)
        if not self.taking.interrupts:
            return []
        return self.barge_in.speech_started(event.item_id, self.taking.transcribed, self.taking.answers)

    def _committed(self, item_id: str) -> list[Command]:
        self.item_id = None
        self.keeper.committed(item_id)
        commands: list[Command] = []
        if self.taking.answers:
            commands += self.expectation.begin(item_id, self.new_id("wake"))
        else:
            self.expectation.end()
        return commands + self._silent()

    def _unheard(self) -> list[Command]:
        """Turn detection is off: what it heard begin never ends."""
        if self.item_id is None:
            return []
        self.item_id = None
        return self.barge_in.sound_ended() + self._silent()

    def _silent(self) -> list[Command]:
        """Nobody speaks now: what waited for that goes out."""
        self.speaking = False
        return [Send(event) for event in self.sequencer.user_speaking(False)]
