"""Tools' results and numbers become sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.brain.rules.phrasing import say_number, say_result
from realtime_widgets.local.models.interfaces import Say
from tests.local.brain.talk import answered, ask, called, spoken, words
from tests.local.brain.tools_table import TOOLS

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain


@pytest.mark.parametrize(
    ("tool", "output", "said"),
    [
        ("reaction_rate", "12.5", "The reaction rate is 12.5."),
        ("reaction_rate", "0.333333333", "The reaction rate is 0.3333."),
        ("reaction_rate", "-3", "The reaction rate is minus 3."),
        ("get_weather", '"sunny"', "The weather is sunny."),
        ("Weather-get_weather", "sunny", "The weather is sunny."),
        ("Lights-set_level", "4", "The result is 4."),
        ("reaction-rate", "12.5", "The reaction rate is 12.5."),
        ("get_weather", "It rains in Paris. Take an umbrella.", "It rains in Paris. Take an umbrella."),
        ("get_weather", "It is sunny in Paris today", "It is sunny in Paris today."),
        ("is_open", "true", "Open: yes."),
        ("roll_dice", "[4, 2]", "The result is 4 and 2."),
        ("roll_dice", "4", "The result is 4."),
        ("set_timer", "null", "Done."),
        ("set_timer", "", "Done."),
        ("list_prices", "[]", "There are no prices."),
        ("measure_voltage", '{"voltage": 3.30001, "stable": true}', "The voltage is 3.3. Stable: yes."),
        ("average", '{"result": 5.0}', "The average is 5."),
        ("reaction_rate", '{"error": "temperature must be positive"}',
         "The tool reaction_rate failed: temperature must be positive."),
        ("reaction_rate", "Error: no data", "The tool reaction_rate failed: no data."),
        ("reaction_rate", "ValueError: no data", "The tool reaction_rate failed: ValueError: no data."),
        ("reaction_rate", '{"ok": false}', "The tool reaction_rate failed: no reason was given."),
    ],
)  # fmt: skip
def test_results_become_sentences(tool: str, output: str, said: str) -> None:
    assert " ".join(say_result(tool, output)) == said


def test_long_lists_are_summed_up() -> None:
    said = " ".join(say_result("measure_voltage", json.dumps([float(one) for one in range(100)])))
    assert said == "I got 100 values. The first are 0, 1 and 2. They lie between 0 and 99."


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"), (12, "12"), (2026, "2026"), (12345, "12,345"), (1_500_000.5, "1.5 million"), (2.0, "2"),
        (0.1 + 0.2, "0.3"), (3.14159, "3.142"), (-0.5, "minus 0.5"),
        (6.022e23, "6.02 times ten to the power of 23"),
        (1.2e-5, "1.2 times ten to the power of minus 5"),
        (float("nan"), "not a number"), (float("-inf"), "minus infinity"),
        (1234.5678, "1235"), (45_000_000, "45 million"),
    ],
)  # fmt: skip
def test_numbers_are_rounded_for_speech(value: float, said: str) -> None:
    assert say_number(value) == said


@pytest.mark.models
def test_results_of_several_calls_are_told_one_after_another(brain: StandInBrain) -> None:
    first = called("reaction_rate", "12.5", "call_1", temperature=40)
    second = called("get_weather", '{"error": "no such city"}', "call_2", city="Atlantis")
    items = [spoken("Both, please."), first[0], second[0], first[1], second[1]]
    assert ask(brain, items, TOOLS) == [
        Say("The reaction rate is 12.5."),
        Say("The tool get_weather failed: no such city."),
    ]


def part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


@pytest.mark.models
@pytest.mark.parametrize(
    ("output", "said"),
    [
        ([part("It rains in Paris.")], "It rains in Paris."),
        ({"content": [part("It rains in Paris.")]}, "It rains in Paris."),
        ({"content": [part("It rains."), part("It rains."), part("It is cold.")]}, "It rains. It is cold."),
        ([{"type": "input_text", "text": "rainy"}], "The weather is rainy."),
        ({"content": [part('{"weather": "rainy"}')], "structuredContent": {"weather": "rainy"}},
         "The weather is rainy."),
        ({"content": [part("no such city")], "isError": True}, "The tool get_weather failed: no such city."),
        ([part("A map."), {"type": "image", "data": "AAAA", "mimeType": "image/png"}],
         "A map. There is something to see or hear, which I cannot tell."),
        ([{"city": "Paris"}, {"city": "Rome"}], "The weather is city Paris and city Rome."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoded", [True, False])
def test_results_in_content_form_are_told_once(brain: StandInBrain, output: Any, said: str, encoded: bool) -> None:
    call, result = called("get_weather", "", city="Paris")
    result["output"] = json.dumps(output) if encoded else output
    assert words(ask(brain, [spoken("How is the weather in Paris?"), call, result], TOOLS)) == said


@pytest.mark.models
def test_long_texts_are_told_in_short(brain: StandInBrain) -> None:
    story = {"content": [part("This is a sentence of a very long report. " * 100)]}
    items = [spoken("Well?"), *called("get_weather", json.dumps(story), city="Paris")]
    told = words(ask(brain, items, TOOLS))
    assert len(told) < 450
    assert told.endswith("There is more.")


@pytest.mark.models
def test_a_result_is_told_once(brain: StandInBrain) -> None:
    first, second = (
        called("reaction_rate", "12.5", "call_1", temperature=40),
        called("get_weather", "sunny", "call_2"),
    )
    asked = [spoken("Both, please."), first[0], second[0]]
    # The second result came while the first was told.
    told = [*asked, first[1], second[1], answered("The reaction rate is 12.5.")]
    assert words(ask(brain, told, TOOLS)) == "The weather is sunny."
    told.append(answered("The weather is sunny."))
    assert words(ask(brain, told, TOOLS)) == "Is there anything else?"
    cut_off = [*asked[:2], first[1], answered("")]
    assert words(ask(brain, cut_off, TOOLS)) == "The reaction rate is 12.5."
