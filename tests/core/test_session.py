"""A session core as a whole: a question and its answer, errors that nobody asked for, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.core.conversation.commands import Wake
from realtime_widgets.core.playback.commands import Play
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.turn_taking.user_speech import PATIENCE_S
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import answering, ended, receive, sent, types

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


def test_a_question_is_one_item_and_one_request(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    assert types(commands) == ["conversation.item.create", "response.create"]
    assert core.activity == "thinking"


def test_an_answer_is_heard_and_ends_its_turn(core: SessionCore) -> None:
    turn = answering(core, seconds=0.1)
    assert core.activity == "speaking"
    commands = receive(core, wire.audio_done("a1"), wire.finished("r1", wire.message("a1", status="completed")))
    assert ended(commands) == [turn]
    assert [command.block.last for command in commands if isinstance(command, Play)] == [True]
    core.played([PlayedTo(Part("a1", 0), 2400)])
    assert core.activity == "listening"
    assert not turn.interrupted


@pytest.mark.parametrize(
    "code", ["response_cancel_not_active", "input_audio_buffer_commit_empty", "item_truncate_invalid_item_id"]
)
def test_races_that_do_no_harm_are_not_told(core: SessionCore, code: str) -> None:
    assert receive(core, wire.error(code)) == []
    assert core.notices == []


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "invalid_value", None])
def test_other_errors_are_told_and_end_nothing(core: SessionCore, code: str | None) -> None:
    turn = answering(core)
    assert receive(core, wire.error(code, text="trouble")) == []
    assert [(notice.kind, notice.text) for notice in core.notices] == [("error", "trouble")]
    assert not turn.done


def test_a_response_beside_the_conversation_holds_nothing_up(core: SessionCore) -> None:
    receive(core, wire.created("side", conversation_id=None))
    _, commands = core.ask(QUESTION)
    assert "response.create" in types(commands)
    assert receive(core, wire.finished("side", conversation_id=None)) == []


def test_words_that_could_not_be_written_down_are_told(core: SessionCore) -> None:
    kind = "conversation.item.input_audio_transcription.failed"
    receive(core, wire.committed("u1"), wire.event(kind, item_id="u1", error={"message": "too noisy"}))
    assert "too noisy" in core.notices[-1].text


def test_sound_after_the_first_piece_changes_nothing_that_can_be_seen(core: SessionCore) -> None:
    answering(core)
    assert core.take_changes() == {"state", "conversation"}
    receive(core, wire.audio("a1", 2400))
    assert core.take_changes() == set()
    core.played([PlayedTo(Part("a1", 0), 100)])
    assert core.take_changes() == {"playback"}
    receive(core, wire.speech_started("u2"))
    assert core.take_changes() == {"state", "conversation"}


def test_events_that_nobody_handles_change_nothing(core: SessionCore) -> None:
    core.take_changes()
    assert receive(core, wire.event("later.invented"), wire.event("input_audio_buffer.cleared")) == []
    assert core.take_changes() == set()


@pytest.mark.parametrize("committed", [False, True], ids=["answered at once", "committed and wordless"])
def test_what_the_service_says_after_a_silence_is_no_answer_to_a_typed_question(
    core: SessionCore, committed: bool
) -> None:
    turn, commands = core.ask(QUESTION)
    request = sent(commands)[-1].event_id
    waking = receive(core, wire.event("input_audio_buffer.timeout_triggered", item_id="u1", audio_start_ms=0))
    if committed:
        waking = receive(core, wire.committed("u1"), wire.heard_words("u1", ""))
        for wake in waking:
            if isinstance(wake, Wake) and wake.seconds < PATIENCE_S:
                core.wake(wake.id)
    receive(core, wire.created("r1"))
    busy = {"code": "conversation_already_has_active_response", "event_id": request}
    receive(core, wire.event("error", error=busy))
    assert not turn.done
    [again] = sent(receive(core, wire.finished("r1")))
    assert again.event_id == request
    assert ended(receive(core, wire.created("r2", {"request": request}), wire.finished("r2"))) == [turn]
