from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.conversation.commands import Wake
from realtime_widgets.core.settings import SessionSettings, changed
from realtime_widgets.core.turn_taking.detection import TurnTaking
from realtime_widgets.core.turn_taking.user_speech import PATIENCE_S, WORDLESS_S, ExpectedResponse
from realtime_widgets.errors import ConfigurationError


def session(**settings: Any) -> dict[str, Any]:
    return {"audio": {"input": settings}}


@pytest.mark.parametrize(
    ("settings", "taking"),
    [
        ({}, TurnTaking()),
        ({"audio": 3}, TurnTaking()),
        (session(turn_detection=None, transcription={"model": "w"}), TurnTaking(transcribed=True)),
        (session(turn_detection={"type": "server_vad"}), TurnTaking(True, True, True, silence_ms=1000)),
        (
            session(turn_detection={"type": "server_vad", "create_response": False}, transcription={}),
            TurnTaking(True, False, True, silence_ms=1000),
        ),
        (
            session(turn_detection={"type": "server_vad", "interrupt_response": False}),
            TurnTaking(True, True, False, silence_ms=1000),
        ),
    ],
)
def test_what_the_service_does_by_itself_is_read_from_its_settings(
    settings: dict[str, Any], taking: TurnTaking
) -> None:
    assert TurnTaking.of(settings) == taking


def test_an_answer_is_expected_for_a_while_and_shorter_where_there_were_no_words() -> None:
    expectation = ExpectedResponse()
    assert expectation.begin("u1", "wake_1") == [Wake("wake_1", PATIENCE_S)]
    assert expectation.wordless("u0", "wake_2") == []
    assert expectation.wordless("u1", "wake_3") == [Wake("wake_3", WORDLESS_S)]
    expectation.time_is_up("wake_1")
    assert expectation.pending
    expectation.time_is_up("wake_3")
    assert not expectation.pending
    assert expectation.wordless("u1", "wake_4") == []


def test_the_wait_for_words_is_the_clients_own_and_is_not_sent() -> None:
    before = SessionSettings()
    after = changed(before, {"false_interruption_timeout": None})
    assert after.false_interruption_timeout is None
    assert after.changes_from(before) == {"type": "realtime"}
    with pytest.raises(ConfigurationError, match=r"what can is .*false_interruption_timeout"):
        changed(before, {"timeout": 3})  # type: ignore[typeddict-unknown-key]
