"""Segments from the events of a service, over one connection and over several."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.core.captions.core import LONGEST_TURN_S, CaptionCore
from realtime_widgets.core.captions.segments import Segment
from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.protocol import events as ev

RATE = 24_000
BLOCK = RATE // 50 * 2
VOICE = (np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE) * 6000).astype("<i2").tobytes()


class Service:
    """A transcription service at the other end of a core: what it has heard, and what it was asked to commit."""

    def __init__(self, turn_detection: str | None = None) -> None:
        self.core = CaptionCore()
        self.sent: list[ev.ClientEvent] = []
        self.detection = {"type": turn_detection} if turn_detection else None
        self.connect()

    def connect(self) -> None:
        sound = {"turn_detection": self.detection, "transcription": {"model": "m"}}
        self.core.receive(ev.SessionUpdated(session={"type": "transcription", "audio": {"input": sound}}))
        self.do(self.core.resume())

    def do(self, commands: list[Command]) -> None:
        self.sent += [command.event for command in commands if isinstance(command, Send)]

    def hear(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), BLOCK):
            self.do(self.core.hear(pcm[start : start + BLOCK]))

    def say(self, seconds: float) -> None:
        whole, rest = divmod(seconds, 1)
        self.hear(VOICE * int(whole) + VOICE[: round(rest * RATE) * 2])

    def silence(self, seconds: float) -> None:
        self.hear(bytes(round(seconds * RATE) * 2))

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.sent if isinstance(event, kind)]

    def heard(self) -> bytes:
        return b"".join(event.audio for event in self.of(ev.InputAppend))

    def receive(self, event: ev.AnyServerEvent) -> None:
        self.do(self.core.receive(event))

    def committed(self, item_id: str) -> None:
        self.receive(ev.InputCommitted(item_id=item_id))

    def completed(self, item_id: str, words: str, **more: Any) -> None:
        self.receive(ev.InputTranscriptionCompleted(item_id=item_id, transcript=words, **more))

    def delta(self, item_id: str, words: str) -> None:
        self.receive(ev.InputTranscriptionDelta(item_id=item_id, delta=words))

    def lose(self) -> None:
        self.do(self.core.lost())
        self.sent.clear()


def about(seconds: float) -> Any:
    return pytest.approx(seconds, abs=0.05)


def test_a_pause_commits_and_the_words_stand_where_they_were_said() -> None:
    service = Service()
    service.silence(1)
    service.say(2)
    service.silence(1)
    assert len(service.of(ev.InputCommit)) == 1
    service.committed("a")
    service.delta("a", "Hel")
    (growing,) = service.core.segments
    assert (growing.text, growing.final) == ("Hel", False)
    service.completed("a", "Hello.", languages=[{"code": "en"}])
    assert service.core.segments == [Segment("a", about(0.8), about(3.2), "Hello.", True, ("en",))]
    assert not service.core.words_to_come


def test_words_that_come_while_somebody_speaks_begin_with_the_voice() -> None:
    service = Service()
    service.silence(2)
    service.say(1)
    service.delta("a", "so far")
    (growing,) = service.core.segments
    assert (growing.start, growing.end, growing.final) == (about(1.8), about(3.0), False)


def test_turns_of_the_service_have_its_times() -> None:
    service = Service("server_vad")
    service.say(3)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=500))
    service.receive(ev.SpeechStopped(item_id="a", audio_end_ms=2500))
    service.committed("a")
    service.completed("a", "One.")
    service.completed("a", "late words of the same")
    assert service.core.segments == [Segment("a", 0.5, 2.5, "One.", True)]
    assert not service.of(ev.InputCommit)
    assert not [event for event in service.sent if isinstance(event, ev.ResponseCreate)]
    assert service.core.activity == "listening"
    assert not service.core.expects_response


def test_a_turn_without_end_is_committed_here() -> None:
    service = Service("server_vad")
    service.say(1)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=0))
    service.say(LONGEST_TURN_S + 1)
    assert len(service.of(ev.InputCommit)) == 1


def test_words_that_could_not_be_written_down_leave_the_rest_and_are_told() -> None:
    service = Service("server_vad")
    service.say(2)
    for item_id in ("a", "b"):
        service.receive(ev.SpeechStarted(item_id=item_id, audio_start_ms=0))
        service.committed(item_id)
    service.delta("b", "half of")
    for item_id in ("a", "b"):
        service.receive(
            ev.InputTranscriptionFailed(item_id=item_id, error=ev.ErrorDetail(message="too much noise"))
        )
    assert [(segment.id, segment.text, segment.final) for segment in service.core.segments] == [
        ("b", "half of", True)
    ]
    assert "too much noise" in service.core.notices[-1].text


def test_speakers_have_segments_of_their_own() -> None:
    service = Service("server_vad")
    service.say(10)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=1000))
    service.receive(ev.SpeechStopped(item_id="a", audio_end_ms=9000))
    service.committed("a")
    for part, speaker, start, end in (("s1", "A", 0.0, 2.0), ("s2", "B", 1.5, 4.0)):
        service.receive(
            ev.InputTranscriptionSegment(
                item_id="a", id=part, start=start, end=end, speaker=speaker, text=f" said by {speaker}"
            )
        )
    service.completed("a", "said by A said by B")
    said = [(each.speaker, each.start, each.end, each.text, each.final) for each in service.core.segments]
    assert said == [("A", 1.0, 3.0, "said by A", True), ("B", 2.5, 5.0, "said by B", True)]


def test_after_a_loss_only_what_has_no_final_words_is_heard_again_and_the_times_go_on() -> None:
    service = Service()
    service.say(2)
    service.silence(1)
    service.committed("a")
    service.completed("a", "First.")
    service.say(2)
    service.silence(1)
    service.committed("b")
    service.delta("b", "Sec")
    service.say(1)
    service.lose()
    assert [segment.text for segment in service.core.segments] == ["First."]
    service.connect()
    kinds = [type(event) for event in service.sent]
    assert kinds.count(ev.InputCommit) == 1
    assert kinds[-1] is ev.InputAppend  # what was being said is not committed yet
    assert len(service.heard()) / 2 / RATE == about(4.2)
    service.committed("c")
    service.completed("c", "Second.")
    service.silence(1)
    service.committed("d")
    service.completed("d", "Third.")
    said = [(segment.text, segment.start, segment.end) for segment in service.core.segments]
    assert said == [
        ("First.", 0.0, about(2.2)),
        ("Second.", about(2.8), about(5.2)),
        ("Third.", about(5.8), about(7.2)),
    ]


def test_final_words_stay_even_if_earlier_ones_are_heard_again() -> None:
    service = Service()
    for _ in range(2):
        service.say(2)
        service.silence(1)
    service.committed("a")
    service.committed("b")
    service.completed("b", "Second.")
    service.say(1)
    service.lose()
    service.connect()
    assert [type(event) for event in service.sent].count(ev.InputCommit) == 1
    assert len(service.heard()) / 2 / RATE == about(2.6 + 1.4)
    service.committed("c")
    service.completed("c", "First.")
    service.silence(1)
    service.committed("d")
    service.completed("d", "Third.")
    said = [(segment.text, segment.start) for segment in service.core.segments]
    assert said == [("First.", 0.0), ("Second.", about(2.8)), ("Third.", about(5.8))]


def test_a_services_clock_begins_anew_with_each_connection() -> None:
    service = Service("server_vad")
    service.say(5)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=1000))
    service.lose()
    service.connect()
    assert len(service.heard()) / 2 / RATE == about(4.0)
    service.receive(ev.SpeechStarted(item_id="b", audio_start_ms=500))
    service.core.missed(RATE * 2)  # a second that could not be sent
    service.say(2)
    service.receive(ev.SpeechStopped(item_id="b", audio_end_ms=5000))
    service.committed("b")
    service.completed("b", "All.")
    assert service.core.segments == [Segment("b", 1.5, 7.0, "All.", True)]


def test_a_closed_microphone_leaves_nothing_unwritten() -> None:
    service = Service()
    service.say(2)
    service.do(service.core.microphone_closed("user"))
    assert len(service.of(ev.InputCommit)) == 1
    service.silence(1)
    service.do(service.core.microphone_closed("user"))
    assert len(service.of(ev.InputCommit)) == 1
    assert len(service.of(ev.InputClear)) == 1


def test_long_silence_is_dropped_and_the_begin_of_a_word_after_it_is_not() -> None:
    service = Service()
    service.silence(10)
    assert len(service.of(ev.InputClear)) == 1
    kept = service.sent[service.sent.index(service.of(ev.InputClear)[0]) + 1 :]
    assert sum(len(event.audio) for event in kept if isinstance(event, ev.InputAppend)) / 2 / RATE == about(0.5)
    service.say(2)
    service.silence(1)
    service.committed("a")
    service.completed("a", "Now.")
    assert service.core.segments == [Segment("a", about(9.8), about(12.2), "Now.", True)]


def test_words_that_never_came_are_not_waited_for_beyond_the_sound_that_is_kept() -> None:
    service = Service("server_vad")
    service.say(1)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=0))
    service.committed("a")
    service.delta("a", "Half of")
    service.silence(70)
    service.receive(ev.SpeechStarted(item_id="b", audio_start_ms=60_000))
    service.receive(ev.SpeechStopped(item_id="b", audio_end_ms=70_000))
    service.committed("b")
    service.completed("b", "All of it.")
    service.lose()
    service.connect()
    assert [(each.text, each.final) for each in service.core.segments] == [("Half of", True), ("All of it.", True)]
    assert len(service.heard()) / 2 / RATE == about(0.5)


def test_a_microphone_that_closes_in_mid_turn_sends_the_silence_that_ends_it() -> None:
    service = Service("server_vad")
    service.say(2)
    service.receive(ev.SpeechStarted(item_id="a", audio_start_ms=0))
    service.do(service.core.microphone_closed("user"))
    silence = service.of(ev.InputAppend)[-1]
    assert not any(silence.audio)
    service.receive(ev.SpeechStopped(item_id="a", audio_end_ms=2200))
    service.committed("a")
    service.completed("a", "That is all.")
    assert service.core.segments == [Segment("a", 0.0, 2.0, "That is all.", True)]
    # What is said later has the times of the captured sound, to which that silence does not belong.
    service.say(1)
    after_ms = 2000 + len(silence.audio) / 48
    service.receive(ev.SpeechStarted(item_id="b", audio_start_ms=round(after_ms + 500)))
    service.committed("b")
    service.completed("b", "And more.")
    assert service.core.segments[1].start == about(2.5)


def test_how_much_is_not_written_down_yet() -> None:
    service = Service()
    service.say(2)
    service.silence(1)
    assert service.core.unwritten_s == about(3)
    service.committed("a")
    assert service.core.unwritten_s == about(3)
    service.completed("a", "Now it is.")
    assert service.core.unwritten_s == about(0.4)
    assert Service("server_vad").core.unwritten_s == 0


def test_words_of_sound_that_is_dropped_after_all_are_forgotten() -> None:
    service = Service()
    service.silence(9)
    service.delta("a", "Thank you.")
    assert service.core.words_to_come
    service.silence(1)
    service.receive(ev.InputCleared())
    assert service.core.segments == []
    assert not service.core.words_to_come


def test_a_commit_that_is_refused_takes_no_words_of_the_next_one() -> None:
    service = Service()
    for _ in range(2):
        service.say(1)
        service.silence(1)
    first, second = service.of(ev.InputCommit)
    error = ev.ErrorDetail(code="input_audio_buffer_commit_empty", event_id=first.event_id)
    service.receive(ev.ErrorEvent(error=error))
    service.committed("b")
    service.completed("b", "Two.")
    assert second.event_id
    assert service.core.segments == [Segment("b", about(1.8), about(3.2), "Two.", True)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.floats(0.1, 3)),
        st.tuples(st.just("silence"), st.floats(0.1, 3)),
        st.tuples(st.sampled_from(["commit", "complete", "delta", "fail", "lose", "close"]), st.integers(0, 9)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_in_any_order_of_events_segments_are_in_order_and_final_words_stay(steps: list[tuple[str, Any]]) -> None:
    service = Service()
    answered, numbers = 0, iter(range(1000))
    open_items: list[str] = []
    final: list[str] = []
    for step, value in steps:
        before = len(service.of(ev.InputCommit))
        match step:
            case "say":
                service.say(value)
            case "silence":
                service.silence(value)
            case "commit" if answered < before:
                answered += 1
                open_items.append(f"item{next(numbers)}")
                service.committed(open_items[-1])
            case "complete" if open_items:
                item = open_items.pop(value % len(open_items))
                service.completed(item, f"words of {item}")
                final.append(f"words of {item}")
            case "fail" if open_items:
                item = open_items.pop(value % len(open_items))
                service.receive(ev.InputTranscriptionFailed(item_id=item))
            case "delta" if open_items:
                service.delta(open_items[value % len(open_items)], "more ")
            case "close":
                service.do(service.core.microphone_closed("user"))
            case "lose":
                kept = service.core.segments
                service.lose()
                assert all(each in service.core.segments for each in kept if each.final)
                open_items, answered = [], 0
                service.connect()
        shown = service.core.segments
        assert all(each.start <= each.end for each in shown)
        assert all(first.end <= second.start for first, second in itertools.pairwise(shown) if first.final)
        assert set(final) <= {each.text for each in shown}
    service.do(service.core.microphone_closed("user"))
    while answered < len(service.of(ev.InputCommit)):
        answered += 1
        open_items.append(f"item{next(numbers)}")
        service.committed(open_items[-1])
    for item in open_items:
        service.completed(item, f"words of {item}")
    assert not service.core.words_to_come
    assert all(each.final for each in service.core.segments)
