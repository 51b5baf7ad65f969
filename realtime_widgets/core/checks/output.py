"""Checks of what the model says: sentences go to the checks, and are shown and played once they have passed. Pure.

Words run ahead of speech. They are cut into sentences as they come; each goes out as a `RunCheck` and comes back
as `decided`. Until then it is neither shown nor, with a cushion, played. A sentence that does not pass ends a
spoken answer before it: nobody can cut it out of the sound. In a written answer other words can take its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from realtime_widgets.core.answer_settings import exact_settings
from realtime_widgets.core.checks.sound import HeldSound, sound_of
from realtime_widgets.core.checks.words import CheckedWords
from realtime_widgets.core.conversation.commands import Command, RunCheck, Send
from realtime_widgets.core.playback.ledger import Cut, Part, to_ms
from realtime_widgets.protocol import events as ev
from realtime_widgets.safety.verdict import PASS, Checked, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.items import Conversation, Item, Response
    from realtime_widgets.core.conversation.turns import TurnLedger
    from realtime_widgets.core.playback.voice import VoiceOutput
    from realtime_widgets.core.turn_taking.interruption import Interruptions
    from realtime_widgets.core.turn_taking.truncation import HistoryTruncation

    Proceed = Callable[[], list[Command]]

#: Sound that is kept back behind the words that have passed, in seconds.
CUSHION_S = 0.2

E = TypeVar("E", bound="ev.AnyServerEvent")
_WORDS = (ev.OutputTranscriptDelta, ev.OutputTranscriptDone, ev.OutputTextDelta, ev.OutputTextDone)
_LOST = Verdict("stop", "the connection was lost before it was checked")


@dataclass
class OutputChecks:
    """Holds back words and sound of answers.

    Attributes
    ----------
    conversation, voice, interruptions, truncation, turns, new_id
        Parts of the session's core.
    play
        Plays sound of a part of a response; ends a part.
    request
        Asks for a response of a turn.
    speed
        Returns the speed of the voice.
    on
        Whether answers are checked.
    used
        Whether there were any checks so far, of answers or of questions: without, nothing needs to be looked at.
    cushion_s
        Seconds of sound to keep back behind what has passed; with None sound is played as it comes.
    question_open
        Whether what the user said last is still being checked: no sound of an answer is played then.
    """

    conversation: Conversation
    voice: VoiceOutput
    interruptions: Interruptions
    truncation: HistoryTruncation
    turns: TurnLedger
    new_id: Callable[[str], str]
    play: Callable[[Part, str, bytes], list[Command]]
    end_part: Callable[[Part], list[Command]]
    request: Callable[[str, ev.JsonObject], list[Command]]
    speed: Callable[[], float]
    on: bool = False
    used: bool = False
    cushion_s: float | None = CUSHION_S
    question_open: bool = False
    _words: dict[Part, CheckedWords] = field(default_factory=dict)
    #: Parts whose sentences are with the checks, by the ids of the checks.
    _with_checks: dict[str, Part] = field(default_factory=dict)
    _held: dict[Part, HeldSound] = field(default_factory=dict)
    #: What follows from responses that wait for verdicts, by their ids.
    _waiting: dict[str, Proceed] = field(default_factory=dict)
    #: Responses in whose place another one is asked for, and turns that had such a one.
    _replaced: set[str] = field(default_factory=set)
    _replaced_turns: set[str] = field(default_factory=set)
    _rewritten: set[Part] = field(default_factory=set)

    def look(self, event: E) -> tuple[E, list[Command]]:
        """Return an event without words that have not passed, and the checks that are to be run."""
        if isinstance(event, _WORDS):
            return self._look_at_words(event)
        if not self.on and not self._words:
            return event, []
        if isinstance(event, ev.OutputItemAdded | ev.OutputItemDone):
            item, commands = self._censored(event.item)
            return msgspec.structs.replace(event, item=item), commands
        if isinstance(event, ev.ItemAdded | ev.ItemDone):
            if not any(part.item_id == event.item.get("id") for part in self._words):
                return event, []  # not of a response
            item, commands = self._censored(event.item)
            return msgspec.structs.replace(event, item=item), commands
        if isinstance(event, ev.ResponseDone) and isinstance(outputs := event.response.get("output"), list):
            censored = [self._censored(each) if isinstance(each, dict) else (each, []) for each in outputs]
            commands = [command for _, more in censored for command in more]
            response = {**event.response, "output": [item for item, _ in censored]}
            return msgspec.structs.replace(event, response=response), commands
        return event, []

    def hold(self, part: Part, response_id: str, pcm: bytes) -> bytes:
        """Take sound of a part; returns what of it may be played now."""
        if part not in self._held:
            if self.cushion_s is None or not (self.on or self.question_open):
                return pcm
            self._held[part] = HeldSound(response_id)
        held = self._held[part]
        held.pcm += pcm
        return held.take(self._allowed(part))

    def holds_end(self, part: Part) -> bool:
        """Note that all sound of a part came; returns whether it ends later, with the sound that waits."""
        held = self._held.get(part)
        if held is None:
            return False
        held.whole = True
        return bool(held.pcm)

    def response_done(self, response: Response) -> list[Command]:
        """Note that a response is over: what it left open is complete."""
        commands: list[Command] = []
        for part in [part for part in {*self._words, *self._held} if part.item_id in response.item_ids]:
            if part in self._held:
                self._held[part].whole = True
            if self.on and part not in self._words:
                self._of(part, spoken=True)  # sound without words
            if (words := self._words.get(part)) is not None and not words.whole:
                commands += self._came(part, words, words.text, whole=True)
            commands += self._release(part)
            commands += self._settle_words(part)
        return commands

    def holding(self, item_id: str) -> bool:
        """Whether sound of an item waits."""
        return any(part.item_id == item_id and held.pcm for part, held in self._held.items())

    def waits(self, response: Response, proceed: Proceed) -> bool:
        """Whether a response that is over has to wait for verdicts; `proceed` is called with the last of them."""
        if not self._open(response.id):
            return False
        self._waiting[response.id] = proceed
        return True

    def replaced(self, response_id: str) -> bool:
        """Whether another response was asked for in the place of this one, so that its turn goes on."""
        return response_id in self._replaced

    def decided(self, check_id: str, verdict: Verdict) -> list[Command]:
        """Apply a verdict."""
        part = self._with_checks.pop(check_id, None)
        words = self._words.get(part) if part else None
        if part is None or words is None:
            return []
        stopped = words.stopped
        if not words.decide(check_id, verdict):
            return []
        item = self._show(words)
        commands: list[Command] = []
        if words.stopped and not stopped:
            commands += self._trip(words, item, verdict)
        commands += self._release(part)
        commands += self._settle_words(part)
        response_id = item.response_id if item else ""
        if response_id in self._waiting and not self._open(response_id):
            commands += self._waiting.pop(response_id)()
        return commands

    def release_all(self) -> list[Command]:
        """Return what follows if sound may be played that waited for more than its own words."""
        commands: list[Command] = []
        for part in list(self._held):
            commands += self._release(part) + self._settle_words(part)
        return commands

    def lost(self) -> list[Command]:
        """Stop what is not checked yet: its connection is gone."""
        commands: list[Command] = []
        for check_id in list(self._with_checks):
            commands += self.decided(check_id, _LOST)
        self._replaced.clear()
        return commands

    def _look_at_words(self, event: E) -> tuple[E, list[Command]]:
        match event:
            case ev.OutputTranscriptDelta() | ev.OutputTextDelta():
                part = Part(event.item_id, event.content_index)
                words = self._of(part, isinstance(event, ev.OutputTranscriptDelta))
                commands = self._came(part, words, words.text + event.delta, whole=False)
                return msgspec.structs.replace(event, delta=""), commands
            case ev.OutputTranscriptDone():
                part = Part(event.item_id, event.content_index)
                words = self._of(part, spoken=True)
                commands = self._came(part, words, event.transcript, whole=True)
                return msgspec.structs.replace(event, transcript=words.shown), commands
            case ev.OutputTextDone():
                part = Part(event.item_id, event.content_index)
                words = self._of(part, spoken=False)
                commands = self._came(part, words, event.text, whole=True)
                return msgspec.structs.replace(event, text=words.shown), commands
        return event, []

    def _censored(self, data: ev.JsonObject) -> tuple[ev.JsonObject, list[Command]]:
        """Return an item as it was sent without words that have not passed, and the checks to run."""
        contents, item_id = data.get("content"), data.get("id")
        if data.get("type") != "message" or not isinstance(contents, list) or not isinstance(item_id, str):
            return data, []
        commands: list[Command] = []
        shown: list[object] = []
        whole = data.get("status") in ("completed", "incomplete")
        for index, content in enumerate(contents):
            name = "transcript" if isinstance(content, dict) and content.get("transcript") else "text"
            text = content.get(name) if isinstance(content, dict) else None
            if not isinstance(text, str) or not text:
                shown.append(content)
                continue
            part = Part(item_id, index)
            words = self._of(part, spoken=name == "transcript")
            commands += self._came(part, words, text, whole)
            shown.append({**content, name: words.shown})
        return {**data, "content": shown}, commands

    def _of(self, part: Part, spoken: bool) -> CheckedWords:
        if part not in self._words:
            item = self.conversation.items.get(part.item_id)
            content = item.contents.get(part.content_index) if item else None
            before = content.text if content else ""
            self._words[part] = CheckedWords(part.item_id, part.content_index, spoken, before)
        return self._words[part]

    def _came(self, part: Part, words: CheckedWords, text: str, whole: bool) -> list[Command]:
        commands: list[Command] = []
        for sentence in words.came(text, whole, self.new_id):
            said = text[sentence.start : sentence.end].strip()
            if not said or not self.on:
                words.decide(sentence.check_id, PASS)
                continue
            self._with_checks[sentence.check_id] = part
            checked = Checked("output", said, item_id=part.item_id, question=self._question())
            commands.append(RunCheck(sentence.check_id, checked))
        self._show(words)
        return commands

    def _question(self) -> str:
        items = reversed(list(self.conversation))
        return next((item.text for item in items if item.role == "user" and item.text), "")

    def _show(self, words: CheckedWords) -> Item | None:
        item = self.conversation.items.get(words.item_id)
        if item is not None:
            item.content(words.index, "speech" if words.spoken else "text").text = words.shown
        return item

    def _allowed(self, part: Part) -> int | None:
        """Return how many bytes of a part may be played, None for all."""
        if self.question_open:
            return 0
        words = self._words.get(part)
        if words is None:
            return 0 if self.on else None
        if words.settled and not words.stopped:
            return None
        return sound_of(words.passed, self.speed(), self.cushion_s or 0.0)

    def _release(self, part: Part) -> list[Command]:
        held = self._held.get(part)
        if held is None:
            return []
        if self.voice.is_muted(held.response_id):
            held.pcm.clear()
        pcm = held.take(self._allowed(part))
        commands = self.play(part, held.response_id, pcm) if pcm else []
        if held.whole and not held.pcm:
            del self._held[part]
            commands += self.end_part(part)
        return commands

    def _open(self, response_id: str) -> bool:
        items = self.conversation.items
        parts = {self._with_checks[check_id] for check_id in self._with_checks}
        return any((item := items.get(part.item_id)) and item.response_id == response_id for part in parts)

    def _settle_words(self, part: Part) -> list[Command]:
        """Forget words that are checked, once the model has been left with what was shown of them."""
        words = self._words.get(part)
        item = self.conversation.items.get(part.item_id)
        response = self.conversation.responses.get(item.response_id) if item else None
        if words is None or not words.settled or not words.whole or (response and response.active):
            return []
        if part in self._held:  # they say how much of it may be played
            return []
        if not words.changed:
            del self._words[part]
            return []
        # These stay, for the item may come once more.
        if item is None or words.spoken or item.beside or part in self._rewritten:
            return []
        self._rewritten.add(part)
        return self.truncation.rewrite(item)

    def _trip(self, words: CheckedWords, item: Item | None, verdict: Verdict) -> list[Command]:
        """End an answer before a sentence that does not pass."""
        for part in [part for part in self._with_checks.values() if part.item_id == words.item_id]:
            self._forget_checks(part)
        response = self.conversation.responses.get(item.response_id) if item else None
        if item is None or response is None:
            return []
        for held in self._held.values():
            if held.response_id == response.id:
                held.pcm.clear()
        if item.beside:
            return [Send(ev.ResponseCancel(response_id=response.id))] if response.active else []
        if self.voice.is_muted(response.id) or not self.interruptions.concerns(response.id):
            return []
        if self.cushion_s is None:
            commands = self.interruptions.interrupt()  # it may be heard already
            self.voice.mute([response.id])
        else:
            commands = self._end_early(response)
        turn = self.turns.of(response.id)
        if not verdict.text or verdict.action not in ("mask", "replace") or turn is None or turn.done:
            return commands
        if turn.id in self._replaced_turns:
            return commands  # what was to be said instead does not pass either
        self._replaced.add(response.id)
        self._replaced_turns.add(turn.id)
        self._waiting.pop(response.id, None)
        return [*commands, *self.request(turn.id, exact_settings(verdict.text))]

    def _end_early(self, response: Response) -> list[Command]:
        """End a response with what has passed, which is still heard; nothing more of it is played."""
        commands: list[Command] = [Send(ev.ResponseCancel(response_id=response.id))] if response.active else []
        self.voice.mute([response.id])
        if turn := self.turns.of(response.id):
            turn.interrupted = True
        for item_id in response.item_ids:
            for part, state in self.voice.ledger.item_parts(item_id):
                if state.complete:
                    continue
                commands += self.end_part(part)
                passed_ms = to_ms(state.received)
                commands += self.truncation.cut(Cut(part, passed_ms, passed_ms))
        return commands

    def _forget_checks(self, part: Part) -> None:
        self._with_checks = {key: each for key, each in self._with_checks.items() if each != part}
