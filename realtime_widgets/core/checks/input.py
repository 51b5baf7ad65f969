"""Checks of what the user says: words are shown, and answers to them heard, once they have passed. Pure.

A service answers speech before anybody has read it. So the sound of the answer waits, and if the words do not
pass, the answer is stopped and the model forgets them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from realtime_widgets.core.conversation.commands import Command, RunCheck, Wake
from realtime_widgets.protocol import events as ev
from realtime_widgets.safety.verdict import Checked, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.checks.output import OutputChecks
    from realtime_widgets.core.conversation.items import Conversation, Item
    from realtime_widgets.core.turn_taking.truncation import HistoryTruncation
    from realtime_widgets.core.turn_taking.user_speech import UserSpeech

#: How long words of what was said may take to come, in seconds.
WORDS_S = 8.0
#: Begin of the ids of these limits.
WAKE = "check"
#: What is shown of words that did not pass.
WITHHELD = "[withheld]"
_UNREAD = "What you said could not be checked, for its words did not come"

Transcription = ev.InputTranscriptionDelta | ev.InputTranscriptionCompleted | ev.InputTranscriptionFailed


@dataclass
class InputChecks:
    """Holds back the user's words, and answers to them.

    Attributes
    ----------
    conversation, speech, truncation, output, new_id, notice
        Parts and functions of the session's core.
    stop
        Stops what is being said or made.
    ask
        Puts a written question in, and asks for its answer.
    on
        Whether what the user says is checked.
    closes
        Whether an answer is stopped if its question could not be checked.
    """

    conversation: Conversation
    speech: UserSpeech
    truncation: HistoryTruncation
    output: OutputChecks
    new_id: Callable[[str], str]
    notice: Callable[[Literal["notice", "error"], str], None]
    stop: Callable[[], list[Command]]
    ask: Callable[[str], list[Command]]
    on: bool = False
    closes: bool = True
    #: Items whose words have not passed, with their words once they came.
    _open: dict[str, ev.InputTranscriptionCompleted | None] = field(default_factory=dict)
    #: Items by the ids of their checks, and of their limits.
    _with_checks: dict[str, str] = field(default_factory=dict)
    _limits: dict[str, str] = field(default_factory=dict)
    #: Whether the answer that the service is about to begin by itself is not wanted.
    _unwanted: bool = False

    def committed(self, event: ev.InputCommitted) -> list[Command]:
        """Note that something was said: no answer is heard until it has passed."""
        self._unwanted = False
        if not self.on or not self.speech.taking.transcribed:
            return []
        self._open.setdefault(event.item_id, None)
        self.output.question_open = True
        wake = Wake(self.new_id(WAKE), WORDS_S)
        self._limits[wake.id] = event.item_id
        return [wake]

    def words(self, event: Transcription) -> list[Command]:
        """Apply words of the user: at once, or once they have passed."""
        if not self.on and event.item_id not in self._open:
            self.conversation.apply(event)
            return []
        if isinstance(event, ev.InputTranscriptionDelta):
            self.conversation.apply(msgspec.structs.replace(event, delta=""))
            return []
        if isinstance(event, ev.InputTranscriptionFailed):
            self.conversation.apply(event)
            return self._unread(event.item_id)
        if not event.transcript.strip():
            self.conversation.apply(event)
            return self._passed(event.item_id)
        self._open[event.item_id] = event
        self.output.question_open = True
        check_id = self.new_id("check")
        self._with_checks[check_id] = event.item_id
        return [RunCheck(check_id, Checked("input", event.transcript.strip(), item_id=event.item_id))]

    def decided(self, check_id: str, verdict: Verdict) -> list[Command]:
        """Apply a verdict."""
        item_id = self._with_checks.pop(check_id, "")
        event = self._open.get(item_id)
        if event is None:
            return []
        passes = verdict.action in ("pass", "flag")
        words = event.transcript if passes else verdict.text or WITHHELD
        self.conversation.apply(msgspec.structs.replace(event, transcript=words))
        if passes:
            return self._passed(item_id)
        item = self.conversation.items.get(item_id)
        if verdict.action == "mask":
            rewritten = self.truncation.rewrite(item) if item else []
            return [*rewritten, *self._passed(item_id)]
        commands = self._stop_answer(item)
        if verdict.action == "replace":
            commands += self.ask(verdict.text)
        return commands + self._passed(item_id)

    def wake(self, wake_id: str) -> list[Command]:
        """Apply the end of a limit: words that did not come by then do not come."""
        item_id = self._limits.pop(wake_id, "")
        waits = item_id in self._open and self._open[item_id] is None
        return self._unread(item_id) if waits else []

    def refuses(self) -> bool:
        """Whether a response that the service begins by itself answers words that did not pass."""
        unwanted, self._unwanted = self._unwanted, False
        return unwanted

    def lost(self) -> None:
        """Forget what was being checked: its connection is gone, and what was said is said again."""
        for event in self._open.values():
            if event is not None:
                self.conversation.apply(msgspec.structs.replace(event, transcript=WITHHELD))
        self._open.clear()
        self._with_checks.clear()
        self._limits.clear()
        self.output.question_open = self._unwanted = False

    def _unread(self, item_id: str) -> list[Command]:
        if item_id not in self._open:
            return []
        if not self.closes:
            self.notice("notice", f"{_UNREAD}; its answer is heard all the same.")
            return self._passed(item_id)
        self.notice("error", f"{_UNREAD}; its answer was stopped.")
        return [*self._stop_answer(self.conversation.items.get(item_id)), *self._passed(item_id)]

    def _stop_answer(self, item: Item | None) -> list[Command]:
        self._unwanted = self.speech.expected.pending
        commands = self.stop()
        return commands + (self.truncation.forget(item) if item else [])

    def _passed(self, item_id: str) -> list[Command]:
        self._open.pop(item_id, None)
        self._with_checks = {key: each for key, each in self._with_checks.items() if each != item_id}
        self.output.question_open = bool(self._open)
        return [] if self._open else self.output.release_all()
