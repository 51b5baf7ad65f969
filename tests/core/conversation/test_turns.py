"""Turns: what each one answers, how it ends, and with which error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.core.conversation.turns import Turn
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import answering, ended, receive, sent, types

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


@pytest.mark.parametrize("which", [0, 1], ids=["the item", "the request"])
def test_an_error_of_our_own_event_ends_its_turn(core: SessionCore, which: int) -> None:
    turn, commands = core.ask(QUESTION)
    refusal = wire.error("invalid_value", sent(commands)[which].event_id, "bad item")
    assert ended(receive(core, refusal)) == [turn]
    assert (turn.error, turn.error_code) == ("bad item", "invalid_value")
    assert core.fail_open_turns("gone") == []


def test_a_turn_whose_request_was_refused_lets_the_next_one_through(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    _, waiting = core.ask(QUESTION)
    assert types(waiting) == ["conversation.item.create"]
    refused = receive(core, wire.error("invalid_value", sent(commands)[-1].event_id))
    assert types(refused) == ["response.create"]


def test_a_request_whose_question_was_refused_is_stopped_as_it_begins(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    question, request = sent(commands)
    receive(core, wire.error("invalid_value", question.event_id))
    assert types(receive(core, wire.created("r1", {"request": request.event_id}))) == ["response.cancel"]
    assert receive(core, wire.audio("a1", 240), wire.finished("r1", status="cancelled")) == []
    assert core.activity == "listening"


def test_a_failed_response_ends_its_turn_with_the_reason(core: SessionCore) -> None:
    turn = answering(core)
    details = {"type": "failed", "error": {"code": "insufficient_quota", "message": "no money left"}}
    commands = receive(core, wire.finished("r1", status="failed", status_details=details))
    assert ended(commands) == [turn]
    assert (turn.error, turn.error_code) == ("no money left", "insufficient_quota")
    assert "no money left" in core.notices[-1].text


def test_an_incomplete_answer_says_so(core: SessionCore) -> None:
    turn = answering(core)
    details = {"type": "incomplete", "reason": "max_output_tokens"}
    commands = receive(core, wire.finished("r1", wire.message("a1"), status="incomplete", status_details=details))
    assert ended(commands) == [turn]
    assert not turn.error
    assert "max_output_tokens" in core.notices[-1].text


def test_the_end_of_the_connection_ends_every_open_turn(core: SessionCore) -> None:
    first = answering(core)
    second, _ = core.ask(QUESTION)
    assert ended(core.fail_open_turns("the line was cut")) == [first, second]
    assert first.error == second.error == "the line was cut"
    assert core.fail_open_turns("again") == []


def test_a_turn_knows_the_question_it_answers(core: SessionCore) -> None:
    receive(core, wire.committed("u1"), wire.heard_words("u1", "How late is it?"))
    turn = answering(core)
    assert core.question_of(turn) == "How late is it?"
    assert core.question_of(Turn("empty")) == "How late is it?"
