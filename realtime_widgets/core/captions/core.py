"""The core of a session that only writes down: the one of a talk, which here never answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.captions.pauses import LEAD_S, PauseRule
from realtime_widgets.core.captions.segments import Segment, SegmentLog
from realtime_widgets.core.captions.sent_sound import BYTES_PER_S, Block, SentSound
from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.conversation.function_calls import MAX_ROUNDS
from realtime_widgets.core.session import SessionCore
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds of speech without a pause after which the client commits although the service looks for turns.
LONGEST_TURN_S = 30.0
#: Shortest sound that the service commits, in seconds.
_LEAST_S = 0.1
_NOTHING_COMMITTED = "input_audio_buffer_commit_empty"
#: Sound before the loss of a connection that is heard again if nobody was known to speak, in seconds.
_LEAD_AGAIN_S = 0.5


@dataclass
class _Commit:
    """A commit of ours whose words are not final: its id, what was said in it, and where it ends; in seconds."""

    event_id: str
    start: float
    end: float
    until: float
    #: The item that the service made of it; empty as long as it has made none.
    item_id: str = ""


class CaptionCore(SessionCore):
    """Writes segments from what the service hears; commits at pauses where the service finds no turns.

    Parameters are those of `SessionCore`.

    Attributes
    ----------
    log
        What was said.
    sound
        The captured sound.
    """

    def __init__(
        self,
        false_interruption_s: float | None = None,
        truncates: bool = True,
        max_rounds: int = MAX_ROUNDS,
        ids: Iterator[int] | None = None,
    ) -> None:
        super().__init__(false_interruption_s, truncates, max_rounds, ids)
        self.log = SegmentLog()
        self.sound = SentSound()
        self._pauses = PauseRule()
        self._turns_rule = PauseRule(longest_s=LONGEST_TURN_S)
        #: Where the sound begins that is not committed.
        self._begin_s = 0.0
        self._commits: list[_Commit] = []
        self._again_s: float | None = None
        self._folds: dict[type, Callable[[Any], None]] = {
            ev.SessionUpdated: self._updated_turns,
            ev.SpeechStarted: self._speech_started,
            ev.SpeechStopped: self._speech_stopped,
            ev.InputCommitted: self._committed,
            ev.InputCleared: self._cleared,
            ev.InputTranscriptionDelta: self._delta,
            ev.InputTranscriptionSegment: self._speaker,
            ev.InputTranscriptionCompleted: self._completed,
            ev.InputTranscriptionFailed: self._failed,
            ev.ErrorEvent: self._refused,
        }

    @property
    def segments(self) -> list[Segment]:
        """What was said so far, in order."""
        return self.log.segments(self.sound.seconds)

    @property
    def words_to_come(self) -> bool:
        """Whether something was said whose words are not final."""
        return bool(self.log.unfinished or self._commits or self.speech.item_id)

    @property
    def unwritten_s(self) -> float:
        """Seconds since the oldest sound that has no final words; of turns that the service finds itself, 0."""
        if self.speech.taking.detects:
            return 0.0
        return self.sound.seconds - min([self._begin_s, *(commit.start for commit in self._commits)])

    def hear(self, pcm: bytes) -> list[Command]:
        """Apply a block of captured sound."""
        commands = super().hear(pcm)
        self.sound.appended(pcm)
        if self.speech.taking.detects:
            self._begin_anew()
            return commands + self._too_long_a_turn(pcm)
        verdict = self._pauses.hear(pcm)
        if verdict == "commit":
            return commands + self._commit()
        return commands + self._drop() if verdict == "drop" else commands

    def missed(self, size: int) -> None:
        """Note captured sound that could not be sent, in bytes."""
        self.sound.missed(size)

    def flush(self) -> list[Command]:
        """Have everything written down that was said until now: no more sound comes for a while."""
        if self.speech.taking.detects:
            return []
        if self._pauses.stretch is None or self._pauses.length_s < _LEAST_S:
            return self.clear() if self._pauses.length_s else []
        return self._commit()

    def clear(self) -> list[Command]:
        """Have the service forget the sound that is not committed."""
        self._begin_anew()
        return [Send(ev.InputClear())]

    def microphone_closed(self, reason: str) -> list[Command]:
        """End what is being said, since no more sound comes."""
        if not self.speech.taking.detects:
            return self.flush()
        return self._counted(super().microphone_closed(reason))

    def receive(self, event: ev.AnyServerEvent) -> list[Command]:
        """Apply one server event."""
        commands = self._counted(super().receive(event))
        if fold := self._folds.get(type(event)):
            fold(event)
            self._changed.add("conversation")
        return commands

    def lost(self, repeats: int = 0) -> list[Command]:
        """Note that the connection is gone: what has no final words is heard again by the next one."""
        commands = super().lost(0)
        # What began before the sound that is kept cannot be heard again: the words that came of it stay.
        oldest = self.sound.oldest_s
        if self.speech.taking.detects:
            latest = max(self.sound.seconds - _LEAD_AGAIN_S, self.log.end_final, oldest)
            self._again_s = min([begin for begin in self.log.begins_unfinished if begin >= oldest] + [latest])
            self.log.lost(self._again_s, all_again=True)
        else:
            self._commits = [replace(each, item_id="") for each in self._commits if each.start >= oldest]
            self._again_s = max(self._begin_s, oldest)
            self.log.lost(oldest)
        return commands

    def resume(self) -> list[Command]:
        """Send what has no final words to a new connection, which has heard nothing yet."""
        self.sound.connected()
        since, self._again_s = self._again_s, None
        if since is None:
            return []
        events: list[ev.ClientEvent] = []
        for commit in self._commits:
            events += self._append_again(self.sound.between(commit.start, commit.until))
            events.append(ev.InputCommit(event_id=commit.event_id))
        events += self._append_again(self.sound.between(since))
        return [Send(event) for event in events]

    def _counted(self, commands: list[Command]) -> list[Command]:
        """Count the silence that is sent after the sound, by which the service hears the end of speech."""
        for command in commands:
            if isinstance(command, Send) and isinstance(command.event, ev.InputAppend):
                self.sound.padded(len(command.event.audio))
        return commands

    def _append_again(self, blocks: list[Block]) -> list[ev.ClientEvent]:
        for block in blocks:
            self.sound.sent_again(block)
        pcm = b"".join(block.pcm for block in blocks)
        return [
            ev.InputAppend(audio=pcm[start : start + BYTES_PER_S]) for start in range(0, len(pcm), BYTES_PER_S)
        ]

    def _commit(self) -> list[Command]:
        stretch = self._pauses.stretch
        begin, now = self._begin_s, self.sound.seconds
        start, end = (begin + stretch.begin_s, begin + stretch.end_s) if stretch else (begin, now)
        commit = _Commit(self.new_id("commit"), start, min(end, now), now)
        self._commits.append(commit)
        self._begin_anew()
        self._changed.add("conversation")
        return [Send(ev.InputCommit(event_id=commit.event_id))]

    def _drop(self) -> list[Command]:
        """Drop silence, but not the begin of a voice that may be in the last of it."""
        commands = self.clear()
        lead = self.sound.between(self.sound.seconds - LEAD_S)
        self._begin_s = lead[0].start / BYTES_PER_S if lead else self._begin_s
        for block in lead:
            self._pauses.hear(block.pcm)
        return commands + [Send(event) for event in self._append_again(lead)]

    def _begin_anew(self) -> None:
        self._pauses.begin_anew()
        self._begin_s = self.sound.seconds

    def _too_long_a_turn(self, pcm: bytes) -> list[Command]:
        """Commit a turn whose end the service does not find."""
        if self.speech.item_id is None or self.speech.stopped:
            self._turns_rule.begin_anew()
            return []
        verdict = self._turns_rule.hear(pcm)
        if self._turns_rule.length_s < LONGEST_TURN_S / 2 or verdict is None:
            return []
        self._turns_rule.begin_anew()
        return [Send(ev.InputCommit(event_id=self.new_id("commit")))]

    def _updated_turns(self, event: ev.SessionUpdated) -> None:
        """Note that the service finds the turns from now on: no commit of ours is on its way any more."""
        if self.speech.taking.detects:
            self._commits = [each for each in self._commits if each.item_id]

    def _speech_started(self, event: ev.SpeechStarted) -> None:
        if event.item_id:
            self.log.began(event.item_id, self.sound.captured_s(event.audio_start_ms))

    def _speech_stopped(self, event: ev.SpeechStopped) -> None:
        self.log.ended(event.item_id, self.sound.captured_s(event.audio_end_ms))

    def _committed(self, event: ev.InputCommitted) -> None:
        if commit := next((each for each in self._commits if not each.item_id), None):
            commit.item_id = event.item_id
            self.log.placed(event.item_id, commit.start, commit.end)
        else:
            self.log.began(event.item_id, self.log.end_final)
            self.log.ended(event.item_id, self.sound.seconds)

    def _cleared(self, event: ev.InputCleared) -> None:
        """Forget words of sound that is not written down after all."""
        if not self.speech.taking.detects:
            self.log.dropped()

    def _delta(self, event: ev.InputTranscriptionDelta) -> None:
        self._begun(event.item_id)
        self.log.words(event.item_id, event.delta or "")

    def _speaker(self, event: ev.InputTranscriptionSegment) -> None:
        self._begun(event.item_id)
        part = Segment(event.id, event.start, event.end, event.text.strip(), False, speaker=event.speaker)
        self.log.spoken(event.item_id, part)

    def _completed(self, event: ev.InputTranscriptionCompleted) -> None:
        self._begun(event.item_id)
        languages = (str(each.get("code") or each.get("language") or "") for each in event.languages or ())
        self.log.completed(event.item_id, event.transcript, filter(None, languages), self.sound.seconds)
        self._over(event.item_id)

    def _failed(self, event: ev.InputTranscriptionFailed) -> None:
        self.log.failed(event.item_id, self.sound.seconds)
        self._over(event.item_id)

    def _over(self, item_id: str) -> None:
        """Keep nothing of an item for the next connection: all its words are there."""
        self._commits = [each for each in self._commits if each.item_id != item_id]
        self.resumption.history.unheard(item_id)

    def _refused(self, event: ev.ErrorEvent) -> None:
        refused = event.error.event_id
        if not refused and event.error.code == _NOTHING_COMMITTED:  # a server that does not name the event
            refused = next((each.event_id for each in self._commits if not each.item_id), None)
        self._commits = [each for each in self._commits if each.event_id != refused]

    def _begun(self, item_id: str) -> None:
        """Note words of an item that was not told of: it is the oldest commit on its way, or what is said now."""
        waiting = next((each for each in self._commits if not each.item_id), None)
        stretch = self._pauses.stretch
        begin = self._begin_s + (stretch.begin_s if stretch else 0.0)
        self.log.began(item_id, waiting.start if waiting else begin)
