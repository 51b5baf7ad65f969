"""What the user says is shown, and answered aloud, once it has passed."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.safety.verdict import PASS, mask, replace_by, stop
from tests.core import wire
from tests.core.checks.test_output import FIRST, SAMPLES, CheckedClient

SETTINGS = {
    "type": "realtime",
    "audio": {
        "input": {
            "turn_detection": {"type": "server_vad", "create_response": True, "interrupt_response": True},
            "transcription": {"model": "whisper-1"},
        }
    },
}


class HearingClient(CheckedClient):
    def __init__(self, **settings: Any) -> None:
        super().__init__(on=False)
        self.core.input_checks.on = True
        for name, value in settings.items():
            setattr(self.core.input_checks, name, value)
        self.receive(wire.event("session.created", session=SETTINGS))
        self.receive(wire.speech_started("u1"), wire.committed("u1"))

    def answered(self) -> None:
        """The service answers by itself, before the words are known."""
        self.receive(wire.created("r1"), wire.output_added("r1", wire.message("a1")))
        self.receive(wire.words("a1", FIRST), wire.audio("a1", SAMPLES))

    @property
    def said(self) -> str:
        return self.core.conversation.items["u1"].text


def test_an_answer_is_not_heard_before_its_question_has_passed() -> None:
    client = HearingClient()
    client.answered()
    assert client.given == 0
    client.receive(wire.heard_words("u1", "What time is it?"))
    assert (client.said, client.given) == ("", 0)
    client.decide(PASS)
    assert client.said == "What time is it?"
    assert client.given > 0


def test_words_of_the_user_are_hidden_from_those_who_see_and_from_the_model() -> None:
    client = HearingClient()
    client.receive(wire.heard_words("u1", "I am called Ann."))
    sent = client.decide(mask("I am called [name].", "a name"))
    assert client.said == "I am called [name]."
    assert sent == ["conversation.item.delete", "conversation.item.create"]
    put = client.sent[-1]
    assert isinstance(put, ev.ItemCreate)
    assert put.item["role"] == "user"
    assert put.item["content"] == [{"type": "input_text", "text": "I am called [name]."}]


def test_an_answer_to_words_that_do_not_pass_is_stopped_and_the_words_are_forgotten() -> None:
    client = HearingClient()
    client.answered()
    client.receive(wire.heard_words("u1", "Something rude."))
    sent = client.decide(stop("rude"))
    assert "response.cancel" in sent
    assert "conversation.item.delete" in sent
    assert (client.said, client.given) == ("[withheld]", 0)


def test_an_answer_that_begins_after_the_verdict_is_refused() -> None:
    client = HearingClient()
    client.receive(wire.heard_words("u1", "Something rude."))
    client.decide(stop("rude"))
    assert client.receive(wire.created("r1")) == ["response.cancel"]
    client.receive(wire.audio("a1", SAMPLES))
    assert client.given == 0


def test_another_question_is_asked_in_the_place_of_what_was_said() -> None:
    client = HearingClient()
    client.answered()
    client.receive(wire.heard_words("u1", "Something rude."))
    sent = client.decide(replace_by("Please explain why we are polite.", "rude"))
    client.receive(wire.finished("r1", status="cancelled"))
    assert "conversation.item.create" in sent
    assert client.sent[-1].type == "response.create"


@pytest.mark.parametrize("closes", [True, False])
def test_words_that_never_come_stop_the_answer_or_let_it_be_heard(closes: bool) -> None:
    client = HearingClient(closes=closes)
    client.answered()
    client.receive(wire.audio_done("a1"))
    assert client.given == 0
    for wake in [each for each in client.wakes if each.id.startswith("rw_check_")]:
        client.do(client.core.wake(wake.id))
    assert bool(client.given) is not closes
    assert "could not be checked" in client.core.notices[-1].text


def test_a_sound_without_words_needs_no_check() -> None:
    client = HearingClient()
    client.answered()
    client.receive(wire.heard_words("u1", " "))
    assert not client.checks
    assert client.given > 0


def test_an_answer_that_passed_before_its_question_is_heard_once_that_has() -> None:
    client = HearingClient()
    client.core.output_checks.on = True
    client.answered()
    client.receive(wire.audio_done("a1"))
    client.end(FIRST)
    client.decide(PASS)
    assert client.given == 0
    client.receive(wire.heard_words("u1", "What time is it?"))
    client.decide(PASS)
    assert client.core.ledger.item_parts("a1")[0][1].received == SAMPLES
    assert client.core.ledger.item_parts("a1")[0][1].complete
