"""Spoken and typed requests: the right tool with the right arguments, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.brain.requests_table import EXACT, OTHERS
from tests.local.brain.talk import answered, ask, called, calls, spoken, typed, words
from tests.local.brain.tools_table import BOOK_ROOM, GET_WEATHER, REACTION_RATE, ROLL_DICE, SET_TIMER, TOOLS, tool

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain

pytestmark = pytest.mark.models


@pytest.mark.parametrize(("said", "name", "arguments"), EXACT, ids=[row[0] for row in EXACT])
def test_clear_requests_come_out_exactly(
    brain: StandInBrain, said: str, name: str | None, arguments: dict[str, Any]
) -> None:
    parts = ask(brain, [spoken(said)], TOOLS)
    assert calls(parts) == ([] if name is None else [(name, arguments)])
    assert bool(words(parts)) == (name is None)


def test_most_requests_find_their_tool_and_arguments(brain: StandInBrain) -> None:
    rows = EXACT + OTHERS
    answers = [calls(ask(brain, [spoken(said)], TOOLS)) for said, _, _ in rows]
    right_tool = sum([name for name, _ in got] == ([] if want is None else [want])
                     for got, (_, want, _) in zip(answers, rows, strict=True))  # fmt: skip
    wanted = [(got, row) for got, row in zip(answers, rows, strict=True) if row[1] is not None]
    right_arguments = sum(got == [(row[1], row[2])] for got, row in wanted)
    assert right_tool >= 0.95 * len(rows)
    assert right_arguments >= 0.95 * len(wanted)


def test_nothing_is_called_for_talk_that_wants_no_tool(brain: StandInBrain) -> None:
    for said, name, _ in OTHERS:
        if name is None:
            assert calls(ask(brain, [spoken(said)], TOOLS)) == [], said


def test_typed_requests_work_like_spoken_ones(brain: StandInBrain) -> None:
    parts = ask(brain, [typed("how fast is our reaction at 40 degrees")], TOOLS)
    assert calls(parts) == [("reaction_rate", {"temperature": 40})]


def test_a_missing_argument_is_asked_for_and_the_answer_completes_the_call(brain: StandInBrain) -> None:
    items = [spoken("How fast is our reaction?")]
    question = words(ask(brain, items, TOOLS))
    assert question == "For which temperature?"
    items += [answered(question), spoken("Forty degrees.")]
    assert calls(ask(brain, items, TOOLS)) == [("reaction_rate", {"temperature": 40})]


def test_two_missing_arguments_are_asked_for_one_after_the_other(brain: StandInBrain) -> None:
    items = [spoken("Book a room, please.")]
    for question, reply in (
        ("Which room, by name?", "The Einstein room, please."),
        ("For which day?", "Next Friday."),
    ):
        assert words(ask(brain, items, TOOLS)) == question
        items += [answered(question), spoken(reply)]
    assert calls(ask(brain, items, TOOLS)) == [("book_room", {"name": "Einstein", "day": "2026-12-04"})]


def test_a_question_cut_short_by_an_interruption_is_still_answered(brain: StandInBrain) -> None:
    items = [spoken("Set a timer."), answered("For how"), spoken("Ten minutes.")]
    assert calls(ask(brain, items, TOOLS)) == [("set_timer", {"minutes": 10})]


def test_a_pending_question_can_be_dropped(brain: StandInBrain) -> None:
    pending = [spoken("Set a timer."), answered("For how many minutes?")]
    assert calls(ask(brain, [*pending, spoken("Never mind.")], TOOLS)) == []
    other = ask(brain, [*pending, spoken("What's the weather in Paris?")], TOOLS)
    assert calls(other) == [("get_weather", {"city": "Paris"})]


@pytest.mark.parametrize(
    "said", ["Try again.", "Do that again, please.", "Once more.", "Again!", "I fixed it, try again."]
)
def test_try_again_repeats_the_last_call(brain: StandInBrain, said: str) -> None:
    before = [spoken("How fast is it at 40?"), *called("reaction_rate", "12.5", temperature=40, unit="K")]
    parts = ask(brain, [*before, answered("The reaction rate is 12.5."), spoken(said)], TOOLS)
    assert calls(parts) == [("reaction_rate", {"temperature": 40, "unit": "K"})]


def test_try_again_goes_through_the_tool_as_it_is_now(brain: StandInBrain) -> None:
    before = [*called("reaction_rate", "error", temperature=40, catalyst="Pt"), spoken("Try again.")]
    assert calls(ask(brain, before, [REACTION_RATE])) == [("reaction_rate", {"temperature": 40})]
    gone = ask(brain, before, [ROLL_DICE])
    assert calls(gone) == []
    assert words(gone)


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("And at sixty degrees?", {"temperature": 60}),
        ("What about 300 Kelvin?", {"temperature": 300, "unit": "K"}),
        ("And in Kelvin?", {"temperature": 40, "unit": "K"}),
        ("How about minus five?", {"temperature": -5}),
        ("80 degrees?", {"temperature": 80}),
    ],
)
def test_a_follow_up_changes_the_last_call(brain: StandInBrain, said: str, arguments: dict[str, Any]) -> None:
    before = [spoken("How fast is it at 40?"), *called("reaction_rate", "12.5", temperature=40)]
    parts = ask(brain, [*before, answered("The reaction rate is 12.5."), spoken(said)], TOOLS)
    assert calls(parts) == [("reaction_rate", arguments)]


def test_a_follow_up_with_a_name(brain: StandInBrain) -> None:
    before = [*called("get_weather", "rainy", city="Paris"), answered("The weather is rainy.")]
    assert calls(ask(brain, [*before, spoken("And in Rome?")], TOOLS)) == [("get_weather", {"city": "Rome"})]


def test_two_tools_in_one_breath(brain: StandInBrain) -> None:
    parts = ask(brain, [spoken("Roll two dice and set a timer for 5 minutes.")], TOOLS)
    assert calls(parts) == [("roll_dice", {"count": 2}), ("set_timer", {"minutes": 5})]


def test_one_call_at_a_time_where_that_is_asked_for(brain: StandInBrain) -> None:
    asked = [spoken("Roll two dice and set a timer for 5 minutes.")]
    assert calls(ask(brain, asked, TOOLS, parallel_tool_calls=False)) == [("roll_dice", {"count": 2})]


def test_tool_choice_none_calls_nothing(brain: StandInBrain) -> None:
    parts = ask(brain, [spoken("Roll two dice.")], TOOLS, tool_choice="none")
    assert calls(parts) == []
    assert words(parts)


def test_tool_choice_required_always_calls(brain: StandInBrain) -> None:
    [(name, _)] = calls(ask(brain, [spoken("Hello.")], TOOLS, tool_choice="required"))
    assert name in {one["name"] for one in TOOLS}
    parts = ask(brain, [spoken("Roll two dice.")], TOOLS, tool_choice="required")
    assert calls(parts) == [("roll_dice", {"count": 2})]


def test_a_tool_that_is_demanded_by_name_is_called(brain: StandInBrain) -> None:
    demanded = {"type": "function", "name": "set_timer"}
    parts = ask(brain, [spoken("What's the weather in Paris? Give me 5 minutes.")], TOOLS, tool_choice=demanded)
    [(name, arguments)] = calls(parts)
    assert (name, arguments["minutes"]) == ("set_timer", 5)
    assert calls(ask(brain, [spoken("Hi.")], TOOLS, tool_choice=demanded)) == [("set_timer", {})]


def test_a_changed_definition_is_seen_at_once(brain: StandInBrain) -> None:
    said = [spoken("How heavy is the sample in tray 4?")]
    before = tool("probe", "Voltage of the power supply.", "tray", tray={"type": "integer"})
    after = tool("probe", "Weight of the sample in a tray.", "tray", tray={"type": "integer"})
    assert calls(ask(brain, said, [before])) == []
    assert calls(ask(brain, said, [after])) == [("probe", {"tray": 4})]


def test_units_are_converted_to_what_the_tool_takes(brain: StandInBrain) -> None:
    metres = {"type": "number", "description": "Length in metres."}
    period = tool("pendulum_period", "Period of a pendulum.", "length", length=metres)
    parts = ask(brain, [spoken("What's the period of a pendulum of 50 centimeters?")], [period, ROLL_DICE])
    assert calls(parts) == [("pendulum_period", {"length": 0.5})]


def test_a_scale_that_the_tool_does_not_know_is_converted(brain: StandInBrain) -> None:
    parts = ask(brain, [spoken("How fast is our reaction at 104 degrees Fahrenheit?")], [REACTION_RATE])
    assert calls(parts) == [("reaction_rate", {"temperature": 40})]


def test_nested_and_referenced_schemas_are_filled(brain: StandInBrain) -> None:
    order = tool("order_sample", "Order a sample of a metal.", "spec", spec={"$ref": "#/$defs/Spec"})
    order["parameters"]["$defs"] = {
        "Spec": {
            "type": "object",
            "required": ["metal", "mass_kg"],
            "properties": {"metal": {"enum": ["copper", "iron"]}, "mass_kg": {"type": "number"}},
        }
    }
    parts = ask(brain, [spoken("Order a sample of copper with 250 grams.")], [order, SET_TIMER])
    assert calls(parts) == [("order_sample", {"spec": {"metal": "copper", "mass_kg": 0.25}})]


@pytest.mark.parametrize(
    "tools", [[REACTION_RATE], [REACTION_RATE, ROLL_DICE], [REACTION_RATE, GET_WEATHER, BOOK_ROOM]]
)
def test_few_tools_are_no_reason_to_call_one(brain: StandInBrain, tools: list[dict[str, Any]]) -> None:
    for said in ("Tell me a joke.", "Who won the match?", "I am tired.", "What is the tallest building?"):
        assert calls(ask(brain, [spoken(said)], tools)) == [], said
