"""A cough over an answer: it stops, and goes on where it stopped. Words over it: it stops for good."""

from __future__ import annotations

import pytest

from realtime_widgets.core.conversation.export import export
from tests.core import wire
from tests.core.driving import MS
from tests.core.turn_taking.room import LIMIT_S, Room


def test_a_cough_stops_the_answer_and_it_goes_on_where_it_stopped() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough()
    assert room.core.activity == "speaking"
    room.hear(5000)
    assert room.heard == 4000
    assert room.core.activity == "listening"
    assert not turn.interrupted
    assert not export(room.core.conversation, room.core.ledger)[0].cut


def test_while_it_is_not_known_nothing_sounds_and_nothing_is_lost() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    assert room.silences == 1
    assert room.core.activity == "thinking"  # its response still runs
    room.silenced()
    room.receive(wire.audio("a1", 500 * MS))
    room.hear(3000)
    assert room.heard == 1000
    assert not room.core.quiet()
    room.receive(wire.committed("u2"), wire.heard_words("u2", " "))
    room.finish()
    room.hear(5000)
    assert room.heard == 4500


@pytest.mark.parametrize("when", ["before the player answered", "after it"])
def test_words_make_it_an_interruption(when: str) -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    out = room.silenced() if when == "after it" else []
    words = wire.event("conversation.item.input_audio_transcription.delta", item_id="u2", delta="Stop")
    room.receive(wire.committed("u2"), words)
    out += room.silenced() if when != "after it" else []
    assert out == ["conversation.item.truncate"]
    assert turn.interrupted
    assert room.receive(wire.audio("a1", 2400)) == []
    room.hear(2000)
    assert room.heard == 1000
    assert room.core.activity == "listening"
    assert room.texts() == []


def test_a_response_of_the_service_makes_it_an_interruption() -> None:
    room = Room()
    turn = room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.receive(wire.created("r2"), wire.output_added("r2", wire.message("a2")), wire.audio("a2", 500 * MS, "r2"))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1500
    assert turn.interrupted


def test_without_words_in_time_it_goes_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    assert {wake.seconds for wake in room.wakes} >= {LIMIT_S}
    room.pass_time()
    room.hear(4000)
    assert room.heard == 4000


def test_the_time_runs_from_the_end_of_the_sound() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.receive(wire.speech_started("u3"))
    room.pass_time()
    room.hear(1000)
    assert room.heard == 1000
    room.receive(wire.heard_words("u2", ""), wire.committed("u3"), wire.heard_words("u3", ""))
    room.hear(4000)
    assert room.heard == 4000


def test_words_of_an_earlier_turn_decide_nothing() -> None:
    room = Room({"model": "whisper-1"})
    room.receive(wire.committed("u1"))
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.receive(wire.heard_words("u1", "How was the weather?"), wire.committed("u2"), wire.heard_words("u2", ""))
    room.hear(4000)
    assert room.heard == 4000


def test_an_answer_goes_on_once() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough()
    room.hear(1000)
    room.cough("u3")
    room.pass_time()
    room.hear(4000)
    assert room.heard == 2000
    assert turn.interrupted


def test_where_it_is_switched_off_what_stopped_stays_stopped() -> None:
    room = Room({"model": "whisper-1"}, limit_s=None)
    turn = room.answer()
    room.hear(1000)
    room.cough()
    room.pass_time()
    room.hear(4000)
    assert (room.heard, turn.interrupted) == (1000, True)


def test_where_neither_words_nor_a_response_can_come_it_is_an_interruption() -> None:
    room = Room(create_response=False)
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.pass_time()
    room.hear(4000)
    assert room.heard == 1000


def test_a_server_that_writes_down_unasked_is_known_by_its_words() -> None:
    room = Room(create_response=False)
    room.receive(wire.committed("u1"), wire.heard_words("u1", "Tell me a story."))
    room.answer()
    room.hear(1000)
    room.cough()
    room.hear(4000)
    assert room.heard == 4000


def test_a_failed_transcript_says_nothing_where_no_answer_would_come_by_itself() -> None:
    failed = wire.event(
        "conversation.item.input_audio_transcription.failed", item_id="u2", error={"message": "no"}
    )
    heard = []
    for answers in (True, False):
        room = Room({"model": "whisper-1"}, create_response=answers)
        room.answer()
        room.hear(1000)
        room.cough(words=None)
        room.receive(failed)
        room.pass_time()
        room.hear(4000)
        heard.append(room.heard)
    assert heard == [4000, 1000]


def test_words_that_come_after_it_went_on_stop_it_where_it_is() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.pass_time()
    room.hear(1000)
    room.receive(wire.heard_words("u2", "What about the weather?"))
    room.silenced()
    room.hear(3000)
    assert room.heard == 2000
    assert turn.interrupted


def test_a_clip_goes_on_after_a_cough_too() -> None:
    room = Room({"model": "whisper-1"})
    part, commands = room.core.play_clip(b"\1\0" * 2000 * MS)
    room.do(commands)
    room.hear(500)
    assert room.cough() == []
    room.hear(3000)
    assert room.heard == 2000
    state = room.core.ledger.state(part)
    assert state is not None
    assert (state.heard, state.cut) == (2000 * MS, False)
