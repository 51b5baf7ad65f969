"""Asking back, asking to be sure, and telling how something is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.brain.talk import answered, ask, calls, spoken, words
from tests.local.brain.tools_table import NUMBER, STRING, TOOLS, tool

if TYPE_CHECKING:
    from realtime_widgets.local.brain import StandInBrain
    from tests.local.brain.talk import Item

pytestmark = pytest.mark.models

LENGTHS = {"enum": ["meters", "kilometers", "feet", "miles"], "type": "string"}
CONVERT = tool(
    "convert_length",
    "Convert a length from one unit to another.",
    "value source target",
    value=NUMBER,
    source=LENGTHS,
    target=LENGTHS,
)
OVEN = tool("heat_oven", "Heat the oven to a temperature in degrees Celsius.", "temperature", temperature=NUMBER)
PIZZA = tool(
    "order_pizza",
    "Order pizza.",
    "size",
    size={"enum": ["small", "large"], "type": "string"},
    quantity={"type": "integer", "default": 1},
)
TRANSLATE = tool(
    "translate",
    "Translate a phrase into another language.",
    "text language",
    text=STRING,
    language={"enum": ["french", "german"], "type": "string"},
)
PLOT = tool(
    "plot_column",
    "Plot a column of the data set.",
    "column",
    column=STRING,
    kind={"enum": ["line", "histogram"], "type": "string", "default": "line"},
)
NOTE = tool("add_note", "Write a note into the lab notebook.", "text", text=STRING)
EVENT = tool(
    "create_event",
    "Put an event into my calendar.",
    "title day",
    title=STRING,
    day=STRING | {"format": "date"},
)
ALL = [CONVERT, OVEN, PIZZA, TRANSLATE, PLOT, NOTE, EVENT]


def hold(brain: StandInBrain, *said: str, tools: list[Item] | None = None) -> list[Any]:
    """Say one thing after the other; return the parts of the last answer."""
    items: list[Item] = []
    parts: list[Any] = []
    for sentence in said:
        items.append(spoken(sentence))
        parts = ask(brain, items, ALL if tools is None else tools)
        items.append(answered(words(parts)))
    return parts


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
