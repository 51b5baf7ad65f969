"""What an answer is compared with: words, numbers, names, calls, times."""

from __future__ import annotations

import pytest

from realtime_widgets.evaluation.expectations import contains, findings_of, invented, numbers_in, together
from realtime_widgets.evaluation.results import CallResult, TurnResult
from realtime_widgets.evaluation.scenarios.scenario import Expect

RATE = CallResult("reaction_rate", '{"temperature": 40, "unit": "C"}', "0.8")


def failed(expect: Expect, turn: TurnResult, known: tuple[str, ...] = ()) -> list[str]:
    return [each.text for each in findings_of(expect, turn, known) if not each.passed]


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("It is 0.8 moles per second.", "0.8 moles", True),
        ("It is 0.85 moles.", "0.8", False),
        ("Once upon a time, there was", "A TIME there", True),
        ("A timeless story", "time", False),
        ("I don\u2019t know", "don't know", True),
        ("Größe: fünf", "größe", True),
        ("", "word", False),
        ("Really?", "?", True),
    ],
)
def test_words_are_found_whatever_their_case_and_punctuation(text: str, phrase: str, found: bool) -> None:
    assert contains(text, phrase) is found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("one moment", []),
        ("forty-two", [42]),
        ("one hundred", [100]),
        ("a hundred and one", [101]),
        ("one point five", [1.5]),
        ("two hundred and seven thousand", [207_000]),
        ("three point one four", [3.14]),
        ("1,234.5 and 12.50", [1234.5, 12.5]),
        ("3,5 Grad", [3.5]),
        ("twenty 21", [20, 21]),
        ("nineteen eighty-four", [19, 84]),
        ("five six", [5, 6]),
    ],
)
def test_numbers_are_read_in_digits_and_words(text: str, numbers: list[float]) -> None:
    assert [value for value, _ in numbers_in(text)] == numbers


@pytest.mark.parametrize(
    ("answer", "known", "made_up"),
    [
        ("At 40 degrees it is 0.8.", ["How fast at forty degrees?", "0.8"], []),
        ("It is 0.8.", ["0.7983"], []),  # rounded
        ("It is 0.9.", ["0.7983"], ["0.9"]),
        ("That is 80 percent.", ["0.8"], []),
        ("That is 80 percent.", ["8"], ["80"]),
        ("Ask for Ms Miller in Paris. Good luck.", ["paris"], ["Ms", "Miller"]),
        ("Paris is nice.", [], []),  # it begins the sentence: not to be told
        ("I think I'm right: OK.", [], []),
        ("It takes twelve days.", [], ["twelve"]),
    ],
)
def test_what_is_in_no_known_text_is_invented(answer: str, known: list[str], made_up: list[str]) -> None:
    assert invented(answer, known) == made_up


def test_a_call_is_expected_with_some_of_its_arguments() -> None:
    turn = TurnResult("", "It is 0.8.", (RATE,))
    assert failed(Expect(tool="reaction_rate", arguments={"temperature": 40.0}), turn) == []
    assert failed(Expect(tool="reaction_rate", arguments={"unit": "c"}), turn) == []
    (problem,) = failed(Expect(tool="reaction_rate", arguments={"temperature": 41}), turn)
    assert '{"temperature": 41}' in problem
    assert "temperature=40" in problem
    (problem,) = failed(Expect(tool="weather"), turn)
    assert "reaction_rate(temperature=40, unit='C')" in problem
    assert failed(Expect(no_tool=True), turn) != []


def test_a_wait_and_a_price_have_a_limit() -> None:
    turn = TurnResult("", "Yes.", latency_s=0.5, money=0.002)
    assert failed(Expect(latency_ms=500, cents=0.2), turn) == []
    assert failed(Expect(latency_ms=499, cents=0.1), turn) == [
        "500 ms, more than 499",
        "0.2 cents, more than 0.1",
    ]
    assert len(failed(Expect(latency_ms=500, cents=1), TurnResult("", money=None))) == 2


def test_an_answer_recovers_if_it_goes_on_without_inventing() -> None:
    broken = CallResult("rate", "{}", '{"error": "no connection"}', "no connection")
    expect = Expect(recovers=True)
    assert failed(expect, TurnResult("", "I cannot reach it now.", (broken,))) == []
    assert "invents 0.8" in failed(expect, TurnResult("", "It is 0.8.", (broken,)))[0]
    assert "no answer" in failed(expect, TurnResult("", "", (broken,)))[0]
    assert "no tool failed" in failed(expect, TurnResult("", "It is 0.8.", (RATE,)))[0]


def test_an_answer_asks_back_or_is_interrupted() -> None:
    assert failed(Expect(asks_back=True), TurnResult("", 'Do you mean "that?"')) == []
    assert failed(Expect(asks_back=True), TurnResult("", "Why? I see.")) != []
    assert failed(Expect(interrupted=True), TurnResult("", "Once", interrupted=True)) == []
    assert failed(Expect(interrupted=False), TurnResult("", "Once", interrupted=True)) != []


def test_a_whole_talk_costs_the_sum_and_waits_for_the_slowest() -> None:
    turns = [TurnResult("a", "b", (RATE,), 0.2, 0.01), TurnResult("c", "d", latency_s=0.4, money=0.02)]
    whole = together(turns)
    assert (whole.answer, whole.latency_s, whole.money) == ("b d", 0.4, pytest.approx(0.03))
    assert together([*turns, TurnResult("", money=None)]).money is None
