"""Makes the timeline of a talk from its events, its sound and the player's reports, as they come. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from realtime_widgets.timeline.clock import SampleClock
from realtime_widgets.timeline.turns import Mark, MarkName, Span, SpanName, TurnTimeline
from realtime_widgets.timeline.wave import Envelope, Wave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What happened: an event of either side, or the positions that the player reported.
Happening = ev.ClientEvent | ev.AnyServerEvent | list[PlayedTo]

#: Turns that are kept at most; the oldest are forgotten first.
MOST_TURNS = 1_000
#: Silence that is shorter than this is a pause in speech, in seconds.
SHORTEST_SILENCE_S = 0.15
_SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass
class _Speech:
    """Something that the user said: samples of the captured stream, and when the service decided its end."""

    item_id: str
    first: int
    last: int | None = None
    decided: float | None = None
    recognised: float | None = None
    words: str = ""


@dataclass
class _Voice:
    """The sound of one part of an answer."""

    came: float
    envelope: Envelope = field(default_factory=Envelope)
    clock: SampleClock = field(default_factory=lambda: SampleClock(SAMPLE_RATE))


@dataclass
class _Tool:
    name: str
    begin: float
    end: float | None = None


@dataclass
class _Turn:
    number: int = 0
    changed: int = 0
    speech: list[_Speech] = field(default_factory=list)
    asked: float | None = None
    typed: str = ""
    #: Items of both sides, but for those that the user spoke.
    item_ids: list[str] = field(default_factory=list)
    response_ids: list[str] = field(default_factory=list)
    #: Of each response when it was asked for, if it is not the first, and its first byte.
    asked_again: list[float] = field(default_factory=list)
    first_bytes: dict[str, float] = field(default_factory=dict)
    first_words: float | None = None
    begun: float | None = None
    words: dict[str, str] = field(default_factory=dict)
    voices: dict[Part, _Voice] = field(default_factory=dict)
    tools: dict[str, _Tool] = field(default_factory=dict)
    #: Whether an output of a tool has been sent since the last response began.
    goes_on: bool = False
    cut: float | None = None


class TimelineBuilder:
    """Follows one talk.

    Attributes
    ----------
    audible
        Whether somebody can hear the answers.
    """

    def __init__(self) -> None:
        self.audible = True
        #: Changes so far, and with which one each turn changed last.
        self._changes = 0
        self._turns: list[_Turn] = []
        #: The turn that has a question and no answer yet.
        self._asked: _Turn | None = None
        #: The turn that is being answered, or was last.
        self._answered: _Turn | None = None
        self._of_response: dict[str, _Turn] = {}
        self._of_part: dict[Part, _Turn] = {}
        self._of_call: dict[str, _Turn] = {}
        self._of_item: dict[str, _Turn] = {}
        self._speech: dict[str, tuple[_Turn, _Speech]] = {}
        self._number = 0
        self._captured = SampleClock(SAMPLE_RATE)
        self._mine = Envelope()
        #: The sample with which the service began to count, and the first one that is in no item yet.
        self._connected = self._uncommitted = 0
        self._take: dict[type, Callable[[float, Any], None]] = {
            list: self._played,
            ev.InputAppend: self._append,
            ev.InputClear: self._cleared,
            ev.ItemCreate: self._create,
            ev.ItemTruncate: self._truncate,
            ev.ResponseCreate: self._ask,
            ev.SessionCreated: self._connect,
            ev.SpeechStarted: self._speech_started,
            ev.SpeechStopped: self._speech_stopped,
            ev.InputCommitted: self._committed,
            ev.InputTranscriptionCompleted: self._recognised,
            ev.ResponseCreated: self._begun,
            ev.OutputAudioDelta: self._sound,
            ev.OutputTranscriptDelta: self._first_words,
            ev.OutputTextDelta: self._first_words,
            ev.FunctionArgumentsDelta: self._byte,
            ev.OutputTranscriptDone: lambda at, event: self._said(at, event, event.transcript),
            ev.OutputTextDone: lambda at, event: self._said(at, event, event.text),
            ev.OutputItemAdded: self._item_added,
            ev.OutputItemDone: self._item_done,
            ev.ResponseDone: self._done,
        }

    def receive(self, happenings: Iterable[tuple[float, Happening]]) -> None:
        """Note what happened, each with its time in seconds since the session was made, in order."""
        for at, event in happenings:
            if take := self._take.get(type(event)):
                take(at, event)

    def turns(self) -> list[TurnTimeline]:
        """Return all turns so far that are kept, oldest first."""
        return [self._shown(turn) for turn in self._turns]

    def changed_since(self, change: int) -> tuple[list[TurnTimeline], int]:
        """Return the turns of which there is news since a change, and the number of the last one; 0 is before all.

        Words, answers and reports of the player are news; a block of sound is not.
        """
        return [self._shown(turn) for turn in self._turns if turn.changed > change], self._changes

    def speech_of(self, item_id: str) -> tuple[int, int] | None:
        """Return the samples of the captured stream that an item holds: the first, and the one after the last."""
        found = self._speech.get(item_id)
        if found is None:
            return None
        speech = found[1]
        return speech.first, self._mine.samples if speech.last is None else speech.last

    def turn_of(self, event: dict[str, Any]) -> int | None:
        """Return the number of the turn of an event, as it stands on the wire; None if it is not known."""
        response, item = event.get("response"), event.get("item")
        ids = [event.get("response_id"), response.get("id") if isinstance(response, dict) else None]
        call_ids = [event.get("call_id"), item.get("call_id") if isinstance(item, dict) else None]
        item_ids = [event.get("item_id"), item.get("id") if isinstance(item, dict) else None]
        turn = next((found for each in ids if each and (found := self._of_response.get(each))), None)
        turn = turn or next((found for each in call_ids if each and (found := self._of_call.get(each))), None)
        for each in item_ids if turn is None else ():
            turn = turn or self._of_item.get(str(each))
        return turn.number or None if turn else None

    def turn(self, number: int) -> TurnTimeline | None:
        """Return a turn by its number; None if there is none, or if it is forgotten."""
        return next((self._shown(turn) for turn in self._turns if turn.number == number), None)

    def _belongs(self, turn: _Turn, item: dict[str, Any]) -> None:
        if item_id := item.get("id"):
            turn.item_ids.append(str(item_id))
            self._of_item[turn.item_ids[-1]] = turn

    def _news(self, turn: _Turn) -> None:
        self._changes += 1
        turn.changed = self._changes

    # What the user says

    def _append(self, at: float, event: ev.InputAppend) -> None:
        self._mine.add(event.audio)
        self._captured.report(at, self._mine.samples)

    def _cleared(self, at: float, event: ev.InputClear) -> None:
        self._uncommitted = self._mine.samples

    def _connect(self, at: float, event: ev.SessionCreated) -> None:
        self._connected = self._uncommitted = self._mine.samples

    def _sample(self, ms: int) -> int:
        """Return the sample at a time of the service, which counts from the beginning of its connection."""
        return min(max(0, self._connected + ms * _SAMPLES_PER_MS), self._mine.samples)

    def _question(self) -> _Turn:
        if self._asked is None:
            self._asked = _Turn()
        return self._asked

    def _speech_started(self, at: float, event: ev.SpeechStarted) -> None:
        turn = self._question()
        turn.speech = [each for each in turn.speech if each.decided is not None]  # what came to nothing
        speech = _Speech(event.item_id, max(self._sample(event.audio_start_ms), self._uncommitted))
        turn.speech.append(speech)
        self._speech[event.item_id] = turn, speech
        self._of_item[event.item_id] = turn

    def _speech_stopped(self, at: float, event: ev.SpeechStopped) -> None:
        if found := self._speech.get(event.item_id):
            found[1].last = self._sample(event.audio_end_ms)
            found[1].decided = at

    def _committed(self, at: float, event: ev.InputCommitted) -> None:
        turn, speech = self._speech.get(event.item_id) or (self._question(), None)
        if speech is None:  # by push-to-talk
            speech = _Speech(event.item_id, self._uncommitted)
            turn.speech.append(speech)
            self._speech[event.item_id] = turn, speech
            self._of_item[event.item_id] = turn
        speech.last = self._mine.samples if speech.last is None else speech.last
        speech.decided = at
        self._uncommitted = self._mine.samples

    def _recognised(self, at: float, event: ev.InputTranscriptionCompleted) -> None:
        if found := self._speech.get(event.item_id):
            turn, speech = found
            speech.recognised, speech.words = at, event.transcript.strip()
            if not speech.words and turn is self._asked:  # a cough, which nobody answers
                turn.speech.remove(speech)
            self._news(turn)

    def _create(self, at: float, event: ev.ItemCreate) -> None:
        item = event.item
        if item.get("type") == "function_call_output":
            if turn := self._of_call.get(str(item.get("call_id"))):
                turn.tools[str(item["call_id"])].end = at
                turn.asked_again[-1:] = [at] if turn.goes_on else [*turn.asked_again[-1:], at]
                turn.goes_on = True
        elif item.get("type") == "message" and item.get("role") == "user":
            turn = self._question()
            turn.asked = at
            self._belongs(turn, item)
            words = [part.get("text") or part.get("transcript") or "" for part in item.get("content") or ()]
            turn.typed = " ".join(filter(None, [turn.typed, *words]))

    def _ask(self, at: float, event: ev.ResponseCreate) -> None:
        if self._asked is None and not (self._answered and self._answered.goes_on):
            self._question().asked = at

    # What is answered

    def _begun(self, at: float, event: ev.ResponseCreated) -> None:
        turn, before = self._asked, self._answered
        if turn is None or not (turn.speech or turn.asked is not None):
            turn = before if before and before.goes_on else _Turn(asked=at)
        if turn is self._asked:
            self._asked = None
        if not turn.number:
            self._number += 1
            turn.number = self._number
            self._turns.append(turn)
            if len(self._turns) > MOST_TURNS:
                self._forget(self._turns.pop(0))
        turn.goes_on = False
        turn.begun = at if turn.begun is None else turn.begun
        turn.response_ids.append(str(event.response.get("id") or ""))
        self._of_response[turn.response_ids[-1]] = self._answered = turn
        self._news(turn)

    def _of(self, response_id: str) -> _Turn | None:
        return self._of_response.get(response_id, self._answered)

    def _byte(self, at: float, event: Any) -> None:
        turn = self._of(event.response_id)
        if turn is not None and event.response_id not in turn.first_bytes:
            turn.first_bytes[event.response_id] = at
            self._news(turn)

    def _first_words(self, at: float, event: ev.OutputTranscriptDelta | ev.OutputTextDelta) -> None:
        self._byte(at, event)
        turn = self._of(event.response_id)
        if turn is not None and turn.first_words is None:
            turn.first_words = at

    def _sound(self, at: float, event: ev.OutputAudioDelta) -> None:
        self._byte(at, event)
        part = Part(event.item_id, event.content_index)
        if (turn := self._of_part.get(part) or self._of(event.response_id)) is None:
            return
        self._of_part[part] = turn
        try:
            turn.voices.setdefault(part, _Voice(at)).envelope.add(event.audio())
        except ValueError:  # what is no sound is not played either
            return

    def _said(self, at: float, event: ev.OutputTranscriptDone | ev.OutputTextDone, words: str) -> None:
        if turn := self._of(event.response_id):
            turn.words[event.item_id] = words.strip()
            self._news(turn)

    def _item_added(self, at: float, event: ev.OutputItemAdded) -> None:
        turn, item = self._of(event.response_id), event.item
        if turn:
            self._belongs(turn, item)
        if turn and item.get("type") == "mcp_call":
            turn.tools[str(item.get("id"))] = _Tool(str(item.get("name") or "tool"), at)

    def _item_done(self, at: float, event: ev.OutputItemDone) -> None:
        turn, item = self._of(event.response_id), event.item
        if turn is None:
            return
        if item.get("type") == "function_call":
            call_id = str(item.get("call_id"))
            turn.tools[call_id] = _Tool(str(item.get("name") or "tool"), at)
            self._of_call[call_id] = turn
        elif (tool := turn.tools.get(str(item.get("id")))) and item.get("type") == "mcp_call":
            tool.end = at

    def _done(self, at: float, event: ev.ResponseDone) -> None:
        turn = self._of(str(event.response.get("id") or ""))
        if turn and event.response.get("status") == "cancelled" and turn.cut is None:
            turn.cut = at
        if turn:
            self._news(turn)

    def _truncate(self, at: float, event: ev.ItemTruncate) -> None:
        turn = self._of_part.get(Part(event.item_id, event.content_index))
        if turn is not None:
            turn.cut = at if turn.cut is None else turn.cut
            self._news(turn)

    def _played(self, at: float, positions: list[PlayedTo]) -> None:
        for part, played in positions:
            turn = self._of_part.get(part)
            if turn and (voice := turn.voices.get(part)):
                voice.clock.report(at, min(played, voice.envelope.samples), since=voice.came)
                self._news(turn)

    def _forget(self, turn: _Turn) -> None:
        for response_id in turn.response_ids:
            self._of_response.pop(response_id, None)
        for part in turn.voices:
            self._of_part.pop(part, None)
        for call_id in turn.tools:
            self._of_call.pop(call_id, None)
        for item_id in (*turn.item_ids, *(speech.item_id for speech in turn.speech)):
            self._speech.pop(item_id, None)
            self._of_item.pop(item_id, None)

    # How it is shown

    def _shown(self, turn: _Turn) -> TurnTimeline:
        spans: list[Span] = []
        marks: list[Mark] = []

        def span(name: SpanName, begin: float | None, end: float | None, label: str = "") -> None:
            if begin is not None and end is not None and end > begin:
                spans.append(Span(name, begin, end, label))

        def mark(name: MarkName, at: float | None) -> None:
            if at is not None:
                marks.append(Mark(name, at))

        mine: list[Wave] = []
        for speech in turn.speech:
            last = self._mine.samples if speech.last is None else speech.last
            first, last = self._mine.speech(speech.first, last)
            begin, end = self._captured.time_of(first), self._captured.end_of(last)
            span("user speaks", begin, end)
            mine.append(Wave(begin, self._mine.peaks(first, last)))
        spoken = [each.end for each in spans]
        zero = max(spoken) if spoken else turn.asked if turn.asked is not None else turn.begun or 0.0
        last_speech = turn.speech[-1] if turn.speech else _Speech("", 0)
        asked = zero if last_speech.decided is None else max(zero, last_speech.decided)
        if last_speech.decided is not None:
            span("end of turn", zero, last_speech.decided)
            mark("turn decided", last_speech.decided)
        span("recognition", zero, last_speech.recognised)
        mark("words recognised", last_speech.recognised)
        first_bytes = list(turn.first_bytes.values())
        for began, first_byte in zip([asked, *turn.asked_again], first_bytes, strict=False):
            span("thinking", began, first_byte)
        mark("first byte", first_bytes[0] if first_bytes else None)
        for tool in turn.tools.values():
            span("tool", tool.begin, tool.end, tool.name)
        voice: list[Wave] = []
        for each in turn.voices.values():
            for first, last, begin in each.clock.runs(0, each.clock.samples):
                span("answer", begin, begin + (last - first) / SAMPLE_RATE)
                voice.append(Wave(begin, each.envelope.peaks(first, last)))
        heard = sorted((each.begin, each.end) for each in spans if each.name == "answer")
        if heard:
            span("first sound", min(each.came for each in turn.voices.values()), heard[0][0])
            mark("first sample", heard[0][0])
        else:
            mark("first words", turn.first_words)
        for begin, end in _silences(zero, heard):
            span("silence", begin, end)
        if turn.cut is not None:
            mark("interruption", min([turn.cut, *(end for _, end in heard[-1:])]))
        spans.sort(key=lambda each: (each.begin, each.end))
        marks.sort(key=lambda each: each.at)
        question = " ".join(filter(None, [turn.typed, *(speech.words for speech in turn.speech)]))
        return TurnTimeline(
            number=turn.number,
            question=question,
            answer=" ".join(filter(None, turn.words.values())),
            spans=tuple(spans),
            marks=tuple(marks),
            zero=zero,
            heard=self.audible,
            interrupted=turn.cut is not None,
            item_ids=tuple(dict.fromkeys([*(part.item_id for part in turn.voices), *turn.words])),
            user=tuple(mine),
            voice=tuple(voice),
        )


def _silences(zero: float, heard: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return when nothing was heard between the end of the question and the end of the answer."""
    found, quiet_since = [], zero
    for begin, end in heard:
        if begin - quiet_since >= SHORTEST_SILENCE_S:
            found.append((quiet_since, begin))
        quiet_since = max(quiet_since, end)
    return found
