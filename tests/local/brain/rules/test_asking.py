"""Asking back, asking to be sure, and telling how something is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.brain.talk import calls, hold, words
from tests.local.brain.tools_table import TOOLS

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain

pytestmark = pytest.mark.models


def test_an_answer_may_bring_more_than_was_asked_for(brain: StandInBrain) -> None:
    got = calls(hold(brain, "Make a plot.", "Temperature, as a histogram."))
    assert got == [("plot_column", {"column": "Temperature", "kind": "histogram"})]


def test_not_knowing_ends_the_question(brain: StandInBrain) -> None:
    assert (
        words(hold(brain, "What's the weather?", "I don't know.", tools=TOOLS)) == "All right. I leave it at that."
    )


def test_a_likely_call_is_asked_about_and_made_on_yes(brain: StandInBrain) -> None:
    said = "Schedule a haircut for the day after tomorrow."
    expected = [("create_event", {"title": "haircut", "day": "2026-11-25"})]
    assert words(hold(brain, said)) == "Shall I create an event: title haircut and day Wednesday, November 25?"
    assert calls(hold(brain, said)) == []
    assert calls(hold(brain, said, "Yes, please.")) == expected
    assert calls(hold(brain, said, "No, thanks.")) == []
    assert calls(hold(brain, said, "Add a note: buy milk.")) == [("add_note", {"text": "buy milk"})]


def test_how_something_is_asked_for(brain: StandInBrain) -> None:
    told = words(hold(brain, "How do I order a pizza?"))
    assert told == (
        "I can order a pizza. Tell me the size. You may also give the quantity. The size can be small or large."
    )
    assert calls(hold(brain, "How do I order a pizza?")) == []


def test_small_talk_that_is_the_answer_to_a_question_is_taken_as_such(brain: StandInBrain) -> None:
    assert calls(hold(brain, "What's the weather?", "Nice.", tools=TOOLS)) == [("get_weather", {"city": "Nice"})]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Good morning, how are you?", "Hello."),
        ("Thanks, that's all.", "Goodbye."),
        ("Can you help me?", "I can convert"),
        ("Are you a language model?", "I am a small stand-in, not a language model."),
    ],
)
def test_small_talk_in_several_breaths(brain: StandInBrain, said: str, answer: str) -> None:
    parts = hold(brain, said)
    assert words(parts).startswith(answer)
    assert calls(parts) == []
