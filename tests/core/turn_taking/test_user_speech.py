"""Where the user's speech begins and ends, by turn detection or a button, and who answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.playback.commands import Silence
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import MS, answering, core_with, receive, sent, types
from tests.core.turn_taking.room import Room

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


def test_a_request_waits_until_the_person_has_spoken(core: SessionCore) -> None:
    receive(core, wire.speech_started("u1"))
    _, commands = core.ask(QUESTION)
    assert types(commands) == ["conversation.item.create"]
    assert types(receive(core, wire.committed("u1"))) == ["response.create"]


def test_the_services_own_refused_try_leaves_ours_alone() -> None:
    core = core_with({"type": "server_vad", "interrupt_response": False})
    answering(core)
    receive(core, wire.speech_started("u2"), wire.committed("u2"))
    assert core.expects_response
    assert receive(core, wire.error("conversation_already_has_active_response")) == []
    assert not core.expects_response
    turn, waiting = core.ask(QUESTION)
    assert types(waiting) == ["conversation.item.create"]
    assert types(receive(core, wire.finished("r1", wire.message("a1")))) == ["response.create"]
    receive(core, wire.created("r2"))
    assert turn.response_ids == ["r2"]


def test_push_to_talk_asks_when_it_is_released() -> None:
    core = core_with(None)
    assert types(core.press()) == ["input_audio_buffer.clear"]
    core.append_audio(bytes(200 * MS * 2))
    assert types(core.release()) == ["input_audio_buffer.commit", "response.create"]
    assert not core.expects_response


def test_push_to_talk_stops_the_answer() -> None:
    core = core_with(None)
    answering(core)
    commands = core.press()
    assert types(commands) == ["response.cancel", "input_audio_buffer.clear"]
    assert Silence() in commands


def test_push_to_talk_that_was_too_short_asks_nothing_and_says_so() -> None:
    core = core_with(None)
    core.press()
    core.append_audio(bytes(99 * MS * 2))
    assert types(core.release()) == ["input_audio_buffer.clear"]
    assert [notice.text for notice in core.notices if "Too short" in notice.text]
    assert core.activity == "listening"


def test_push_to_talk_counts_only_what_was_said_while_it_was_held() -> None:
    core = core_with(None)
    core.append_audio(bytes(5000 * MS * 2))
    core.press()
    assert types(core.release()) == ["input_audio_buffer.clear"]


def test_an_answer_that_begins_while_the_button_is_held_is_stopped() -> None:
    core = core_with(None)
    _, commands = core.ask(QUESTION)
    core.press()
    cancel = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert types(cancel) == ["response.cancel"]
    assert core.user_speaking
    assert receive(core, wire.audio("a1", 2400)) == []


def test_an_idle_time_out_is_told_and_answered_as_a_turn(core: SessionCore) -> None:
    receive(core, wire.event("input_audio_buffer.timeout_triggered", item_id="u1", audio_start_ms=0))
    receive(core, wire.committed("u1"))
    assert core.expects_response
    assert "Nobody spoke" in core.notices[-1].text


def test_turn_detection_that_is_switched_off_in_mid_speech_holds_nothing_up() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    _, commands = room.core.ask(QUESTION)
    assert room.do(commands) == ["conversation.item.create"]
    off = wire.event("session.updated", session={"audio": {"input": {"turn_detection": None}}})
    assert room.receive(off) == ["response.create"]
    room.pass_time()
    room.hear(4000)
    assert room.heard == 4000


def test_nobody_waits_for_ever_for_an_answer_to_a_cough() -> None:
    room = Room({"model": "whisper-1"})
    room.cough()
    assert room.core.expects_response
    room.pass_time()
    assert not room.core.expects_response
    assert room.core.quiet()
