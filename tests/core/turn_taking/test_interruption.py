"""An answer is stopped, by speech over it or by a button: what falls silent, and what becomes of its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.protocol import events as ev
from realtime_widgets.widgets.talk.entries import make_entries
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import MS, answering, core_with, ended, receive, sent, types
from tests.core.turn_taking.room import STORY, Room

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


def test_what_a_tool_found_after_an_interruption_goes_in_unasked(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}), wire.output_done("r1", item))
    assert types(core.interrupt()) == ["response.cancel"]
    receive(core, wire.finished("r1", item, status="cancelled"))
    commands = core.tool_finished("c1", "1")
    assert types(commands) == ["conversation.item.create"]
    assert len(ended(commands)) == 1


def test_speech_before_any_sound_needs_no_silence(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert receive(core, wire.speech_started("u2")) == []
    assert receive(core, wire.audio("a1", 2400)) == []
    assert core.silenced([]) == []
    assert core.activity == "thinking"


def test_a_stop_cancels_the_answer(core: SessionCore) -> None:
    turn = answering(core)
    commands = core.interrupt()
    assert [event.response_id for event in sent(commands) if isinstance(event, ev.ResponseCancel)] == ["r1"]
    assert Silence() in commands
    assert turn.interrupted
    assert types(core.interrupt()) == ["response.cancel"]


def test_a_stop_before_the_answer_has_begun_stops_it_as_it_begins(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    assert core.interrupt() == []
    cancel = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert types(cancel) == ["response.cancel"]
    assert receive(core, wire.audio("a1", 2400)) == []
    assert ended(receive(core, wire.finished("r1", status="cancelled"))) == [turn]
    assert turn.interrupted


def test_a_stopped_question_that_was_refused_is_not_asked_again(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    core.interrupt()
    busy = wire.error("conversation_already_has_active_response", sent(commands)[-1].event_id)
    assert ended(receive(core, busy)) == [turn]
    assert receive(core, wire.created("auto"), wire.finished("auto"))[-1:] != []
    assert core.activity == "listening"


def test_a_stop_ends_a_turn_whose_next_response_waits(core: SessionCore) -> None:
    turn = answering(core)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.output_done("r1", item, 1), wire.audio_done("a1"))
    receive(core, wire.finished("r1", wire.message("a1", status="completed"), item))
    core.receive(wire.event("session.updated", session={"audio": {"input": {"turn_detection": None}}}))
    receive(core, wire.speech_started("u2"))
    assert types(core.tool_finished("c1", "1")) == ["conversation.item.create"]
    assert ended(core.interrupt()) == [turn]
    assert receive(core, wire.committed("u2")) == []


def test_where_speech_must_not_interrupt_the_answer_goes_on() -> None:
    core = core_with({"type": "server_vad", "interrupt_response": False})
    turn = answering(core)
    assert receive(core, wire.speech_started("u2")) == []
    assert [type(command) for command in receive(core, wire.audio("a1", 2400))] == [Play]
    assert not turn.interrupted


@pytest.mark.parametrize("how", ["stop", "press", "say"])
def test_a_button_or_typed_text_is_never_in_doubt(how: str) -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.press() if how == "press" else room.core.interrupt())
    assert turn.interrupted
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1000


def test_what_the_service_had_cut_is_played_to_its_end_and_told() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(ms=2000, done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.finish("cancelled")
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    assert room.heard == 1000
    room.pass_time()  # it did not make the answer again
    room.hear(3000)
    assert room.heard == 2000
    [entry, *_] = [entry for entry in make_entries(room.core, {}, closed=False) if entry.kind == "assistant"]
    assert (entry.state, entry.cut, entry.heard_ms) == ("incomplete", True, 2000.0)
    assert entry.heard_length is not None
    assert 0 < entry.heard_length < len(STORY)
    assert any("ends where it was cut" in notice.text for notice in room.core.notices)
    [rest] = room.texts()
    assert rest in STORY[: entry.heard_length]


def test_an_answer_that_is_made_again_is_not_heard_twice() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(ms=2000, done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.finish("cancelled")
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.receive(wire.created("r2"), wire.output_added("r2", wire.message("a2")), wire.audio("a2", 700 * MS, "r2"))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1700
    assert room.core.notices == []


def test_an_answer_that_is_lost_to_a_cough_before_it_began_is_told() -> None:
    room = Room({"model": "whisper-1"})
    room.ask()
    room.receive(wire.created("r1", {"request": room.sent[-1].event_id}), wire.speech_started("u2"))
    room.receive(wire.finished("r1", status="cancelled"), wire.committed("u2"), wire.heard_words("u2", ""))
    room.pass_time()
    assert [notice.text for notice in room.core.notices if "ask again" in notice.text]
    assert len(room.ended) == 1
    assert room.core.quiet()


def test_a_tool_that_runs_during_a_cough_is_still_followed_up() -> None:
    for words, asked in (("", True), ("Stop!", False)):
        room = Room({"model": "whisper-1"})
        room.answer(done=False)
        call = wire.call("f1", "c1", status="completed")
        room.receive(wire.output_done("r1", call, 1), wire.audio_done("a1"))
        room.receive(wire.finished("r1", wire.message("a1", status="completed"), call))
        room.hear(1000)
        room.receive(wire.speech_started("u2"))
        room.silenced()
        out = room.do(room.core.tool_finished("c1", "42"))
        out += room.receive(wire.committed("u2"))
        assert "response.create" not in out
        out = room.receive(wire.heard_words("u2", words))
        assert ("response.create" in out) == asked
        assert len(room.ended) == (not asked)


def test_a_lost_connection_makes_it_an_interruption() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.lost())
    assert turn.interrupted
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1000
    room.do(room.core.resume())
    [restored] = [
        event.item for event in room.sent if "restore" in event.event_id and isinstance(event, ev.ItemCreate)
    ]
    [content] = restored["content"]
    assert STORY.startswith(content["text"])
    assert len(content["text"]) < len(STORY)


def test_a_player_that_is_gone_meanwhile_plays_nothing_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.silenced([]))
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.hear(3000)
    assert room.heard == 1000
    assert room.texts() == []
    assert room.core.activity == "listening"
