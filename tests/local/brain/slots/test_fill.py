"""Which of the values that were said goes to which argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.brain.talk import calls, hold, words
from tests.local.brain.tools_table import tool

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("said", "value", "source", "target"),
    [
        ("Convert ten miles to kilometers.", 10, "miles", "kilometers"),
        ("Convert ten kilometers to miles.", 10, "kilometers", "miles"),
        ("What is six feet in meters?", 6, "feet", "meters"),
        ("How many feet are five meters?", 5, "meters", "feet"),
        ("Convert 3 from meters to feet.", 3, "meters", "feet"),
    ],
)
def test_which_of_two_units_is_which(
    brain: StandInBrain, said: str, value: float, source: str, target: str
) -> None:
    expected = {"value": value, "source": source, "target": target}
    assert calls(hold(brain, said)) == [("convert_length", expected)]


def test_many_values_of_one_set_take_no_time(brain: StandInBrain) -> None:
    units = {"enum": [f"unit{chr(97 + i)}{chr(97 + j)}" for i in range(20) for j in range(20)]}
    mix = tool("mix_units", "Mix units.", "one two three", one=units, two=units, three=units)
    hold(brain, "Mix units " + ", ".join(units["enum"]) + ".", tools=[mix])


def test_two_values_of_one_set_are_asked_for_one_by_one(brain: StandInBrain) -> None:
    said = ("Convert a length.", "Five.", "From miles.", "To feet.")
    assert words(hold(brain, *said[:3])).startswith("For which target: meters")
    assert calls(hold(brain, *said)) == [("convert_length", {"value": 5, "source": "miles", "target": "feet"})]


def test_a_scale_is_converted_to_that_of_the_tools_description(brain: StandInBrain) -> None:
    assert calls(hold(brain, "Heat the oven to 392 degrees Fahrenheit.")) == [("heat_oven", {"temperature": 200})]


def test_a_large_one_is_no_number(brain: StandInBrain) -> None:
    assert calls(hold(brain, "Order a pizza.", "A large one.")) == [("order_pizza", {"size": "large"})]
    assert calls(hold(brain, "Order one large pizza.")) == [("order_pizza", {"size": "large", "quantity": 1})]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Translate where is the train station into French.", "where is the train station"),
        ("What's the French word for butterfly?", "butterfly"),
    ],
)
def test_a_phrase_keeps_its_common_words(brain: StandInBrain, said: str, text: str) -> None:
    assert calls(hold(brain, said)) == [("translate", {"text": text, "language": "french"})]


def test_small_talk_can_be_what_a_text_should_say(brain: StandInBrain) -> None:
    said = ("Translate something.", "Good night.", "Into German.")
    assert calls(hold(brain, *said)) == [("translate", {"text": "Good night", "language": "german"})]


def test_the_tools_own_words_are_no_value(brain: StandInBrain) -> None:
    assert words(hold(brain, "Add an event for tomorrow.")) == "For which title?"
    assert words(hold(brain, "Make a plot.")) == "For which column?"
    assert words(hold(brain, "Plot something.")) == "For which column?"
