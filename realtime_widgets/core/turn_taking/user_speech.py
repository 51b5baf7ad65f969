"""The user's speech: when it begins and ends, by turn detection or a button, and what answers it. Pure.

If the microphone closes (or is muted, or its page is gone) while the user speaks, no sound follows by which the
service could hear the end. By what the service has heard until then:

- The button of push-to-talk is held: it counts as released; what was said is committed and answered.
- Speech of less than `HARDLY_MS`: the input is cleared, it was never said.
- More speech: the service gets the silence that its turn detection waits for. If it does not hear the end within
  `patience.END_S`, the input is committed and, if turns are answered by themselves, its answer is asked for.
- The end of speech: nothing more is needed.
- Nothing: the same rules apply if it says afterwards that speech had begun.

Once there is sound again, the talk goes on as if the microphone had not closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, duration_ms
from realtime_widgets.core.conversation.commands import Command, Send, Wake
from realtime_widgets.core.turn_taking.detection import TurnTaking
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.turn_taking.input_history import InputHistory
    from realtime_widgets.core.turn_taking.interruption import Interruptions
    from realtime_widgets.core.turn_taking.response_queue import ResponseQueue

#: Shortest input that the service commits (PROTOCOL: `input_audio_buffer_commit_empty` below it).
MIN_COMMIT_MS = 100.0
#: How long an answer to a spoken turn is expected, in seconds; and one to sound without words.
PATIENCE_S, WORDLESS_S = 30.0, 2.0
#: Speech that is dropped if its microphone closes: shorter than this, with the sound before it that turn
#: detection adds (300 ms by default) and what it needs to be sure.
HARDLY_MS = 500.0
#: Silence that is sent at once goes out in events of a second.
_SILENCE_BYTES = SAMPLE_RATE * BYTES_PER_SAMPLE
_NO_ITEM = "The service heard you speak and made nothing of it; say it again."
_NO_END = "The service heard you begin to speak, and never the end; what waited for that goes on."
_SENT = "{} while you spoke; what you said until then was sent."
_DROPPED = "{} as you began to speak; that little was dropped."
#: Why a microphone closed, in words.
_CLOSED_WHY = {
    "user": "The microphone was switched off",
    "muted": "The microphone was muted",
    "hidden": "The microphone was switched off because its tab was hidden",
    "unseen": "The microphone was switched off because its console is not shown any more",
    "unplugged": "The microphone was unplugged",
    "kernel": "The page lost the kernel",
    "page": "The page was closed",
    "other_page": "Another window took the microphone over",
    "error": "The microphone failed",
}


class ExpectedResponse:
    """A response that the service is expected to start on its own, with a timeout.

    Attributes
    ----------
    pending
        Whether one is expected.
    """

    def __init__(self) -> None:
        self.pending = False
        self._item_id = ""
        self._wake = ""

    def begin(self, item_id: str, wake_id: str) -> list[Wake]:
        """Expect an answer to a spoken item."""
        self.pending, self._item_id, self._wake = True, item_id, wake_id
        return [Wake(wake_id, PATIENCE_S)]

    def wordless(self, item_id: str, wake_id: str) -> list[Wake]:
        """Shorten the timeout, for an item has no words: not every service answers those."""
        if not self.pending or item_id != self._item_id:
            return []
        self._wake = wake_id
        return [Wake(wake_id, WORDLESS_S)]

    def end(self) -> None:
        """Expect none any more."""
        self.pending = False

    def time_is_up(self, wake_id: str) -> None:
        """End the expectation with its time limit."""
        self.pending &= wake_id != self._wake


@dataclass
class UserSpeech:
    """Follows what is said, and holds requests for answers meanwhile.

    Attributes
    ----------
    interruptions, queue, history, new_id, notice
        Parts and functions of the session's core.
    ask
        Asks for the answer to what was just committed; with True any answer that the service begins will do.
    drop
        Removes an item from the conversation that will not be made.
    expected
        Whether the service is about to answer by itself.
    taking
        What the service does by itself, by its settings in effect.
    speaking
        Whether the user speaks now, or holds the button.
    item_id
        Item that is being said, as turn detection names it.
    stopped
        Whether turn detection heard the end of it, and has not made the item yet.
    pressed
        Whether the button of push-to-talk is held.
    ending
        Whether the microphone closed in the middle of it, and the service was sent the silence after it.
    """

    interruptions: Interruptions
    queue: ResponseQueue
    history: InputHistory
    new_id: Callable[[str], str]
    notice: Callable[[Literal["notice", "error"], str], None]
    ask: Callable[[bool], list[Command]]
    drop: Callable[[str], None]
    expected: ExpectedResponse = field(default_factory=ExpectedResponse)
    taking: TurnTaking = field(default_factory=TurnTaking)
    speaking: bool = False
    item_id: str | None = None
    stopped: bool = False
    pressed: bool = False
    ending: bool = False
    _said_bytes: int = 0
    _idle_item: str = ""
    #: Why the microphone is closed, None while it brings sound.
    _closed: str | None = None
    #: Whether the user wants an answer to what is being ended.
    _wanted: bool = True
    #: Whether the next item was committed by us, so that the service does not answer it by itself.
    _committed_here: bool = False

    def configured(self, event: ev.SessionCreated | ev.SessionUpdated) -> list[Command]:
        """Apply the session's settings in effect."""
        self.taking = TurnTaking.of(event.session)
        return [] if self.taking.detects else self._unheard()

    def started(self, event: ev.SpeechStarted) -> list[Command]:
        """Note that turn detection hears the user begin: what is being said stops."""
        self.history.started(event.item_id, event.audio_start_ms)
        self.item_id, self.speaking, self.stopped, self.ending = event.item_id, True, False, False
        self._committed_here = False
        self.queue.user_speaking(True)
        commands: list[Command] = []
        if self.taking.interrupts:
            commands += self.interruptions.speech_started(
                event.item_id, self.taking.transcribed, self.taking.answers
            )
        return commands if self._closed is None else commands + self.microphone_closed(self._closed)

    def ended(self, event: ev.SpeechStopped) -> None:
        """Note that turn detection hears the user end."""
        self.stopped = self.item_id is not None

    def unfinished(self, ended: bool) -> list[Command]:
        """Give up what turn detection heard begin: it made no item of it.

        Parameters
        ----------
        ended
            Whether it heard the end.
        """
        commands = self._unheard()
        self.notice("notice", _NO_ITEM if ended else _NO_END)
        return commands

    def microphone_closed(self, reason: str) -> list[Command]:
        """End what is being said, since no more sound comes; the top of this module has the rules.

        Parameters
        ----------
        reason
            Why: a reason of the page's report, ``"muted"``, or ``"page"`` if the page is gone.
        """
        self._closed = reason
        why = _CLOSED_WHY.get(reason, "The microphone was closed")
        if self.pressed:
            if duration_ms(self._said_bytes) >= MIN_COMMIT_MS:
                self.notice("notice", _SENT.format(why))
            return self.release(ask=True)
        if self.item_id is None or self.stopped or self.ending:
            return []
        if self.history.since_ms(self.item_id) < HARDLY_MS:
            dropped = self._unheard()
            self.notice("notice", _DROPPED.format(why))
            return [Send(ev.InputClear()), *dropped]
        self.notice("notice", _SENT.format(why))
        self.ending = self._wanted = True
        silence = bytes(round(self.taking.silence_ms * SAMPLE_RATE / 1000) * BYTES_PER_SAMPLE)
        pieces = [silence[begin : begin + _SILENCE_BYTES] for begin in range(0, len(silence), _SILENCE_BYTES)]
        for piece in pieces:
            self.history.appended(piece)
        return [Send(ev.InputAppend(audio=piece)) for piece in pieces]

    def end_unheard(self) -> list[Command]:
        """Commit what was said before the microphone closed: the service does not hear that it is over."""
        if not self.ending or self.item_id is None:
            return []
        self.stopped, self.ending, self._committed_here = True, False, True
        return [*self.interruptions.settle(), Send(ev.InputCommit())]

    def nothing_committed(self) -> list[Command]:
        """Note that the service had nothing to commit."""
        return self.unfinished(ended=True) if self._committed_here else []

    def give_up(self) -> None:
        """Note that the user presses Stop: no answer is asked for to what is being ended."""
        self._wanted = False

    def committed(self, event: ev.InputCommitted) -> list[Command]:
        """Note that what was said became an item, which the service may answer by itself."""
        self.item_id = None
        self.history.committed(event.item_id)
        commands: list[Command] = []
        here, self._committed_here = self._committed_here, False
        if self.taking.answers and not here:
            commands += self.expected.begin(event.item_id, self.new_id("wake"))
        else:
            self.expected.end()
        commands += self._silent()
        return commands + self.ask(True) if here and self.taking.answers and self._wanted else commands

    def idle(self, event: ev.InputTimeout) -> list[Command]:
        """Note that nobody spoke for so long that the service speaks by itself."""
        self._idle_item = event.item_id
        return [*self.expected.begin(event.item_id, self.new_id("wake"))]

    def transcribed(self, event: ev.InputTranscriptionCompleted) -> list[Command]:
        """Expect a response to an item without words for a short time only."""
        if event.transcript.strip() or event.item_id == self._idle_item:
            return []
        return [*self.expected.wordless(event.item_id, self.new_id("wake"))]

    def untranscribed(self, event: ev.InputTranscriptionFailed) -> list[Command]:
        """Tell the user that what was said could not be written down."""
        self.notice("error", f"Your words could not be written down: {event.error.message}")
        return []

    def append(self, pcm: bytes) -> ev.ClientEvent:
        """Make the event of captured sound."""
        self._closed, self.ending = None, False
        self._said_bytes += len(pcm)
        self.history.appended(pcm)
        return ev.InputAppend(audio=pcm)

    def press(self) -> list[Command]:
        """Begin a turn by the button."""
        self.speaking = self.pressed = True
        self.queue.user_speaking(True)
        self._said_bytes = 0
        self.history.pressed()
        return [Send(ev.InputClear())]

    def release(self, ask: bool) -> list[Command]:
        """End a turn by the button, and ask for its answer; without `ask` it was never said."""
        if not self.pressed:  # the end of the microphone was the end of the turn
            return []
        self.pressed = False
        said = ask and duration_ms(self._said_bytes) >= MIN_COMMIT_MS
        if ask and not said:
            self.notice("notice", "Too short to be heard: hold the button while you speak.")
        commands = [Send(ev.InputCommit() if said else ev.InputClear()), *self._silent()]
        return commands + self.ask(False) if said else commands

    def answered(self) -> list[Command]:
        """Note that the service answers by itself: what was said is over."""
        self.expected.end()
        self.ending = False
        return self._silent()

    def response_over(self) -> None:
        """Note that a response is over: what it answered need not be said again."""
        self.history.answered(self.item_id)

    def lost(self) -> None:
        """Note that the connection is gone."""
        self.speaking = False
        self.item_id, self.stopped, self.ending, self._committed_here = None, False, False, False
        self.expected.end()

    def _unheard(self) -> list[Command]:
        """Forget what turn detection heard begin: it never ends."""
        if self.item_id is None:
            return []
        self.drop(self.item_id)
        self.history.unheard(self.item_id)
        self.item_id, self._committed_here = None, False
        return self.interruptions.sound_ended() + self._silent()

    def _silent(self) -> list[Command]:
        """Nobody speaks now: what waited for that goes out."""
        self.speaking = False
        return [Send(event) for event in self.queue.user_speaking(False)]
