"""What the stand-in says about itself, and when no tool is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.local.models.interfaces import Say
from tests.local.brain.talk import answered, ask, calls, spoken, words
from tests.local.brain.tools_table import TOOLS

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain


@pytest.mark.models
@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Hello!", "Hello."),
        ("Thanks a lot.", "You are welcome."),
        ("Goodbye.", "Goodbye."),
        ("Who are you?", "not a language model"),
        ("Are you a real person?", "not a language model"),
        ("What can you do?", "roll dice"),
        ("Help.", "roll dice"),
        ("Can you hear me?", "I can hear you"),
        ("What time is it?", "9:00"),
        ("What day is it today?", "Monday, November 23, 2026"),
        ("What is the capital of France?", "I heard: What is the capital of France?"),
        ("", "I did not catch that."),
    ],
)
def test_small_talk(brain: StandInBrain, said: str, part: str) -> None:
    parts = ask(brain, [spoken(said)], TOOLS)
    assert part in words(parts)
    assert calls(parts) == []


@pytest.mark.models
def test_an_explanation_has_several_sentences_and_begins_with_a_short_one(brain: StandInBrain) -> None:
    for said in ("Who are you?", "What can you do?", "Tell me about the history of Rome."):
        parts = ask(brain, [spoken(said)], TOOLS)
        assert len(parts) >= 3, said
        assert isinstance(parts[0], Say)


@pytest.mark.models
def test_it_repeats_what_it_said(brain: StandInBrain) -> None:
    items = [spoken("How fast?"), answered("The reaction rate is 12.5."), spoken("Can you repeat that?")]
    assert words(ask(brain, items, TOOLS)) == "I said: The reaction rate is 12.5."


@pytest.mark.models
def test_it_says_that_it_cannot_see(brain: StandInBrain) -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64,"}
    question = {"type": "input_text", "text": "What is in this picture?"}
    item = {"type": "message", "role": "user", "content": [picture, question]}
    assert "I cannot see images." in words(ask(brain, [item], TOOLS))
    alone = {"type": "message", "role": "user", "content": [picture]}
    assert "I cannot see images." in words(ask(brain, [alone], TOOLS))


@pytest.mark.models
def test_without_tools_it_says_how_to_get_some(brain: StandInBrain) -> None:
    assert "tool" in words(ask(brain, [spoken("What can you do?")], []))
    assert "I heard: Roll two dice." in words(ask(brain, [spoken("Roll two dice.")], []))


@pytest.mark.models
def test_the_instructions_may_give_a_name_and_a_greeting(brain: StandInBrain) -> None:
    assert "I am Ada" in words(ask(brain, [spoken("Hello.")], [], instructions="You are Ada, a lab assistant."))
    scripted = 'Greet people with "Welcome to the lab."'
    assert words(ask(brain, [], [], instructions=scripted)) == "Welcome to the lab."
