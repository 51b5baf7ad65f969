"""What a timeline says of turns, made of events, sound and reports of a player at given times."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from realtime_widgets.testing import tone
from realtime_widgets.timeline import builder as building
from realtime_widgets.timeline.builder import TimelineBuilder

if TYPE_CHECKING:
    from realtime_widgets.timeline.turns import TurnTimeline

RATE = 24_000
BLOCK = 2 * RATE // 50


def silence(ms: int) -> bytes:
    return bytes(2 * RATE * ms // 1000)


class Talk:
    """Feeds a builder: the microphone's blocks arrive `late` seconds after they were captured."""

    def __init__(self, late: float = 0.0) -> None:
        self.builder = TimelineBuilder()
        self.late = late

    def at(self, time: float, *events: Any) -> None:
        self.builder.receive([(time, event) for event in events])

    def hear(self, begin: float, pcm: bytes) -> None:
        for number, first in enumerate(range(0, len(pcm), BLOCK), 1):
            self.at(begin + number * 0.02 + self.late, ev.InputAppend(audio=pcm[first : first + BLOCK]))

    def says(self, item_id: str, span: tuple[int, int], decided: float, words: str = "", known: float = 0) -> None:
        self.at(
            decided,
            ev.SpeechStarted(item_id=item_id, audio_start_ms=span[0]),
            ev.SpeechStopped(item_id=item_id, audio_end_ms=span[1]),
            ev.InputCommitted(item_id=item_id),
        )
        if known:
            self.at(known, ev.InputTranscriptionCompleted(item_id=item_id, transcript=words))

    def begins(self, time: float, response_id: str) -> None:
        self.at(time, ev.ResponseCreated(response={"id": response_id}))

    def speaks(self, time: float, response_id: str, item_id: str, pcm: bytes, words: str = "") -> None:
        delta = base64.b64encode(pcm).decode()
        self.at(
            time,
            ev.OutputTranscriptDelta(item_id=item_id, response_id=response_id, delta=words),
            ev.OutputAudioDelta(item_id=item_id, response_id=response_id, delta=delta),
            ev.OutputTranscriptDone(item_id=item_id, response_id=response_id, transcript=words),
        )

    def played(self, begin: float, item_id: str, ms: int, step: int = 100, first: int = 0) -> None:
        for position in range(first + step, ms + 1, step):
            self.at(begin + (position - first) / 1000, [PlayedTo(Part(item_id, 0), position * RATE // 1000)])

    def turns(self) -> list[TurnTimeline]:
        return self.builder.turns()


def spans(turn: TurnTimeline, name: str) -> list[tuple[float, float]]:
    found = [each for each in turn.spans if name in (each.name, each.label)]
    return [(round(each.begin - turn.zero, 2), round(each.end - turn.zero, 2)) for each in found]


def spoken(late: float = 0.0) -> Talk:
    """Ten seconds after the start somebody speaks from 10.2 to 11.2; a tool runs; the answer plays from 12.5."""
    talk = Talk(late)
    talk.hear(10, silence(200) + tone(1000) + silence(600))
    talk.says("u", (0, 1700), 11.8, "How fast?", 11.9)
    talk.begins(11.81, "r1")
    call = {"type": "function_call", "call_id": "c", "name": "rate", "id": "f"}
    talk.at(11.95, ev.FunctionArgumentsDelta(item_id="f", response_id="r1", delta="{"))
    talk.at(12.0, ev.OutputItemDone(response_id="r1", item=call))
    output = {"type": "function_call_output", "call_id": "c", "output": "1"}
    talk.at(12.3, ev.ItemCreate(item=output), ev.ResponseCreate())
    talk.begins(12.35, "r2")
    talk.speaks(12.4, "r2", "a", tone(800), "Fast.")
    talk.played(12.5, "a", 800)
    return talk


@pytest.mark.parametrize("late", [0.0, 0.04])
def test_a_spoken_turn_with_a_tool(late: float) -> None:
    [turn] = spoken(late).turns()
    assert turn.zero == pytest.approx(11.2 + late)
    assert (turn.question, turn.answer, turn.item_ids) == ("How fast?", "Fast.", ("a",))
    shift = round(late, 2)
    assert spans(turn, "user speaks") == [(-1.0, 0.0)]
    assert spans(turn, "end of turn") == [(0.0, round(0.6 - shift, 2))]
    assert spans(turn, "recognition") == [(0.0, round(0.7 - shift, 2))]
    assert spans(turn, "rate") == [(round(0.8 - shift, 2), round(1.1 - shift, 2))]
    assert len(spans(turn, "thinking")) == 2
    assert spans(turn, "answer") == [(round(1.3 - shift, 2), round(2.1 - shift, 2))]
    assert spans(turn, "silence") == [(0.0, round(1.3 - shift, 2))]
    assert turn.delay == pytest.approx(1.3 - late)
    assert max(turn.user[0].peaks) > 0
    assert len(turn.voice[0].peaks) == 40


def test_reports_of_the_player_that_come_late_do_not_make_the_answer_later() -> None:
    talk = Talk()
    talk.at(1, ev.ItemCreate(item={"type": "message", "role": "user", "content": [{"text": "Hi"}]}))
    talk.begins(1.1, "r")
    talk.speaks(1.2, "r", "a", tone(1000), "Hello.")
    for ms, late in ((100, 0.15), (200, 0.02), (300, 0.2)):
        talk.at(1.3 + ms / 1000 + late, [PlayedTo(Part("a", 0), ms * 24)])
    [turn] = talk.turns()
    assert turn.question == "Hi"
    assert turn.delay == pytest.approx(0.32)


def test_an_answer_that_is_cut_ends_where_its_last_sample_was_heard() -> None:
    talk = spoken()
    talk.hear(20, tone(400))
    talk.at(20.1, ev.SpeechStarted(item_id="v", audio_start_ms=1800))
    talk.at(20.2, ev.ItemTruncate(item_id="a", content_index=0, audio_end_ms=800))
    first, *rest = talk.turns()
    assert first.interrupted
    assert first.at("interruption") == pytest.approx(2.1)
    assert rest == []  # nothing is answered yet


def test_an_answer_that_paused_for_a_cough_has_a_gap() -> None:
    talk = Talk()
    talk.at(1, ev.ResponseCreate())
    talk.begins(1.0, "r")
    talk.speaks(1.0, "r", "a", tone(1000), "Long.")
    talk.played(1.0, "a", 500)
    talk.played(3.0, "a", 1000, first=500)
    [turn] = talk.turns()
    assert spans(turn, "answer") == [(0.0, 0.5), (2.0, 2.5)]
    assert spans(turn, "silence") == [(0.5, 2.0)]


def test_a_cough_does_not_become_a_part_of_the_next_question() -> None:
    talk = Talk()
    talk.hear(0, tone(200) + silence(800))
    talk.says("cough", (0, 400), 0.6, "", 0.7)
    talk.hear(30, tone(500) + silence(300))
    talk.says("u", (1000, 1600), 30.8, "Hello?", 30.9)
    talk.begins(31, "r")
    [turn] = talk.turns()
    assert turn.question == "Hello?"
    assert spans(turn, "user speaks") == [(-0.5, 0.0)]


def test_push_to_talk_begins_with_what_was_pressed() -> None:
    talk = Talk()
    talk.at(5, ev.InputClear())
    talk.hear(5, silence(100) + tone(300) + silence(100))
    talk.at(5.6, ev.InputCommitted(item_id="u"))
    talk.begins(5.7, "r")
    [turn] = talk.turns()
    assert spans(turn, "user speaks") == [(-0.3, 0.0)]
    assert spans(turn, "end of turn") == [(0.0, 0.2)]


def test_a_new_connection_counts_from_its_own_beginning() -> None:
    talk = Talk()
    talk.hear(0, silence(1000))
    talk.at(2, ev.SessionCreated(session={}))
    talk.hear(2, tone(500) + silence(500))
    talk.says("u", (0, 1000), 3.0)
    talk.begins(3.1, "r")
    [turn] = talk.turns()
    assert turn.begin == pytest.approx(2.0)
    assert turn.zero == pytest.approx(2.5)


def test_written_answers_count_to_their_first_words() -> None:
    talk = Talk()
    talk.at(1, ev.ItemCreate(item={"type": "message", "role": "user", "content": [{"text": "Hi"}]}))
    talk.begins(1.1, "r")
    talk.at(1.4, ev.OutputTextDelta(item_id="a", response_id="r", delta="Hel"))
    talk.at(1.5, ev.OutputTextDone(item_id="a", response_id="r", text="Hello."))
    [turn] = talk.turns()
    assert turn.delay == pytest.approx(0.4)
    assert turn.item_ids == ("a",)
    assert spans(turn, "answer") == []


def test_a_server_that_names_no_responses_is_followed_too() -> None:
    talk = Talk()
    talk.at(1, ev.ResponseCreate())
    talk.at(1.1, ev.ResponseCreated(response={}))
    talk.speaks(1.2, "", "a", tone(100), "Yes.")
    talk.at(1.3, ev.ResponseDone(response={"status": "completed"}))
    assert [turn.answer for turn in talk.turns()] == ["Yes."]


def test_old_turns_are_forgotten_and_numbers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MOST_TURNS", 2)
    talk = Talk()
    for number in range(4):
        talk.at(number, ev.ResponseCreate())
        talk.begins(number, f"r{number}")
        talk.speaks(number + 0.1, f"r{number}", f"a{number}", tone(100), str(number))
    assert [(turn.number, turn.answer) for turn in talk.turns()] == [(3, "2"), (4, "3")]
    assert talk.builder.turn(1) is None
    talk.played(5, "a0", 100)  # late word of what is forgotten
    assert len(talk.turns()) == 2


def test_what_changed_is_told_since_a_change() -> None:
    talk = spoken()
    [turn], change = talk.builder.changed_since(0)
    assert turn.number == 1
    talk.hear(20, silence(100))
    assert talk.builder.changed_since(change) == ([], change)
    talk.at(21, ev.ItemTruncate(item_id="a", content_index=0, audio_end_ms=800))
    [turn], _ = talk.builder.changed_since(change)
    assert turn.interrupted


def test_events_are_led_to_their_turn() -> None:
    talk = spoken()
    talk.at(12.6, ev.OutputItemAdded(response_id="r2", item={"id": "a", "type": "message"}))
    of = talk.builder.turn_of
    assert of({"type": "response.done", "response": {"id": "r1"}}) == 1
    assert of({"type": "input_audio_buffer.speech_started", "item_id": "u"}) == 1
    assert of({"item": {"type": "function_call_output", "call_id": "c"}}) == 1
    assert of({"item": {"type": "message", "id": "a"}}) == 1
    assert of({"type": "session.updated", "session": {}}) is None
